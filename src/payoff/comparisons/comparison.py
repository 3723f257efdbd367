"""Two ways to train the same network, or one way in two studies, held against each other at every hidden size."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import combinations
from typing import NamedTuple

import numpy as np
import pandas as pd

from payoff.cells import CELL, HERE, IMPLEMENTATION, TASK
from payoff.comparisons.ways import Way, by_way
from payoff.statistics.bootstrap import ratio
from payoff.statistics.break_even import break_evens, epochs_to_repay, time_at
from payoff.statistics.differences import holm, p_of_no_difference
from payoff.statistics.estimates import CONFIDENCE, Estimate, Sample
from payoff.tables.runs import sample_of

SITED_CELL = ["site", *CELL]


class Verdict(StrEnum):
    """Which of two ways is clearly faster at one size: by the whole interval and by the corrected test."""

    FIRST = "first"
    SECOND = "second"
    NEITHER = "neither"
    TOO_FEW = "too few"  # runs for an interval


class Repayment(NamedTuple):
    """At this hidden size `investor` costs more besides its epochs, and has made up for it after so many of them."""

    investor: Way
    other: Way
    epochs: Estimate


class Pair(NamedTuple):
    """Two ways to train the same network. task: the data set, and the recipe where there are several."""

    dataset: str
    recipe: str
    task: str
    architecture: str
    first: Way
    second: Way


@dataclass(frozen=True)
class Comparison:
    """ratios: hidden size (ascending) -> epoch time of the first way over that of the second; below 1, the first is
    faster.

    p_values: of no difference, corrected for all ratios of the page; medians: the epoch times of both, in seconds;
    break_evens: the hidden sizes at which the medians change places; repayments: where one way has the
    shorter epochs and the other costs less besides them; verdicts_when_quiet: of this study's pairs, where other
    programs disturbed a part of the runs, the verdicts without that part.
    """

    pair: Pair
    ratios: Mapping[int, Estimate]
    p_values: Mapping[int, float]
    medians: Mapping[int, tuple[float, float]]
    break_evens: Sequence[Estimate]
    repayments: Mapping[int, Repayment]
    verdicts_when_quiet: Mapping[int, Verdict] = field(default_factory=dict)

    @property
    def task(self) -> str:
        return self.pair.task

    @property
    def architecture(self) -> str:
        return self.pair.architecture

    @property
    def first(self) -> Way:
        return self.pair.first

    @property
    def second(self) -> Way:
        return self.pair.second

    def verdict(self, size: int) -> Verdict:
        """Of one of the sizes of `ratios`."""
        r = self.ratios[size]
        if not r.has_interval:
            return Verdict.TOO_FEW
        if self.p_values[size] < 1 - CONFIDENCE and r.high < 1:
            return Verdict.FIRST
        if self.p_values[size] < 1 - CONFIDENCE and r.low > 1:
            return Verdict.SECOND
        return Verdict.NEITHER

    def sizes(self, verdict: Verdict) -> list[int]:
        """The hidden sizes of which this is the verdict."""
        return [size for size in self.ratios if self.verdict(size) == verdict]

    @property
    def first_wins(self) -> list[int]:
        return self.sizes(Verdict.FIRST)

    @property
    def second_wins(self) -> list[int]:
        return self.sizes(Verdict.SECOND)

    @property
    def unclear(self) -> list[int]:
        """The sizes at which neither is clearly faster, although there are runs enough to tell."""
        return self.sizes(Verdict.NEITHER)

    @property
    def too_few(self) -> list[int]:
        """The sizes at which one of the two has too few runs for an interval."""
        return self.sizes(Verdict.TOO_FEW)

    def ratio_at(self, sizes: Sample) -> np.ndarray:
        """The ratio of the medians at any sizes of the measured range, as the break-even interpolates them."""
        first, second = zip(*self.medians.values(), strict=True)
        measured = list(self.medians)
        return time_at(measured, first, sizes) / time_at(measured, second, sizes)


@dataclass(frozen=True)
class Withheld:
    """Two ways that are not compared: `checked` and found to differ, or it could not be checked; `reason` says why."""

    pair: Pair
    checked: bool
    reason: str


def comparisons(cells: pd.DataFrame, runs: pd.DataFrame, equal_work: pd.DataFrame | None = None) -> list[Comparison]:
    """Every pair of ways that train the same network (data set, recipe, architecture) and differ in one thing: this
    study's pairs first, then what a way takes here over what it takes in another study, then the pairs of the others.
    Where this study measured no accelerator, each way on its CPU is compared with each on another study's accelerator,
    too, which is of two machines; of a framework as it is used by itself, so that they are few.

    cells, runs: labelled; the epoch times of the runs are compared. equal_work: one row per pair that was held to the
    same mathematics in its own study. A pair that failed there is left out, see `withheld`. One way in two studies is
    the same code, so nothing is held there; each with as many threads as is usual in its study. Of two ways in two
    studies neither study may have found that they differ, on whatever device.
    """
    samples = _samples(runs)
    compared = [
        _comparison(pair, of_size, samples) for pair, of_size in _pairs(cells) if _failed(pair, equal_work).empty
    ]
    corrected = iter(holm([p for comparison in compared for p in comparison.p_values.values()]))
    return [
        replace(comparison, p_values={size: next(corrected) for size in comparison.p_values}) for comparison in compared
    ]


def withheld(cells: pd.DataFrame, equal_work: pd.DataFrame | None) -> list[Withheld]:
    """The pairs that would be compared if they did the same work."""
    found = []
    for pair, _ in _pairs(cells):
        failed = _failed(pair, equal_work)
        if not failed.empty:
            checked = failed.filter(like="_difference").notna().any(axis=None)
            reasons = failed["reason"].dropna().drop_duplicates()
            found.append(Withheld(pair, bool(checked), "; ".join(reasons)))
    return found


def is_of_two_machines(first: Way, second: Way) -> bool:
    """Whether this is a way on the CPU here and one on an accelerator elsewhere, of frameworks as they are used by
    themselves."""
    by_itself = all((way.mode, way.threads) == ("eager", None) for way in (first, second))
    return by_itself and first.site == HERE != second.site and first.device == "cpu" != second.device


# Hidden size -> the two cells there, as values of SITED_CELL.
CellsBySize = Mapping[int, tuple[tuple, tuple]]


def _pairs(cells: pd.DataFrame) -> list[tuple[Pair, CellsBySize]]:
    """This study's, then those of a way here and elsewhere, then those of other studies."""
    return sorted(_all_pairs(cells), key=lambda found: (found[0].first.site != HERE, found[0].second.site != HERE))


def _all_pairs(cells: pd.DataFrame) -> Iterator[tuple[Pair, CellsBySize]]:
    measured = cells[cells["n"] > 0]
    alone = not ((measured["site"] == HERE) & (measured["device"] != "cpu")).any()
    for (dataset, recipe, task, architecture), group in measured.groupby([*TASK, "task", "architecture"], sort=False):
        ways = {
            way: dict(zip(rows["hidden_size"], rows[SITED_CELL].itertuples(index=False, name=None), strict=True))
            for way, rows in by_way(group)
        }
        for first, second in combinations(ways, 2):
            sizes = sorted(set(ways[first]) & set(ways[second]))
            if sizes and (_differ_in_one_thing(first, second) or (alone and is_of_two_machines(first, second))):
                of_size = {int(size): (ways[first][size], ways[second][size]) for size in sizes}
                yield Pair(dataset, recipe, task, architecture, first, second), of_size


def _differ_in_one_thing(first: Way, second: Way) -> bool:
    """In where and by whose code it runs (numpy against torch, on the CPU or a GPU), in the mode, in the threads, or in
    the study, of which one is this one."""
    things = [((way.model, way.device), way.mode, way.threads, way.site) for way in (first, second)]
    return sum(a != b for a, b in zip(*things, strict=True)) == 1 and (first.site in (HERE, second.site))


def _failed(pair: Pair, equal_work: pd.DataFrame | None) -> pd.DataFrame:
    """The rows in which a pair failed its study's check for equal work, in either order; threads change no
    mathematics. Of two machines: those of either study, where the same code was on any device."""
    two_machines = is_of_two_machines(pair.first, pair.second)
    if equal_work is None or (pair.first.site != pair.second.site and not two_machines):
        return pd.DataFrame()
    fits = (equal_work["dataset"] == pair.dataset) & (equal_work["recipe"] == pair.recipe)
    fits &= equal_work["site"].isin([pair.first.site, pair.second.site])
    either_order = pd.Series(False, index=equal_work.index)
    for one, other in ((pair.first, pair.second), (pair.second, pair.first)):
        wanted = {
            f"{side}_{what}": getattr(way, what)
            for side, way in (("first", one), ("second", other))
            for what in IMPLEMENTATION
            if what != "device" or not two_machines
        }
        either_order |= (equal_work[list(wanted)] == pd.Series(wanted)).all(axis=1)
    return equal_work[fits & either_order & equal_work["passed"].eq(False)]


class _Samples(NamedTuple):
    """Of each cell (values of SITED_CELL) that has any: the epoch times that count, (n,), in seconds; the costs of its
    finished runs, (n, 2), one row per run: its seconds besides training and evaluation, and its seconds an epoch."""

    times: Mapping[tuple, np.ndarray]
    costs: Mapping[tuple, np.ndarray]


def _samples(runs: pd.DataFrame) -> _Samples:
    """All of them at once: a large study has thousands of cells."""
    runs = runs.reset_index(drop=True)

    def by_cell(values: pd.Series | pd.DataFrame) -> dict[tuple, np.ndarray]:
        rows = runs.loc[values.index].groupby(SITED_CELL).indices
        return {cell: values.to_numpy()[at] for cell, at in rows.items()}

    finished = runs[runs["failure"].isna()]
    phases = finished.reindex(columns=["training_phase_s", "evaluation_phase_s"]).fillna(0).sum(axis=1)
    costs = pd.DataFrame({"besides": finished["wall_s"] - phases, "epoch": finished["epoch_time_s"]})
    return _Samples(by_cell(sample_of(runs, "epoch_time_s")), by_cell(costs))


def _comparison(pair: Pair, of_size: CellsBySize, samples: _Samples) -> Comparison:
    """With p-values that are not yet corrected."""
    times = {size: (samples.times[one], samples.times[other]) for size, (one, other) in of_size.items()}
    first, second = ({size: both[side] for size, both in times.items()} for side in (0, 1))
    repayments = {size: _repayment(pair, *map(samples.costs.get, both)) for size, both in of_size.items()}
    return Comparison(
        pair,
        ratios={size: ratio(*both) for size, both in times.items()},
        p_values={size: p_of_no_difference(*both) for size, both in times.items()},
        medians={size: (float(np.median(both[0])), float(np.median(both[1]))) for size, both in times.items()},
        break_evens=break_evens(first, second),
        repayments={size: repayment for size, repayment in repayments.items() if repayment},
    )


def _repayment(pair: Pair, first: np.ndarray | None, second: np.ndarray | None) -> Repayment | None:
    """None unless one of the two has the shorter epochs and the other costs less besides them, by the medians.

    first, second: the costs of the two cells, (n, 2) each, as _Samples has them.
    """
    if first is None or second is None:
        return None
    ways, costs = (pair.first, pair.second), (first, second)
    investor = int(np.median(costs[1][:, 1]) < np.median(costs[0][:, 1]))
    epochs = epochs_to_repay(costs[investor], costs[1 - investor])
    return Repayment(ways[investor], ways[1 - investor], epochs) if 0 < epochs.median < np.inf else None
