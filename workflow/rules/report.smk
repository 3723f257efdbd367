# Make chapters from the notebooks, and the report from the chapters.


# All chapters are one job: to import what they need takes longer than to execute them (docs/decisions/chapters.md).
rule run_notebooks:
    input:
        notebooks=[os.path.relpath(HOME / "notebooks" / f"{chapter}.ipynb") for chapter in STUDY.chapters],
        runs="results/{study}/tables/runs.parquet",
        samples="results/{study}/tables/samples.parquet",
        turns="results/{study}/tables/turns.parquet",
        steps="results/{study}/tables/steps.parquet",
        cells="results/{study}/tables/cells.parquet",
        control="results/{study}/tables/control.parquet",
        equal_work="results/{study}/tables/equal_work.parquet",
        about="results/{study}/tables/about.json",
        beside=tables_beside("runs", "samples", "turns", "steps", "cells", "control", "equal_work"),
        answer=f"{ANSWER}/answer.json",
        # for a chapter that shows what the networks see
        datasets=prepared(cell.dataset for cell in DESIGN.applicable),
        template=os.path.relpath(HOME / "report/chapter.html.j2"),
        code=code("scripts/run_notebooks.py", *(f"notebooks/{chapter}.ipynb" for chapter in STUDY.chapters)),
    output:
        html=expand("results/{{study}}/notebooks/{chapter}.html", chapter=STUDY.chapters),
        figures=[
            report(
                directory(f"results/{{study}}/figures/{chapter}"),
                patterns=["{figure}.svg"],
                caption="../report/figure.rst",
                category="Figures",
                subcategory=chapter,
                labels={"figure": "{figure}"},
            )
            for chapter in STUDY.chapters
        ],
    # Snakemake keeps the logs of a failed job, so the executed notebook shows which cell failed
    log:
        jobs=expand("results/{{study}}/logs/run_notebooks/{chapter}.log", chapter=STUDY.chapters),
        notebooks=expand("results/{{study}}/notebooks/{chapter}.ipynb", chapter=STUDY.chapters),
    params:
        parameters=lambda wildcards, output: [
            {
                "tables": [f"results/{wildcards.study}/tables", *BESIDE],
                "answer_folder": ANSWER.format(study=wildcards.study),
                "figure_files": figures,
            }
            for figures in output.figures
        ],
    message:
        "Run the chapters of {wildcards.study}"
    script:
        "../../scripts/run_notebooks.py"


rule render_report:
    input:
        runs="results/{study}/tables/runs.parquet",
        samples="results/{study}/tables/samples.parquet",
        cells="results/{study}/tables/cells.parquet",
        control="results/{study}/tables/control.parquet",
        equal_work="results/{study}/tables/equal_work.parquet",
        about="results/{study}/tables/about.json",
        beside=tables_beside("runs", "samples", "cells", "control", "equal_work"),
        answer=f"{ANSWER}/answer.json",
        machines=expand("results/{{study}}/machine/{device}.json", device=DESIGN.devices),
        claims="results/{study}/claims.json" if CLAIMS else [],
        effort=lambda wildcards: list(plans()),
        chapters=expand("results/{{study}}/notebooks/{chapter}.html", chapter=STUDY.chapters),
        manifests=[
            MANIFEST.format(dataset=dataset) for dataset in DESIGN.datasets if SETTINGS.datasets[dataset].torchvision
        ],
        own=prepared(DESIGN.own_datasets),
        datasets=prepared(cell.dataset for cell in DESIGN.applicable),
        template=[os.path.relpath(path) for path in sorted((HOME / "report").glob("*.*"))],
        code=code("scripts/render_report.py"),
    output:
        page=report(
            "results/{study}/report.html",
            caption="../report/page.rst",
            category="Report",
            labels={"page": "the report"},
        ),
        markdown="results/{study}/report.md",
        cells="results/{study}/cells.csv",
        figures=report(
            directory("results/{study}/figures/answer"),
            patterns=["{figure}.svg"],
            caption="../report/answer.rst",
            category="Figures",
            subcategory="answer",
            labels={"figure": "{figure}"},
        ),
    log:
        "results/{study}/logs/render_report.log",
    params:
        # a function, because Snakemake fills in what stands in braces in a text
        description=lambda wildcards: STUDY.description,
        systems=[(system, vars(cell)) for system, cell in DESIGN.systems],
        tables=lambda wildcards: [f"results/{wildcards.study}/tables", *BESIDE],
        units=lambda wildcards: DESIGN.units,
    message:
        "Render the report of {wildcards.study}"
    script:
        "../../scripts/render_report.py"
