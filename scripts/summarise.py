"""Adapter of the rule summarise."""

import pandas as pd

from payoff.cells import Cell
from payoff.files.joblog import logged
from payoff.tables.cells import cells_table
from payoff.tables.time_to_accuracy import with_time_to_accuracy
from payoff.tables.writing import write_table

with logged(snakemake.log[0]):
    cells = {Cell(**cell): reason for cell, reason in snakemake.params.cells}
    names = ("runs", "samples", "equal_work")
    runs, samples, equal_work = (pd.read_parquet(snakemake.input[name]) for name in names)
    table = cells_table(runs, cells, equal_work)
    table = with_time_to_accuracy(table, runs, samples, snakemake.params.targets)
    write_table(table, snakemake.output.cells, snakemake.output.cells_csv)
