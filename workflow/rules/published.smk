# Records that another machine has published, into tables like those of a study, which is then read beside this one.

import re

from payoff.beside.published import accelerated

# Where this study measures an accelerator of its own, none is needed: file -> the machines whose records it has.
PUBLISHED_FOLDER = HOME / "report" / "published"
PUBLISHED = {} if DESIGN.has_accelerator else checked(accelerated, PUBLISHED_FOLDER.glob("*.jsonl"), STUDY.name)

# The tables of the studies that the configuration names, and all that are read beside this one.
COMPARED = [os.path.join(folder, "tables") for folder in SETTINGS.compare]
BESIDE = COMPARED + [
    PUBLISHED_TABLES.format(study=STUDY.name, published=file, machine=machine)
    for file, machines in PUBLISHED.items()
    for machine in machines
]

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
    wildcard_constraints:
        published="|".join(map(re.escape, PUBLISHED)) or "(?!)",
        machine="[0-9a-f]{12}",
    params:
        # as figures and sentences name it
        title=lambda wildcards: f"published {wildcards.published}"
        + (f", machine {wildcards.machine}" if len(PUBLISHED[wildcards.published]) > 1 else ""),
        datasets=DESIGN.titles,
        recipes={name: recipe.stated() for name, recipe in STUDY.recipes.items()},
        chosen=STUDY.chosen,
        targets=STUDY.targets,
    message:
        "Gather what machine {wildcards.machine} has published as {wildcards.published}"
    script:
        "../../scripts/gather_published.py"
