"""Adapter of the checkpoint plan_block."""

from pathlib import Path

from payoff.cells import Cell
from payoff.files.joblog import logged
from payoff.runs.records import read_record
from payoff.study.effort import plan_block, write_plan
from payoff.tables.runs import runs_table

with logged(snakemake.log[0]):
    given, params = snakemake.input, snakemake.params
    runs, control = ([read_record(Path(path)) for path in series] for series in (given.runs, given.control))
    plan = plan_block(
        int(snakemake.wildcards.block),
        runs_table(runs),
        control=Cell(**params.control),
        until=params.until,
        until_s=params.until_s,
        measured_s=sum(record["process_s"] for record in [*runs, *control]),
    )
    write_plan(plan, Path(snakemake.output[0]))
