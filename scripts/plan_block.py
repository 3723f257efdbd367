"""Adapter of the checkpoint plan_block."""

from pathlib import Path

from payoff.files.joblog import logged
from payoff.runs.records import is_control, read_records
from payoff.study.effort import plan_block, seconds_of_heats, write_plan
from payoff.tables.runs import runs_table

with logged(snakemake.log[0]):
    given, params = snakemake.input, snakemake.params
    records = [record for path in given.heats for record in read_records(Path(path))]
    plan = plan_block(
        int(snakemake.wildcards.block),
        runs_table([record for record in records if not is_control(record)]),
        until=params.until,
        until_s=params.until_s,
        measured_s=seconds_of_heats(records),
    )
    write_plan(plan, Path(snakemake.output[0]))
