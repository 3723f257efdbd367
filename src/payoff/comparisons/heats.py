"""The turns of all cells, matched by heat and round, so that two ways are compared under the same disturbances."""

import numpy as np
import pandas as pd

from payoff.cells import SITED_CELL
from payoff.statistics.pairs import log_ratios


class Heats:
    """The turns of a page's cells. A cell is identified by its values of SITED_CELL."""

    def __init__(self, turns: pd.DataFrame):
        """turns: the table, labelled or not; some of its rows may be left out."""
        self._again = _by_cell(turns[turns["is_control"]])
        self._times = _by_cell(turns[~turns["is_control"]])

    def logs(self, first: tuple, second: tuple) -> np.ndarray:
        """log(time of the first / time of the second), one number per heat that both were in; () without turns."""
        return _logs(self._times.get(first), self._times.get(second))

    def logs_of_fastest(self, first: tuple, second: tuple) -> np.ndarray:
        """The same of the fastest turn of each way in a heat, which other programs disturbed least."""
        times = [self._times[cell].min(axis=1) for cell in (first, second) if cell in self._times]
        return np.log(times[0] / times[1]).dropna().to_numpy() if len(times) == 2 else np.empty(0)

    def logs_of_control(self, cell: tuple) -> np.ndarray:
        """The same for a cell and its second run in the same heats."""
        return _logs(self._times.get(cell), self._again.get(cell))


def _by_cell(turns: pd.DataFrame) -> dict[tuple, pd.DataFrame]:
    """cell -> its times: one row per heat, one column per round."""
    times = turns.set_index([*SITED_CELL, "heat", "round"])["epoch_s"].unstack("round")  # noqa: PD010 (twice as fast)
    return {cell: of_cell.droplevel(SITED_CELL) for cell, of_cell in times.groupby(SITED_CELL)}


def _logs(first: pd.DataFrame | None, second: pd.DataFrame | None) -> np.ndarray:
    if first is None or second is None:
        return np.empty(0)
    heats, rounds = first.index.intersection(second.index), first.columns.intersection(second.columns)
    return log_ratios(*(times.reindex(index=heats, columns=rounds).to_numpy() for times in (first, second)))
