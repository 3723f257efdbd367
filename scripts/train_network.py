"""Adapter of the rule train_network."""

from pathlib import Path

from payoff.cells import Cell
from payoff.files.joblog import logged
from payoff.recipes import Recipe
from payoff.trained.making import train_network

asked = snakemake.wildcards
with logged(snakemake.log.job):
    train_network(
        Cell.from_wildcards(asked),
        architecture=snakemake.params.architecture,
        module=snakemake.params.module,
        recipe=Recipe.from_document(snakemake.params.recipe),
        seed=snakemake.params.seed,
        dataset=Path(snakemake.input.dataset),
        log=Path(snakemake.log.training),
        output=Path(snakemake.output[0]),
    )
