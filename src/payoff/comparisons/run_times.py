"""How long a run of any hidden size and any number of epochs takes in each way, and which way is the quickest.

A run of E epochs at hidden size H takes T = b(H) + E e(H) seconds: b is all that it does besides its epochs (start,
imports, data, first step, ending), e is the time of an epoch. Evaluation is in neither. Between two measured sizes b
and e are interpolated linearly, as for the break-even. Beyond the measured sizes the nearest line goes on, up to
BEYOND times the largest size and down to as small a part of the smallest.

Each repetition of a study measures each network at each size, so each gives a whole curve. T is computed within each
repetition; the estimate is the geometric mean over the repetitions, with the interval of Student's t. Two ways are
compared within each repetition, too, since there they met the same disturbances.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pandas as pd

from payoff.cells import TASK
from payoff.comparisons.ways import Way, by_way
from payoff.statistics.estimates import Estimate
from payoff.statistics.pairs import FEWEST_HEATS, spans_of_heats

BEYOND = 2
MOST_EPOCHS = 100_000  # changes of the quickest way are looked for up to here
LOOKED_AT = 300  # numbers of epochs between which at most one change is expected, evenly spread over their logarithm


class Network(NamedTuple):
    """task: the data set, and the recipe where there are several."""

    dataset: str
    recipe: str
    task: str
    architecture: str


@dataclass(frozen=True)
class Curve:
    """sizes: the measured hidden sizes, (k,), ascending; besides_s, epoch_s: seconds, (k, repetitions), nan where a
    repetition was not measured."""

    sizes: np.ndarray
    besides_s: np.ndarray
    epoch_s: np.ndarray

    @property
    def span(self) -> tuple[float, float]:
        """The smallest and the largest hidden size for which a time can be told."""
        if len(self.sizes) == 1:
            return self.sizes[0], self.sizes[0]
        return self.sizes[0] / BEYOND, self.sizes[-1] * BEYOND

    def reaches(self, size: float) -> bool:
        """Whether a time can be told at this hidden size."""
        low, high = self.span
        return low <= size <= high

    def seconds(self, size: float, epochs: Sequence[float] | np.ndarray) -> np.ndarray:
        """T at this size, (numbers of epochs, repetitions); nan where a repetition does not have it."""
        besides, epoch = (_at(self.sizes, values, size) for values in (self.besides_s, self.epoch_s))
        return besides + np.asarray(epochs, float)[:, np.newaxis] * epoch

    def parts(self, size: float) -> tuple[float, float]:
        """Seconds besides the epochs and of an epoch, at this size: geometric means over the repetitions."""
        besides, epoch = (_known(_at(self.sizes, values, size)) for values in (self.besides_s, self.epoch_s))
        return float(np.exp(np.log(besides).mean())), float(np.exp(np.log(epoch).mean()))


Curves = Mapping[Way, Curve]


class Choice(NamedTuple):
    """times: way -> seconds (or cost) of a run, the least first; factors: each other way -> how many times as long as
    the first it takes (or how many times as much it costs)."""

    times: Mapping[Way, Estimate]
    factors: Mapping[Way, Estimate]

    @property
    def is_clear(self) -> bool:
        """Whether the first is clearly the quickest: whether each whole interval is above 1."""
        return bool(self.factors) and all(factor.low > 1 for factor in self.factors.values())


class Change(NamedTuple):
    """From `epochs` on `way` is clearly the quickest; None: from there on no way is."""

    epochs: int
    way: Way | None


def curves_of(costs: pd.DataFrame) -> dict[Network, Curves]:
    """The curves of each network and way.

    costs: labelled, one row per run: `besides_s`, `epoch_s`, and its identity.
    """
    found: dict[Network, Curves] = {}
    for key, of_network in costs.groupby([*TASK, "task", "architecture"], sort=False):
        repetitions = range(1, int(of_network["repetition"].max()) + 1)  # of some ways the last ones may have failed
        found[Network(*key)] = {way: _curve(rows, repetitions) for way, rows in by_way(of_network)}
    return found


def measured_sizes(curves: Curves) -> list[int]:
    """The hidden sizes at which any way was measured, ascending."""
    return sorted({int(size) for curve in curves.values() for size in curve.sizes})


def measured_at(curves: Curves, size: int) -> Curves:
    """The ways that were measured at this size: what is told of a measured size is not extrapolated."""
    return {way: curve for way, curve in curves.items() if size in curve.sizes}


def choose(curves: Curves, size: float, epochs: float, prices: Mapping[str, float] | None = None) -> Choice:
    """Which way takes the least time for a run, of those that reach the size. Without any, all of it is empty.

    prices: device -> what a second of its machine costs; then it is which way costs the least.
    """
    return choices(curves, size, [epochs], prices)[0]


def choices(
    curves: Curves, size: float, epochs: Sequence[float], prices: Mapping[str, float] | None = None
) -> list[Choice]:
    """The choice for each of several numbers of epochs, see `choose`."""
    costs = _costs(curves, size, epochs, prices)
    times = {way: _estimates(np.log(of_way)) for way, of_way in costs.items()}
    factor = cache(lambda way, first: _estimates(np.log(costs[way] / costs[first])))
    found = []
    for number in range(len(epochs)):
        order = sorted(times, key=lambda way: times[way][number].median)
        factors = {way: factor(way, order[0])[number] for way in order[1:]}
        found.append(Choice({way: times[way][number] for way in order}, factors))
    return found


def changes(curves: Curves, size: float, prices: Mapping[str, float] | None = None) -> list[Change]:
    """Which way is clearly the quickest from how many epochs on, from the first epoch up to MOST_EPOCHS."""
    looked_at = np.unique(np.geomspace(1, MOST_EPOCHS, LOOKED_AT).round().astype(int))
    clear = partial(_clear, curves, size, prices=prices)
    at = clear(looked_at)
    found = [Change(1, at[0])] if at else []
    for (before, after), (low, high) in zip(pairwise(at), pairwise(looked_at.tolist()), strict=True):
        if before != after:
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if clear([middle]) == [before] else (low, middle)
            found.append(Change(high, after))
    return found


def _clear(
    curves: Curves, size: float, epochs: Sequence[int] | np.ndarray, prices: Mapping[str, float] | None
) -> list[Way | None]:
    """The way that is clearly the quickest, for each number of epochs."""
    costs = _costs(curves, size, epochs, prices)
    found: list[Way | None] = [None] * (len(epochs) if costs else 0)
    for way, own in costs.items():
        wins = np.full(len(epochs), len(costs) > 1)
        for other, values in costs.items():
            if other != way:
                wins &= _is_clear(values, own)
        for at in np.flatnonzero(wins):
            found[at] = way
    return found


def _costs(
    curves: Curves, size: float, epochs: Sequence[float] | np.ndarray, prices: Mapping[str, float] | None
) -> dict[Way, np.ndarray]:
    """Of each way that reaches the size, (numbers of epochs, repetitions). A way whose device has no price is left
    out."""
    return {
        way: curve.seconds(size, epochs) * (prices[way.device] if prices else 1)
        for way, curve in curves.items()
        if curve.reaches(size) and (prices is None or way.device in prices)
    }


def _is_clear(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    """Whether the ratio is above 1, for each row."""
    logs = _known(np.log(numerator / denominator))
    if logs.shape[1] < FEWEST_HEATS:
        return np.zeros(len(logs), bool)
    _, low, _ = spans_of_heats(logs)
    return low > 1


def _estimates(logs: np.ndarray) -> list[Estimate]:
    """Of logarithms, (k, repetitions), the estimate of each row, see `payoff.statistics.pairs.ratio_of_heats`."""
    logs = _known(logs)
    return [Estimate(median, low, high, logs.shape[1]) for median, low, high in spans_of_heats(logs).T.tolist()]


def _known(values: np.ndarray) -> np.ndarray:
    """Of values, (..., repetitions), the repetitions that were measured, which are the same in each row."""
    return values[..., ~np.isnan(values[(0,) * (values.ndim - 1)])]


def _at(sizes: np.ndarray, values: np.ndarray, size: float) -> np.ndarray:
    """Of values, (k, repetitions), those at a size: on the line through the two nearest measured sizes. Below the
    smallest size a line may not fall faster than the size itself, so that no time is negative."""
    if len(measured := np.flatnonzero(sizes == size)):
        return values[measured[0]]
    above = int(np.clip(np.searchsorted(sizes, size), 1, len(sizes) - 1))
    share = (size - sizes[above - 1]) / (sizes[above] - sizes[above - 1])
    line = values[above - 1] + share * (values[above] - values[above - 1])
    return np.maximum(line, values[0] * size / sizes[0]) if size < sizes[0] else line


def _curve(rows: pd.DataFrame, repetitions: range) -> Curve:
    sizes, at = np.unique(rows["hidden_size"].to_numpy(float), return_inverse=True)
    values = np.full((2, len(sizes), len(repetitions)), np.nan)
    values[:, at, rows["repetition"].to_numpy() - repetitions[0]] = rows[["besides_s", "epoch_s"]].to_numpy(float).T
    return Curve(sizes, *values)
