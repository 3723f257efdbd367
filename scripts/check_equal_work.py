"""Adapter of the rule check_equal_work."""

from pathlib import Path

from payoff.equal_work.check import check_equal_work
from payoff.files.joblog import logged
from payoff.files.whole import appearing_whole
from payoff.recipes import Recipe

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
    with appearing_whole(snakemake.output[0]) as temporary:
        table.to_parquet(temporary, index=False)
