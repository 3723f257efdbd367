# Records that another machine has published, into tables like those of a study, which is then read beside this one.

PUBLISHED_TABLES = "results/{study}/published/{published}/{machine}/tables"
NAMES_OF_TABLES = ("runs", "samples", "steps", "cells", "control", "equal_work")


rule gather_published:
    input:
        records=lambda wildcards: os.path.relpath(PUBLISHED_FOLDER / f"{wildcards.published}.jsonl"),
        # what stands on the page already is not beside it as well
        on_page=[f"{tables}/runs.parquet" for tables in ("results/{study}/tables", *COMPARED)],
        code=code("scripts/gather_published.py"),
    output:
        **{name: f"{PUBLISHED_TABLES}/{name}.parquet" for name in NAMES_OF_TABLES},
        **{f"{name}_csv": f"{PUBLISHED_TABLES}/{name}.csv" for name in NAMES_OF_TABLES},
        about=f"{PUBLISHED_TABLES}/about.json",
    log:
        "results/{study}/logs/gather_published/{published}-{machine}.log",
    params:
        # as figures and sentences name it
        title=lambda wildcards: f"published {wildcards.published}"
        + (f", machine {wildcards.machine}" if len(PUBLISHED[wildcards.published]) > 1 else ""),
        datasets={dataset: SETTINGS.datasets[dataset].title for dataset in sorted({cell.dataset for cell in CELLS})},
        recipes={name: recipe.stated() for name, recipe in STUDY.recipes.items()},
        chosen=STUDY.chosen,
        targets=STUDY.targets,
    message:
        "Gather what machine {wildcards.machine} has published as {wildcards.published}"
    script:
        "../../scripts/gather_published.py"
