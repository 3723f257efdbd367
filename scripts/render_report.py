"""Adapter of the rule render_report."""

import json
from pathlib import Path

import pandas as pd
from markupsafe import Markup

from payoff.effort import read_plan
from payoff.files import appearing_whole
from payoff.joblog import logged
from payoff.machine_rates import read_rates
from payoff.precision import precision
from payoff.provenance import provenance
from payoff.report import Chapter, render

with logged(snakemake.log[0]):
    params = snakemake.params
    runs = pd.read_parquet(snakemake.input.runs)
    claims = snakemake.input.claims
    cells = pd.read_parquet(snakemake.input.cells)
    plan = read_plan(Path(snakemake.input.effort[0])) if snakemake.input.effort else None
    page = render(
        Path(snakemake.input.template[0]).parent,
        title=params.title,
        description=params.description,
        cells=cells,
        runs=runs,
        equal_work=pd.read_parquet(snakemake.input.equal_work),
        rates=read_rates(Path(snakemake.input.machine)),
        chapters=[Chapter(Path(path).stem, Markup(Path(path).read_text())) for path in snakemake.input.chapters],
        recipes=params.recipes,
        systems=params.systems,
        claims=json.loads(Path(claims).read_text(encoding="utf-8")) if claims else None,
        control=pd.read_parquet(snakemake.input.control),
        effort=precision(cells, plan["until"], plan["until_s"], plan["stopped"]) if plan else None,
        provenance=provenance(runs, snakemake.config, snakemake.input.manifests, snakemake.input.own),
    )
    with appearing_whole(snakemake.output[0]) as temporary:
        temporary.write_text(page, encoding="utf-8")
