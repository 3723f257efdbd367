"""Adapter of the rule render_report."""

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
    page = render(
        Path(snakemake.input.template[0]).parent,
        title=params.title,
        description=params.description,
        cells=pd.read_parquet(snakemake.input.cells),
        runs=runs,
        chapters=[Chapter(Path(path).stem, Markup(Path(path).read_text())) for path in snakemake.input.chapters],
        provenance=provenance(runs, snakemake.config, params.recipes, snakemake.input.manifests),
    )
    with appearing_whole(snakemake.output[0]) as temporary:
        temporary.write_text(page, encoding="utf-8")
