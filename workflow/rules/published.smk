# Make tables from the published records of another machine. They are like the tables of a study, and are read beside
# those of this study.

import re

from payoff.beside.published import accelerated

# file -> the machines whose records it has. If this study measures an accelerator itself, no published file is needed.
PUBLISHED_FOLDER = HOME / "report" / "published"
PUBLISHED = {} if DESIGN.has_accelerator else checked(accelerated, PUBLISHED_FOLDER.glob("*.jsonl"), STUDY.name)

# COMPARED: the tables of the studies that the configuration names. BESIDE: all tables that are read beside this study.
COMPARED = [os.path.join(folder, "tables") for folder in SETTINGS.compare]
BESIDE = COMPARED + [
    PUBLISHED_TABLES.format(study=STUDY.name, published=file, machine=machine)
    for file, machines in PUBLISHED.items()
    for machine in machines
]

# A compared study that an earlier version measured has no turns, and nothing can make them.
WITHOUT_TURNS = [f"{folder}/turns.parquet" for folder in COMPARED if not Path(folder, "turns.parquet").exists()]

# tables_beside("runs", ...): these tables of all studies that are read beside this one
tables_beside = partial(tables_in, BESIDE, missing=WITHOUT_TURNS)

NAMES_OF_TABLES = ("runs", "samples", "turns", "steps", "cells", "control", "equal_work")


rule gather_published:
    input:
        records=lambda wildcards: os.path.relpath(PUBLISHED_FOLDER / f"{wildcards.published}.jsonl"),
        # a record that is already on the page is not shown beside it again
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
        # its name in figures and sentences
        title=lambda wildcards: f"published {wildcards.published}"
        + (f", machine {wildcards.machine}" if len(PUBLISHED[wildcards.published]) > 1 else ""),
        datasets=lambda wildcards: DESIGN.titles,  # a function, as in the rule gather_runs
        recipes={name: recipe.stated() for name, recipe in STUDY.recipes.items()},
        chosen=STUDY.chosen,
        targets=STUDY.targets,
    message:
        "Gather what machine {wildcards.machine} has published as {wildcards.published}"
    script:
        "../../scripts/gather_published.py"
