"""Adapter of the rule summarise."""

import pandas as pd

from payoff.cells import Cell
from payoff.joblog import logged
from payoff.tables import cells_table, write_table

with logged(snakemake.log[0]):
    cells = {}
    for entry in snakemake.params.cells:
        not_applicable = entry.pop("reason")
        cells[Cell(**entry)] = not_applicable
    table = cells_table(pd.read_parquet(snakemake.input.runs), cells)
    write_table(table, snakemake.output.cells, snakemake.output.cells_csv)
