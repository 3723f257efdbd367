"""Published records of one machine -> the same tables that a study has, so that a study can be compared with them."""

from collections.abc import Mapping, Sequence

import pandas as pd

from payoff.cells import CELL, RUN, Cell
from payoff.equal_work.table import equal_work_table
from payoff.tables.cells import cells_table
from payoff.tables.runs import runs_table
from payoff.tables.samples import samples_table, steps_table
from payoff.tables.time_to_accuracy import with_time_to_accuracy
from payoff.tables.turns import turns_table

ONE_RUN = ["machine_key", *RUN, "started_at"]


def not_among(records: Sequence[dict], runs: pd.DataFrame) -> list[dict]:
    """The records of runs that are not in this table of runs, so that no run is on a page twice."""
    known = set(runs[ONE_RUN].itertuples(index=False, name=None))

    def run(record: dict) -> tuple:
        cell = (record["cell"][column] for column in CELL)
        return (record["machine"]["key"], *cell, record["repetition"], record["started_at"])

    return [record for record in records if run(record) not in known]


def published_tables(
    records: Sequence[dict], kept: Sequence[dict], targets: Mapping[str, float]
) -> dict[str, pd.DataFrame]:
    """name -> the table of the records in `kept`; tables without rows if there are none.

    records: all, at least one; targets: the study's, data set -> test accuracy. Neither a control nor a check for equal
    work is published, so their tables are always empty.
    """
    told = kept or records
    runs, samples = runs_table(told), samples_table(told)
    cells = cells_table(runs, dict.fromkeys(sorted({Cell(**record["cell"]) for record in told})))
    cells = with_time_to_accuracy(cells, runs, samples, targets)
    turns = turns_table(told)
    tables = {"runs": runs, "samples": samples, "turns": turns, "steps": steps_table(told), "cells": cells}
    if not kept:
        tables = {name: table.iloc[:0] for name, table in tables.items()}
    return tables | {"control": runs.iloc[:0], "equal_work": equal_work_table([])}
