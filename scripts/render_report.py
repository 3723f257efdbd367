"""Adapter of the rule render_report."""

import gc
import json
import os
from pathlib import Path

from markupsafe import Markup

from payoff.answer.files import read_answer
from payoff.beside.reading import dataset_titles, read_table, sites_beside
from payoff.datasets.look import look_at
from payoff.datasets.splits import load
from payoff.files.joblog import logged, seconds_of_jobs
from payoff.files.whole import appearing_whole
from payoff.machine.rates import read_rates
from payoff.page.html.provenance import durations_table, provenance
from payoff.page.html.report import chapter, context, render, render_markdown
from payoff.page.html.spreadsheet import cells_csv
from payoff.study.effort import read_plan

# A tenth of the time would go to looking for what could be freed.
gc.disable()

with logged(snakemake.log[0]):
    params, given = snakemake.params, snakemake.input
    study, titles = snakemake.wildcards.study, dataset_titles(params.tables)
    done = [  # without this job, whose log is still empty
        *seconds_of_jobs(Path("results", study, "logs")),
        *seconds_of_jobs(Path("results/datasets/logs"), titles),
    ]
    templates = Path(given.template[0]).parent
    values = context(
        params.tables,
        read_answer(Path(given.answer).parent),
        description=params.description,
        rates=[read_rates(Path(path)) for path in given.machines],
        chapters=[chapter(Path(path).stem, Markup(Path(path).read_text(encoding="utf-8"))) for path in given.chapters],
        systems=params.systems,
        claims=json.loads(Path(given.claims).read_text(encoding="utf-8")) if given.claims else None,
        plans=[read_plan(Path(path)) for path in given.effort],
        provenance=provenance(
            read_table(params.tables, "runs"),
            snakemake.config,
            given.manifests,
            given.own,
            command=os.environ.get("PAYOFF_COMMAND"),
            beside=sites_beside(params.tables),
        ),
        durations=durations_table(done) if done else None,
        looks=[
            (titles[name], look_at(load(path)), params.units.get(name, ""))
            for name, path in ((path.stem, path) for path in map(Path, given.datasets))
        ],
        figure_files=Path(snakemake.output.figures),
    )
    for text, output in (
        (render(templates, values), snakemake.output.page),
        (render_markdown(templates, values), snakemake.output.markdown),
        (cells_csv(read_table(params.tables, "cells")), snakemake.output.cells),
    ):
        with appearing_whole(output) as temporary:
            temporary.write_text(text, encoding="utf-8")
