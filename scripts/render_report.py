"""Adapter of the rule render_report."""

import json
import os
from base64 import urlsafe_b64decode
from pathlib import Path

from markupsafe import Markup

from payoff.beside.reading import (
    dataset_titles,
    left_out_beside,
    other_machines,
    read_table,
    recipes_beside,
    sites_beside,
)
from payoff.files.joblog import logged
from payoff.files.whole import appearing_whole
from payoff.machine.rates import read_rates
from payoff.page.html.provenance import durations_table, provenance
from payoff.page.html.report import chapter, context, render, render_markdown
from payoff.page.html.spreadsheet import cells_csv
from payoff.page.words.precision import precision
from payoff.study.effort import read_plan


def jobs(prefixes: tuple[str, ...]) -> list[tuple[str, float]]:
    """(rule, seconds) of each other job with an output that begins with one of these paths.

    Snakemake tells a script nothing of it, and what it has for its own report asks a workflow that is loaded. Both read
    one JSON file an output, whose name is the output's (snakemake.persistence.file). A job's outputs share its log.
    """
    folder, spans = Path(".snakemake/metadata"), {}
    for path in (path for path in folder.rglob("*") if path.is_file()):
        output = urlsafe_b64decode(str(path.relative_to(folder)).replace("/", "").replace("@", "")).decode()
        record = json.loads(path.read_text(encoding="utf-8"))
        span = record.get("starttime"), record.get("endtime")  # other versions of Snakemake may not tell them
        if output.startswith(prefixes) and Path(output).exists() and all(span):
            spans.setdefault((record["rule"], *(record.get("log") or ())), []).append(span)
    return [
        (rule, max(end for _, end in span) - min(start for start, _ in span))
        for (rule, *_), span in spans.items()
        if rule != snakemake.rule
    ]


with logged(snakemake.log[0]):
    params, given = snakemake.params, snakemake.input
    runs, cells, samples, control, equal_work = (
        read_table(params.tables, name) for name in ("runs", "cells", "samples", "control", "equal_work")
    )
    titles = dataset_titles(params.tables)
    plan = read_plan(Path(given.effort[0])) if given.effort else None
    done = jobs(
        (f"results/{snakemake.wildcards.study}/", *(f"results/datasets/{name}{end}" for name in titles for end in "./"))
    )
    templates = Path(given.template[0]).parent
    values = context(
        title=params.title,
        description=params.description,
        cells=cells,
        runs=runs,
        equal_work=equal_work,
        rates=[read_rates(Path(path)) for path in given.machines],
        chapters=[chapter(Path(path).stem, Markup(Path(path).read_text(encoding="utf-8"))) for path in given.chapters],
        recipes=recipes_beside(params.tables),
        systems=[(system, cell | {"dataset": titles[cell["dataset"]]}) for system, cell in params.systems],
        claims=json.loads(Path(given.claims).read_text(encoding="utf-8")) if given.claims else None,
        control=control,
        other_machines=other_machines(params.tables),
        left_out=left_out_beside(params.tables),
        effort=precision(cells, plan["until"], plan["until_s"], plan["stopped"]) if plan else None,
        provenance=provenance(
            runs,
            snakemake.config,
            given.manifests,
            given.own,
            command=os.environ.get("PAYOFF_COMMAND"),
            beside=sites_beside(params.tables),
        ),
        durations=durations_table(done) if done else None,
        tables={"cells": cells, "runs": runs, "samples": samples},
        study=snakemake.wildcards.study,
        figure_files=Path(snakemake.output.figures),
    )
    for text, output in (
        (render(templates, values), snakemake.output.page),
        (render_markdown(templates, values), snakemake.output.markdown),
        (cells_csv(cells), snakemake.output.cells),
    ):
        with appearing_whole(output) as temporary:
            temporary.write_text(text, encoding="utf-8")
