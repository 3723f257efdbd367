"""Adapter of the rule render_report."""

import json
import os
from base64 import urlsafe_b64decode
from pathlib import Path

from markupsafe import Markup

from payoff.answer.files import read_answer
from payoff.beside.reading import dataset_titles, read_table, sites_beside
from payoff.files.joblog import logged
from payoff.files.whole import appearing_whole
from payoff.machine.rates import read_rates
from payoff.page.html.provenance import durations_table, provenance
from payoff.page.html.report import chapter, context, render, render_markdown
from payoff.page.html.spreadsheet import cells_csv
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
    study = snakemake.wildcards.study
    names = dataset_titles(params.tables)
    done = jobs((f"results/{study}/", *(f"results/datasets/{name}{end}" for name in names for end in "./")))
    templates = Path(given.template[0]).parent
    values = context(
        params.tables,
        read_answer(Path(given.answer).parent),
        description=params.description,
        rates=[read_rates(Path(path)) for path in given.machines],
        chapters=[chapter(Path(path).stem, Markup(Path(path).read_text(encoding="utf-8"))) for path in given.chapters],
        systems=params.systems,
        claims=json.loads(Path(given.claims).read_text(encoding="utf-8")) if given.claims else None,
        plan=read_plan(Path(given.effort[0])) if given.effort else None,
        provenance=provenance(
            read_table(params.tables, "runs"),
            snakemake.config,
            given.manifests,
            given.own,
            command=os.environ.get("PAYOFF_COMMAND"),
            beside=sites_beside(params.tables),
        ),
        durations=durations_table(done) if done else None,
        figure_files=Path(snakemake.output.figures),
    )
    for text, output in (
        (render(templates, values), snakemake.output.page),
        (render_markdown(templates, values), snakemake.output.markdown),
        (cells_csv(read_table(params.tables, "cells")), snakemake.output.cells),
    ):
        with appearing_whole(output) as temporary:
            temporary.write_text(text, encoding="utf-8")
