"""Adapter of the checkpoint plan_block."""

from pathlib import Path

import pandas as pd

from payoff.equal_work.table import equal_work_tables
from payoff.files.joblog import logged
from payoff.runs.records import is_control, read_records
from payoff.study.effort import plan_block, seconds_of_heats, write_plan
from payoff.study.refine import compared_here
from payoff.tables.runs import runs_table
from payoff.tables.turns import turns_table

with logged(snakemake.log[0]):
    given, params = snakemake.input, snakemake.params
    records = [record for path in given.heats for record in read_records(Path(path))]
    runs = runs_table([record for record in records if not is_control(record)])
    equal_work = equal_work_tables(pd.read_parquet(path) for path in given.equal_work)
    plan = plan_block(
        int(snakemake.wildcards.block),
        runs,
        compared_here(runs, turns_table(records), equal_work) if params.refine else [],
        until=params.until,
        refine=params.refine,
        until_s=params.until_s,
        measured_s=seconds_of_heats(records),
        repetitions=params.repetitions,
    )
    write_plan(plan, Path(snakemake.output[0]))
