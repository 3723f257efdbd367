"""Adapter of the rule check_equal_work."""

from pathlib import Path

from payoff.equal_work.check import check_equal_work
from payoff.joblog import logged
from payoff.recipes import Recipe
from payoff.tables import write_table

with logged(snakemake.log.job):
    table = check_equal_work(
        snakemake.params.pairs,
        {name: Recipe.from_document(document) for name, document in snakemake.params.recipes.items()},
        {Path(path).stem: Path(path) for path in snakemake.input.datasets},
        seed=snakemake.params.seed,
        threads=snakemake.params.cpu_threads,
        limit_s=snakemake.resources.budget_s,
        log=Path(snakemake.log.worker),
    )
    write_table(table, snakemake.output.table, snakemake.output.csv)
