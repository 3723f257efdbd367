# Make tables from the records.

# The tables as CSV, which Snakemake's own report also contains.
CSV = {
    name: report(
        f"results/{{study}}/tables/{name}.csv",
        caption=f"../report/{name}.rst",
        category="Tables",
        labels={"table": name},
    )
    for name in ("runs", "control", "samples", "turns", "steps", "cells")
}


rule gather_runs:
    input:
        heats=lambda wildcards: measured(),
        equal_work=expand("results/{{study}}/equal_work/{device}.parquet", device=PAIRS),
        own=prepared(DESIGN.own_datasets),
        numbers=prepared(DESIGN.number_datasets),
        code=code("scripts/gather_runs.py"),
    output:
        runs="results/{study}/tables/runs.parquet",
        runs_csv=CSV["runs"],
        control="results/{study}/tables/control.parquet",
        control_csv=CSV["control"],
        samples="results/{study}/tables/samples.parquet",
        samples_csv=CSV["samples"],
        turns="results/{study}/tables/turns.parquet",
        turns_csv=CSV["turns"],
        steps="results/{study}/tables/steps.parquet",
        steps_csv=CSV["steps"],
        equal_work="results/{study}/tables/equal_work.parquet",
        equal_work_csv="results/{study}/tables/equal_work.csv",
        about="results/{study}/tables/about.json",
    log:
        "results/{study}/logs/gather_runs.log",
    params:
        # functions, because Snakemake fills in what stands in braces in a text
        title=lambda wildcards: STUDY.title,
        datasets=lambda wildcards: DESIGN.titles,
        units=lambda wildcards: DESIGN.units,
        recipes={name: recipe.stated() for name, recipe in STUDY.recipes.items()},
        chosen=STUDY.chosen,
        trained_by={name: recipe.to_document() for name, recipe in STUDY.recipes.items()},
        seed=SETTINGS.seed,
    message:
        "Gather the runs of {wildcards.study}"
    script:
        "../../scripts/gather_runs.py"


rule summarise:
    input:
        runs="results/{study}/tables/runs.parquet",
        samples="results/{study}/tables/samples.parquet",
        equal_work="results/{study}/tables/equal_work.parquet",
        code=code("scripts/summarise.py"),
    output:
        cells="results/{study}/tables/cells.parquet",
        cells_csv=CSV["cells"],
    log:
        "results/{study}/logs/summarise.log",
    params:
        cells=[(vars(cell), reason) for cell, reason in DESIGN.cells.items()],
        targets=STUDY.targets,
    message:
        "Summarise the cells of {wildcards.study}"
    script:
        "../../scripts/summarise.py"
