"""Adapter of the rule gather_runs."""

from pathlib import Path

from payoff.joblog import logged
from payoff.records import read_record
from payoff.tables import runs_table, samples_table, steps_table, write_table

with logged(snakemake.log[0]):
    records = [read_record(Path(path)) for path in snakemake.input.records]
    control = [read_record(Path(path)) for path in snakemake.input.control]
    write_table(runs_table(records), snakemake.output.runs, snakemake.output.runs_csv)
    write_table(runs_table(control), snakemake.output.control, snakemake.output.control_csv)
    write_table(samples_table(records), snakemake.output.samples, snakemake.output.samples_csv)
    write_table(steps_table(records), snakemake.output.steps, snakemake.output.steps_csv)
