"""Adapter of the rule train_run."""

from pathlib import Path

from payoff.cells import Cell
from payoff.files.joblog import logged
from payoff.recipes import Recipe
from payoff.runs.measure import Run, measure
from payoff.runs.records import write_record

asked = snakemake.wildcards
with logged(snakemake.log.job):
    run = Run(
        study=asked.study,
        cell=Cell.from_wildcards(asked),
        repetition=int(asked.repetition),
        seed=snakemake.params.seed,
        module=snakemake.params.module,
        recipe=Recipe.from_document(snakemake.params.recipe),
        dataset=Path(snakemake.input.dataset),
        budget_s=snakemake.resources.budget_s,
        quiet_wait_s=snakemake.resources.quiet_wait_s,
        gpus=snakemake.params.gpus,
    )
    write_record(measure(run, Path(snakemake.log.run)), Path(snakemake.output[0]))
