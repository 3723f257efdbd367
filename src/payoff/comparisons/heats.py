"""The turns of all cells, matched by heat and round, so that two ways are compared under the same disturbances."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from payoff.cells import SITED_CELL
from payoff.statistics.pairs import log_ratios


class Heats:
    """The turns of a page's cells. A cell is identified by its values of SITED_CELL."""

    def __init__(self, turns: pd.DataFrame):
        """turns: the table, labelled or not; some of its rows may be left out."""
        turns = turns.assign(heat=pd.factorize(turns["heat"], sort=True)[0])  # numbers, ascending as the names
        self._again = _by_cell(turns[turns["is_control"]])
        self._times = _by_cell(turns[~turns["is_control"]])

    def logs(self, first: tuple, second: tuple) -> np.ndarray:
        """log(time of the first / time of the second), one number per heat that both were in; () without turns."""
        return _logs(self._times.get(first), self._times.get(second))

    def logs_of_fastest(self, first: tuple, second: tuple) -> np.ndarray:
        """The same of the fastest turn of each way in a heat, which other programs disturbed least."""
        return _logs(*(_fastest(self._times.get(cell)) for cell in (first, second)))

    def logs_of_control(self, cell: tuple) -> np.ndarray:
        """The same for a cell and its second run in the same heats."""
        return _logs(self._times.get(cell), self._again.get(cell))


class _Turns(NamedTuple):
    """heats: (h,), ascending; seconds: (h, rounds), nan where the cell took no turn."""

    heats: np.ndarray
    seconds: np.ndarray


def _by_cell(turns: pd.DataFrame) -> dict[tuple, _Turns]:
    """The turns of each cell. In arrays, since a large study has thousands of cells."""
    all_heats, all_seconds = turns["heat"].to_numpy(), turns["epoch_s"].to_numpy(float)
    rounds = turns["round"].to_numpy(int)
    found = {}
    for cell, rows in turns.groupby(SITED_CELL).indices.items():
        heats, at = np.unique(all_heats[rows], return_inverse=True)
        seconds = np.full((len(heats), rounds.max() + 1), np.nan)
        seconds[at, rounds[rows]] = all_seconds[rows]
        found[cell] = _Turns(heats, seconds)
    return found


def _fastest(turns: _Turns | None) -> _Turns | None:
    return turns and _Turns(turns.heats, np.fmin.reduce(turns.seconds, axis=1, keepdims=True))


def _logs(first: _Turns | None, second: _Turns | None) -> np.ndarray:
    if first is None or second is None:
        return np.empty(0)
    _, of_first, of_second = np.intersect1d(first.heats, second.heats, assume_unique=True, return_indices=True)
    rounds = min(first.seconds.shape[1], second.seconds.shape[1])
    return log_ratios(first.seconds[of_first, :rounds], second.seconds[of_second, :rounds])
