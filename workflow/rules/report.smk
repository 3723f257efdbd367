# Notebooks into chapters, chapters into the report.

CHAPTERS = ["scaling", "accuracy"]


rule run_notebook:
    input:
        notebook=lambda wildcards: os.path.relpath(HOME / "notebooks" / f"{wildcards.chapter}.ipynb"),
        runs="results/{study}/tables/runs.parquet",
        samples="results/{study}/tables/samples.parquet",
        cells="results/{study}/tables/cells.parquet",
        code=lambda wildcards: code("scripts/run_notebook.py", f"notebooks/{wildcards.chapter}.ipynb"),
    output:
        html="results/{study}/notebooks/{chapter}.html",
    # a log outlives a failed job: there one sees the cell that failed
    log:
        "results/{study}/logs/run_notebook/{chapter}.log",
        notebook="results/{study}/notebooks/{chapter}.ipynb",
    wildcard_constraints:
        chapter="|".join(CHAPTERS),
    params:
        parameters=lambda wildcards: {
            "tables": f"results/{wildcards.study}/tables",
        },
    message:
        "Run the chapter {wildcards.chapter}"
    script:
        "../../scripts/run_notebook.py"


rule render_report:
    input:
        runs="results/{study}/tables/runs.parquet",
        cells="results/{study}/tables/cells.parquet",
        chapters=expand("results/{{study}}/notebooks/{chapter}.html", chapter=CHAPTERS),
        manifests=[
            f"results/datasets/{dataset}/manifest.json"
            for dataset in sorted({cell.dataset for cell in CELLS})
            if DATASETS[dataset].torchvision
        ],
        template=[os.path.relpath(path) for path in sorted((HOME / "report").glob("*.*"))],
        code=code("scripts/render_report.py"),
    output:
        "results/{study}/report.html",
    log:
        "results/{study}/logs/render_report.log",
    params:
        title=STUDY.title,
        description=STUDY.description,
        recipes={name: vars(recipe) for name, recipe in STUDY.recipes.items()},
    message:
        "Render the report of {wildcards.study}"
    script:
        "../../scripts/render_report.py"
