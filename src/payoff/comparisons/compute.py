"""Tables -> comparisons: which ways of a page are compared, and what is found."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import combinations
from typing import NamedTuple

import numpy as np
import pandas as pd

from payoff.cells import HERE, IMPLEMENTATION, SITED_CELL, TASK
from payoff.comparisons.comparison import Comparison, Pair, Repayment, Withheld
from payoff.comparisons.heats import Heats
from payoff.comparisons.ways import Way, by_way, is_of_two_machines, special_mode
from payoff.statistics.bootstrap import ratio
from payoff.statistics.break_even import break_evens, break_evens_of_heats, epochs_to_repay
from payoff.statistics.differences import holm, p_of_no_difference
from payoff.statistics.pairs import p_of_equal_times, ratio_of_heats
from payoff.tables.runs import besides_s, sample_of


def comparisons(
    cells: pd.DataFrame,
    runs: pd.DataFrame,
    equal_work: pd.DataFrame | None = None,
    heats: Heats | None = None,
    *,
    only_ratios: bool = False,
) -> list[Comparison]:
    """Compare all pairs of ways that train the same network (data set, recipe, architecture) and differ in one thing.

    This study's pairs come first, then each way here against the same way in another study, then the pairs of the other
    studies. If this study measured no accelerator, each of its ways on the CPU is also compared with each way on an
    accelerator of another study, that is, of another machine; only with the default mode and threads, which keeps these
    pairs few.

    cells, runs: labelled. heats: two ways that took turns in the same heats are compared round by round; of other ways
    the epoch times of the runs are compared. equal_work: one row per pair that its study checked for equal work. A pair
    that failed the check is left out, see `withheld`. One way in two studies is the same code and needs no check; each
    study's best number of threads counts as the same. Two ways in two studies are left out if either study found that
    they differ, on any device. only_ratios: leave out break-evens and repayments.
    """
    samples, failures = _samples(runs), _failures(equal_work)
    compared = [
        _comparison(pair, of_size, samples, heats, only_ratios=only_ratios)
        for pair, of_size in _pairs(cells)
        if _failed(pair, failures).empty
    ]
    corrected = iter(holm([p for comparison in compared for p in comparison.p_values.values()]))
    return [
        replace(comparison, p_values={size: next(corrected) for size in comparison.p_values}) for comparison in compared
    ]


def withheld(cells: pd.DataFrame, equal_work: pd.DataFrame | None) -> list[Withheld]:
    """The pairs that would be compared if they did equal work."""
    failures = _failures(equal_work)
    found = []
    for pair, _ in _pairs(cells) if len(failures) else ():
        failed = _failed(pair, failures)
        if not failed.empty:
            checked = failed.filter(like="_difference").notna().any(axis=None)
            reasons = failed["reason"].dropna().drop_duplicates()
            found.append(Withheld(pair, bool(checked), "; ".join(reasons)))
    return found


# Hidden size -> the two cells there, as values of SITED_CELL.
CellsBySize = Mapping[int, tuple[tuple, tuple]]


def _pairs(cells: pd.DataFrame) -> list[tuple[Pair, CellsBySize]]:
    """This study's pairs, then those of a way here and elsewhere, then those of other studies."""
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
    """Whether they differ in one thing: model and device (numpy, or torch on the CPU or a GPU), mode, threads, or the
    study. The default modes of two models are no difference. Of two studies one must be this one."""
    things = [((way.model, way.device), special_mode(way), way.threads, way.site) for way in (first, second)]
    return sum(a != b for a, b in zip(*things, strict=True)) == 1 and (first.site in (HERE, second.site))


def _failures(equal_work: pd.DataFrame | None) -> pd.DataFrame:
    """The rows of the checks that failed."""
    return pd.DataFrame() if equal_work is None else equal_work[equal_work["passed"].eq(False)]


def _failed(pair: Pair, failures: pd.DataFrame) -> pd.DataFrame:
    """The rows in which a pair failed its study's check for equal work, in either order. Threads do not matter, since
    they do not change the mathematics. For a pair of two machines: the rows of both studies, of these models and modes
    on any device."""
    two_machines = is_of_two_machines(pair.first, pair.second)
    if failures.empty or (pair.first.site != pair.second.site and not two_machines):
        return failures.iloc[:0]
    fits = (failures["dataset"] == pair.dataset) & (failures["recipe"] == pair.recipe)
    fits &= failures["site"].isin([pair.first.site, pair.second.site])
    either_order = pd.Series(False, index=failures.index)
    for one, other in ((pair.first, pair.second), (pair.second, pair.first)):
        wanted = {
            f"{side}_{what}": getattr(way, what)
            for side, way in (("first", one), ("second", other))
            for what in IMPLEMENTATION
            if what != "device" or not two_machines
        }
        either_order |= (failures[list(wanted)] == pd.Series(wanted)).all(axis=1)
    return failures[fits & either_order]


class _Samples(NamedTuple):
    """For each cell (values of SITED_CELL) that has runs: times, the epoch times that count, (n,), in seconds; costs,
    (n, 3), one row per finished run: its repetition, its seconds besides training and evaluation, and its seconds per
    epoch."""

    times: Mapping[tuple, np.ndarray]
    costs: Mapping[tuple, np.ndarray]


def _samples(runs: pd.DataFrame) -> _Samples:
    """The samples of all cells, taken at once, since a large study has thousands of cells."""
    runs = runs.reset_index(drop=True)

    def by_cell(values: pd.Series | pd.DataFrame) -> dict[tuple, np.ndarray]:
        rows = runs.loc[values.index].groupby(SITED_CELL).indices
        return {cell: values.to_numpy()[at] for cell, at in rows.items()}

    finished = runs[runs["failure"].isna()]
    columns = {"run": finished["repetition"], "besides": besides_s(finished), "epoch": finished["epoch_time_s"]}
    costs = pd.DataFrame(columns)
    return _Samples(by_cell(sample_of(runs, "epoch_time_s")), by_cell(costs))


def _comparison(
    pair: Pair, of_size: CellsBySize, samples: _Samples, heats: Heats | None, *, only_ratios: bool
) -> Comparison:
    """The comparison of a pair, with p-values that are not yet corrected."""
    times = {size: (samples.times[one], samples.times[other]) for size, (one, other) in of_size.items()}
    medians = {size: (float(np.median(first)), float(np.median(second))) for size, (first, second) in times.items()}
    logs = {size: heats.logs(*both) for size, both in of_size.items()} if heats else {}
    in_turns = bool(logs) and all(len(of_heats) for of_heats in logs.values())
    if in_turns:
        ratios = {size: ratio_of_heats(of_heats) for size, of_heats in logs.items()}
        p_values = {size: p_of_equal_times(of_heats) for size, of_heats in logs.items()}
    else:
        ratios = {size: ratio(*both) for size, both in times.items()}
        p_values = {size: p_of_no_difference(*both) for size, both in times.items()}
    compared = Comparison(pair, ratios, p_values, medians, break_evens=[], repayments={}, in_turns=in_turns)
    if only_ratios:
        return compared
    by_fastest = {}
    if in_turns and heats:
        by_fastest = {size: float(np.exp(heats.logs_of_fastest(*both).mean())) for size, both in of_size.items()}
        crossings = break_evens_of_heats(logs, {size: second_s for size, (_, second_s) in medians.items()})
    else:
        first, second = ({size: both[side] for size, both in times.items()} for side in (0, 1))
        crossings = break_evens(first, second)
    costs = {size: (samples.costs.get(one), samples.costs.get(other)) for size, (one, other) in of_size.items()}
    repayments = {size: _repayment(pair, *both, in_turns=in_turns) for size, both in costs.items()}
    return replace(
        compared,
        break_evens=crossings,
        repayments={size: repayment for size, repayment in repayments.items() if repayment},
        ratios_by_fastest=by_fastest,
    )


def _repayment(pair: Pair, first: np.ndarray | None, second: np.ndarray | None, *, in_turns: bool) -> Repayment | None:
    """None unless one way has the shorter epochs and the other takes less time besides them, by the medians.

    first, second: the costs of the two cells, (n, 3) each, as _Samples has them; in_turns: whether runs of the same
    repetition were measured in the same heat.
    """
    if first is None or second is None:
        return None
    if in_turns:
        _, at_first, at_second = np.intersect1d(first[:, 0], second[:, 0], return_indices=True)
        first, second = first[at_first], second[at_second]
        if not len(first):
            return None
    ways, costs = (pair.first, pair.second), (first[:, 1:], second[:, 1:])
    investor = int(np.median(costs[1][:, 1]) < np.median(costs[0][:, 1]))
    epochs = epochs_to_repay(costs[investor], costs[1 - investor], paired=in_turns)
    return Repayment(ways[investor], ways[1 - investor], epochs) if 0 < epochs.median < np.inf else None
