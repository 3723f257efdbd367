"""Adapter of the rule render_report."""

import json
from pathlib import Path

import pandas as pd
from markupsafe import Markup

from payoff.files import appearing_whole
from payoff.joblog import logged
from payoff.provenance import provenance
from payoff.report import Chapter, render

with logged(snakemake.log[0]):
    params = snakemake.params
    runs = pd.read_parquet(snakemake.input.runs)
    claims = snakemake.input.claims
    page = render(
        Path(snakemake.input.template[0]).parent,
        title=params.title,
        description=params.description,
        cells=pd.read_parquet(snakemake.input.cells),
        runs=runs,
        chapters=[Chapter(Path(path).stem, Markup(Path(path).read_text())) for path in snakemake.input.chapters],
        recipes=params.recipes,
        systems=params.systems,
        claims=json.loads(Path(claims).read_text(encoding="utf-8")) if claims else None,
        provenance=provenance(runs, snakemake.config, snakemake.input.manifests, snakemake.input.own),
    )
    with appearing_whole(snakemake.output[0]) as temporary:
        temporary.write_text(page, encoding="utf-8")
