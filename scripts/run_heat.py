"""Adapter of the rule run_heat."""

from pathlib import Path

from payoff.cells import Cell
from payoff.files.joblog import logged
from payoff.recipes import Recipe
from payoff.runs.heat import Run, measure_heat
from payoff.runs.records import write_records

asked, params, resources = snakemake.wildcards, snakemake.params, snakemake.resources
log = Path(snakemake.log[0])
with logged(log):
    runs = [
        Run(
            study=asked.study,
            cell=Cell(**run["cell"]),
            repetition=int(asked.repetition),
            seed=params.seed,
            module=run["module"],
            recipe=Recipe.from_document(params.recipe),
            dataset=Path(snakemake.input.dataset),
            budget_s=float(budget_s),
            gpus=run["gpus"],
            is_control=run["is_control"],
        )
        for run, budget_s in zip(params.runs, resources.budgets_s.split(), strict=True)
    ]
    # the logs of its processes, beside that of the job
    records = measure_heat(runs, log.with_suffix(""), quiet_wait_s=resources.quiet_wait_s)
    write_records(records, Path(snakemake.output[0]))
