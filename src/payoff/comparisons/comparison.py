"""Two ways to train the same network, or one way in two studies, compared at every hidden size."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

import numpy as np

from payoff.comparisons.ways import Way
from payoff.statistics.break_even import time_at
from payoff.statistics.estimates import CONFIDENCE, Estimate, Sample, inverse


class Verdict(StrEnum):
    """Which of two ways is clearly faster at one size: by the whole interval and by the corrected test."""

    FIRST = "first"
    SECOND = "second"
    NEITHER = "neither"
    TOO_FEW = "too few"  # runs for an interval


class Repayment(NamedTuple):
    """`investor` takes longer than `other` besides its epochs, and has made up for that after `epochs` epochs."""

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


class Lead(NamedTuple):
    """At hidden size `size` the epochs of `winner` are clearly `factor` times as fast as those of `loser`."""

    factor: Estimate
    winner: Way
    loser: Way
    size: int


@dataclass(frozen=True)
class Comparison:
    """ratios: hidden size (ascending) -> epoch time of the first way over that of the second; below 1, the first is
    faster.

    p_values: of no difference, corrected for all ratios of the page; medians: the epoch times of both, in seconds;
    break_evens: the hidden sizes at which the medians are equal; repayments: for the sizes at which one way has the
    shorter epochs and the other takes less time besides them; in_turns: whether both took turns in the same heats, so
    that each ratio is that of rounds in which both met the same disturbances; ratios_when_quiet, verdicts_when_quiet:
    the same without the turns (or runs) that other programs disturbed, for the pairs of this study if there are any;
    ratios_by_fastest: of two ways that took turns, the ratio if only the fastest turn of each way in a heat counted.
    """

    pair: Pair
    ratios: Mapping[int, Estimate]
    p_values: Mapping[int, float]
    medians: Mapping[int, tuple[float, float]]
    break_evens: Sequence[Estimate]
    repayments: Mapping[int, Repayment]
    in_turns: bool = False
    ratios_when_quiet: Mapping[int, Estimate] = field(default_factory=dict)
    verdicts_when_quiet: Mapping[int, Verdict] = field(default_factory=dict)
    ratios_by_fastest: Mapping[int, float] = field(default_factory=dict)

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
        """The verdict at one of the sizes of `ratios`."""
        r = self.ratios[size]
        if not r.has_interval:
            return Verdict.TOO_FEW
        if self.p_values[size] < 1 - CONFIDENCE and r.high < 1:
            return Verdict.FIRST
        if self.p_values[size] < 1 - CONFIDENCE and r.low > 1:
            return Verdict.SECOND
        return Verdict.NEITHER

    def sizes(self, verdict: Verdict) -> list[int]:
        """The hidden sizes that have this verdict."""
        return [size for size in self.ratios if self.verdict(size) == verdict]

    @property
    def first_wins(self) -> list[int]:
        return self.sizes(Verdict.FIRST)

    @property
    def second_wins(self) -> list[int]:
        return self.sizes(Verdict.SECOND)

    @property
    def largest_lead(self) -> Lead | None:
        """The largest of all clear differences; None if there is none."""
        leads = [Lead(inverse(self.ratios[size]), self.first, self.second, size) for size in self.first_wins]
        leads += [Lead(self.ratios[size], self.second, self.first, size) for size in self.second_wins]
        return max(leads, key=lambda lead: lead.factor.median, default=None)

    @property
    def unclear(self) -> list[int]:
        """The sizes at which neither way is clearly faster, although there are enough runs."""
        return self.sizes(Verdict.NEITHER)

    @property
    def too_few(self) -> list[int]:
        """The sizes at which one of the two ways has too few runs for an interval."""
        return self.sizes(Verdict.TOO_FEW)

    def ratio_at(self, sizes: Sample) -> np.ndarray:
        """The ratio at any sizes within the measured range, interpolated as for the break-even."""
        measured = list(self.medians)
        second = [second_s for _, second_s in self.medians.values()]
        first = [second_s * self.ratios[size].median for size, second_s in zip(measured, second, strict=True)]
        return time_at(measured, first, sizes) / time_at(measured, second, sizes)


def most_telling_first(compared: Sequence[Comparison]) -> list[Comparison]:
    """The pair with the largest clear difference, then those that break even, then the others by their differences."""
    factors = {pair.pair: lead.factor.median if (lead := pair.largest_lead) else 0 for pair in compared}
    largest = max(factors.values(), default=0)

    def rank(pair: Comparison) -> tuple[bool, bool, float]:
        return factors[pair.pair] < largest, not pair.break_evens, -factors[pair.pair]

    return sorted(compared, key=rank)


@dataclass(frozen=True)
class Withheld:
    """Two ways that are not compared: they differ (`checked`), or nobody could check them; `reason` says why."""

    pair: Pair
    checked: bool
    reason: str
