"""Compare two studies: where does the second take longer, by more than noise and more than a factor?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow
import pyarrow.parquet

from payoff.beside.about import have_same_runs, read_about
from payoff.beside.reading import own_sites, read_table
from payoff.cells import CELL
from payoff.errors import UserError
from payoff.files.contracts import ContractError
from payoff.regression.judging import COMPARED, Verdict, judged
from payoff.regression.together import Together, together
from payoff.statistics.bootstrap import ratio
from payoff.statistics.differences import holm, least_p_of_greater, p_of_greater
from payoff.tables.runs import sample_of

ALPHA = 0.05  # the chance that even one of all cells is falsely called slower; the same holds for faster


@dataclass(frozen=True)
class Regression:
    """folders, abouts, runs: of A and B: the folder, what its tables are of, the runs of the study's own machines.

    cells: one row per cell, see `verdicts`; together: the whole and each way, see `together`; factor: only more than
    this is a slowdown; left_out: the number of runs of other machines.
    """

    folders: tuple[str, str]
    abouts: tuple[Mapping[str, Any], Mapping[str, Any]]
    runs: tuple[pd.DataFrame, pd.DataFrame]
    cells: pd.DataFrame
    together: list[Together]
    factor: float
    left_out: int

    @property
    def compared(self) -> pd.DataFrame:
        """The cells that have times in both studies."""
        return self.of(*COMPARED)

    def of(self, *those: Verdict) -> pd.DataFrame:
        return self.cells[self.cells["verdict"].isin(those)]

    @property
    def found(self) -> bool:
        """Whether B is slower as a whole, in a way or at a cell, or fails at a cell."""
        slower_together = any(one.verdict == Verdict.SLOWER for one in self.together)
        return slower_together or not self.of(Verdict.SLOWER, Verdict.FAILS).empty

    @property
    def could_find(self) -> bool:
        """Whether a slowdown could be found: of a cell that has enough runs, or of enough networks together."""
        return self.could_find_a_cell or any(one.verdict != Verdict.TOO_FEW for one in self.together)

    @property
    def could_find_a_cell(self) -> bool:
        """Whether any cell has enough runs to find a slowdown of it alone."""
        return bool((self.compared["verdict"] != Verdict.TOO_FEW).any())


class Measured(NamedTuple):
    """A cell in one study: the epoch times that count, in seconds; how many runs have no time, and why."""

    times: np.ndarray
    failed: int
    reason: str

    @property
    def has_time(self) -> bool:
        """Whether at least half of the runs have a time: the median is finite if a failed run counts as infinite."""
        return len(self.times) > 0 and len(self.times) >= self.failed

    @property
    def fails(self) -> bool:
        return self.failed > len(self.times)


NOWHERE = Measured(np.array([]), 0, "")


def compare(a: str, b: str, factor: float) -> Regression:
    """Compare the study whose results are in the folder `b` with that in `a`.

    factor: at least 1; a cell is slower if its median epoch takes more than so many times as long. Raises
    ContractError if a folder has no tables that can be read or both have the same runs, UserError if no cell can be
    compared.
    """
    tables = [str(Path(folder, "tables")) for folder in (a, b)]
    abouts = read_about(Path(tables[0])), read_about(Path(tables[1]))
    if have_same_runs(*abouts):
        raise UserError(
            f"{a} and {b} are the same study: they hold the same runs, so there is nothing to compare. "
            "Measure the study once more and keep both results, or name the results of another study."
        )
    _check_readable(tables)
    cells, runs = read_table(tables, "cells"), read_table(tables, "runs")
    first, second = own_sites(tables)
    cells_a, cells_b = cells[cells["site"] == first], cells[cells["site"] == second]
    runs_a, runs_b = runs[runs["site"] == first], runs[runs["site"] == second]
    by_cell = verdicts(measured_cells(cells_a, runs_a), measured_cells(cells_b, runs_b), factor)
    found = Regression(
        folders=(a, b),
        abouts=abouts,
        runs=(runs_a, runs_b),
        cells=by_cell,
        together=together(by_cell, factor),
        factor=factor,
        left_out=int((~runs["site"].isin([first, second])).sum()),
    )
    if found.compared.empty and not found.found:
        why = _why_nothing(cells_a, cells_b, found.cells["verdict"])
        raise UserError(f"{a} and {b}: nothing to compare: no cell has times in both; {why}")
    return found


def verdicts(a: Mapping[tuple, Measured], b: Mapping[tuple, Measured], factor: float) -> pd.DataFrame:
    """One row per cell of A or of B, sorted by verdict and then by ratio, the worst slowdown first.

    Columns: those of a cell; verdict; for each side n (runs with a time), failed (runs without), reason (why those
    have none) and time_s (the median epoch); ratio (of the medians, B over A) with its bootstrap interval; p_slower
    and p_faster, each one-sided and corrected for all cells compared.
    """
    table = pd.DataFrame([_row(cell, a.get(cell, NOWHERE), b.get(cell, NOWHERE)) for cell in {**a, **b}])
    for p in ("p_slower", "p_faster", "p_least"):
        table[p] = holm(table[p])
    judge = table["verdict"].isna()
    table.loc[judge, "verdict"] = [
        judged(row.ratio_median, row.p_slower, row.p_faster, row.p_least, factor=factor, alpha=ALPHA)
        for row in table[judge].itertuples()
    ]
    order = {verdict: rank for rank, verdict in enumerate(Verdict)}
    ratios = table["ratio_median"].fillna(0)
    ranked = sorted(table.index, key=lambda row: (order[table["verdict"][row]], -ratios[row]))
    return table.loc[ranked].drop(columns="p_least").reset_index(drop=True)


def _row(cell: tuple, a: Measured, b: Measured) -> dict:
    row = dict(zip(CELL, cell, strict=True))
    row |= {"verdict": None}
    for side, measured in (("a", a), ("b", b)):
        median = np.median(measured.times) if len(measured.times) else np.nan
        row |= {f"n_{side}": len(measured.times), f"failed_{side}": measured.failed, f"time_{side}_s": median}
        row |= {f"reason_{side}": measured.reason}
    row |= dict.fromkeys(["ratio_median", "ratio_low", "ratio_high", "p_slower", "p_faster", "p_least"], np.nan)
    if not (a.has_time and b.has_time):
        return row | {"verdict": _not_compared(a, b)}
    r = ratio(b.times, a.times)
    return row | {
        "ratio_median": r.median,
        "ratio_low": r.low,
        "ratio_high": r.high,
        "p_slower": p_of_greater(b.times, a.times),
        "p_faster": p_of_greater(a.times, b.times),
        "p_least": least_p_of_greater(len(a.times), len(b.times)),
    }


def _not_compared(a: Measured, b: Measured) -> Verdict:
    if a.has_time:
        return Verdict.FAILS if b.fails else Verdict.ONLY_A
    if b.has_time:
        return Verdict.FAILED if a.fails else Verdict.ONLY_B
    return Verdict.NO_TIME


def repetitions_needed(cells: int) -> int:
    """The smallest number of runs of each cell, in A and in B, with which one of so many cells can be found slower."""
    repetitions = 1
    while cells * least_p_of_greater(repetitions, repetitions) >= ALPHA:
        repetitions += 1
    return repetitions


def measured_cells(cells: pd.DataFrame, runs: pd.DataFrame) -> dict[tuple, Measured]:
    """Every cell of a study (values of CELL), including those that were never run."""
    runs = runs.reset_index(drop=True)
    times = sample_of(runs, "epoch_time_s")
    positions = runs.loc[times.index].groupby(CELL).indices
    asked = runs.groupby(CELL).size()
    measured = {}
    reasons = cells["reason"].fillna("").str.replace("_", " ")
    for cell, reason in zip(cells[CELL].itertuples(index=False, name=None), reasons, strict=True):
        cell_times = times.to_numpy()[positions.get(cell, [])]
        failed = int(asked.get(cell, 0)) - len(cell_times)
        measured[cell] = Measured(cell_times, failed, reason)
    return measured


def _why_nothing(a: pd.DataFrame, b: pd.DataFrame, verdicts: pd.Series) -> str:
    """In which parts of a cell A and B have no value in common; if there is no such part, what became of the cells."""
    apart = [
        f"{column} {_values(a[column])} in A, {_values(b[column])} in B"
        for column in CELL
        if not set(a[column]) & set(b[column])
    ]
    return "; ".join(apart) or ", ".join(f"{n} {verdict}" for verdict, n in verdicts.value_counts().items())


def _values(column: pd.Series) -> str:
    return ", ".join(map(str, column.unique()))


def _check_readable(tables: Sequence[str]) -> None:
    """Raise ContractError that names the first table that is missing or damaged."""
    for path in (Path(folder, f"{name}.parquet") for folder in tables for name in ("cells", "runs")):
        try:
            pyarrow.parquet.read_schema(path)
        except (OSError, pyarrow.ArrowInvalid) as error:
            what = "missing" if isinstance(error, FileNotFoundError) else f"not a table: {error}"
            raise ContractError(f"{path}: {what}; allowed: a table that the workflow has written") from None
