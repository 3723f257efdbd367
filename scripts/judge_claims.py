"""Adapter of the rule judge_claims."""

from pathlib import Path

import pandas as pd

from payoff.claims.claim import read_claims
from payoff.claims.probe import read_probe
from payoff.claims.sites import own_site, published_sites
from payoff.claims.verdicts import judge_claims, write_verdicts
from payoff.files.joblog import logged
from payoff.recipes import Recipe

with logged(snakemake.log[0]):
    given = snakemake.input
    here = own_site(
        pd.read_parquet(given.cells),
        pd.read_parquet(given.runs),
        pd.read_parquet(given.samples),
        snakemake.params.threads,
        read_probe(Path(given.probe)) if given.probe else None,
    )
    recipes = {name: Recipe.from_document(document) for name, document in snakemake.params.recipes.items()}
    elsewhere = published_sites(map(Path, given.published), snakemake.wildcards.study, recipes)
    verdicts = judge_claims(read_claims(Path(given.claims)), [here, *elsewhere])
    write_verdicts(verdicts, Path(snakemake.output[0]))
