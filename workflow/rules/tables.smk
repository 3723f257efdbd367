# Records into tidy frames.


rule gather_runs:
    input:
        records=lambda wildcards: measured("runs"),
        control=lambda wildcards: measured("control"),
        equal_work=expand("results/{{study}}/equal_work/{device}.parquet", device=PAIRS),
        own=OWN,
        code=code("scripts/gather_runs.py"),
    output:
        runs="results/{study}/tables/runs.parquet",
        runs_csv=table_in_report("runs"),
        control="results/{study}/tables/control.parquet",
        control_csv=table_in_report("control"),
        samples="results/{study}/tables/samples.parquet",
        samples_csv=table_in_report("samples"),
        steps="results/{study}/tables/steps.parquet",
        steps_csv=table_in_report("steps"),
        equal_work="results/{study}/tables/equal_work.parquet",
        equal_work_csv="results/{study}/tables/equal_work.csv",
        about="results/{study}/tables/about.json",
    log:
        "results/{study}/logs/gather_runs.log",
    params:
        title=STUDY.title,
        datasets={dataset: SETTINGS.datasets[dataset].title for dataset in sorted({cell.dataset for cell in CELLS})},
        recipes={name: recipe.stated() for name, recipe in STUDY.recipes.items()},
        chosen=STUDY.chosen,
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
        cells_csv=table_in_report("cells"),
    log:
        "results/{study}/logs/summarise.log",
    params:
        cells=[(vars(cell), reason) for cell, reason in CELLS.items()],
        targets=STUDY.targets,
    message:
        "Summarise the cells of {wildcards.study}"
    script:
        "../../scripts/summarise.py"
