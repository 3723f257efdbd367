"""Tables with a row for each part of a run, such as its epochs or its turns."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from payoff.cells import CELL
from payoff.tables.sites import site_of


def shared(records: Sequence[Mapping[str, Any]], machines: Mapping[str, str]) -> pd.DataFrame:
    """One row per run: its site, its cell and its repetition. machines: device -> key of the study's own machine."""
    cells = {part: [record["cell"][part] for record in records] for part in CELL}
    sites = [site_of(record, machines) for record in records]
    return pd.DataFrame({"site": sites, **cells, "repetition": [record["repetition"] for record in records]})


def with_parts(
    runs: pd.DataFrame, parts: pd.DataFrame, counts: Sequence[int], by: list[str], then: str
) -> pd.DataFrame:
    """One row per part, with the columns of its run before its own; in the order of the columns `by` of the runs, and
    then of the column `then` of the parts.

    counts: how many parts each run has, in the order of both tables. The columns of the runs are repeated in arrays: a
    large study has a hundred thousand turns.
    """
    run_of = np.repeat(np.arange(len(runs)), counts)
    place = runs.groupby(by).ngroup().to_numpy()[run_of]
    order = np.lexsort((parts[then], place))
    both = runs.take(run_of[order]), parts.take(order)
    return pd.concat([rows.reset_index(drop=True) for rows in both], axis=1)
