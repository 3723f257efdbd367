# Records into tidy frames.


rule gather_runs:
    input:
        records=lambda wildcards: measured("runs"),
        control=lambda wildcards: measured("control"),
        code=code("scripts/gather_runs.py"),
    output:
        runs="results/{study}/tables/runs.parquet",
        runs_csv="results/{study}/tables/runs.csv",
        control="results/{study}/tables/control.parquet",
        control_csv="results/{study}/tables/control.csv",
        samples="results/{study}/tables/samples.parquet",
        samples_csv="results/{study}/tables/samples.csv",
        steps="results/{study}/tables/steps.parquet",
        steps_csv="results/{study}/tables/steps.csv",
    log:
        "results/{study}/logs/gather_runs.log",
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
        cells_csv="results/{study}/tables/cells.csv",
    log:
        "results/{study}/logs/summarise.log",
    params:
        cells=[vars(cell) | {"reason": not_applicable} for cell, not_applicable in CELLS.items()],
        targets=STUDY.targets,
    message:
        "Summarise the cells of {wildcards.study}"
    script:
        "../../scripts/summarise.py"
