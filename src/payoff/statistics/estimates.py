"""Estimates from one sample: a median with its interval."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

CONFIDENCE = 0.95
Sample = Sequence[float] | np.ndarray
ENDS = ("median", "low", "high")  # what an estimate has; in a table its columns end so

ENOUGH = 6  # values: with fewer, order statistics give no interval at 95 %, so the bootstrap gives none either


@dataclass(frozen=True)
class Estimate:
    """A median with its interval; low and high are nan if n is too small for an interval."""

    median: float
    low: float
    high: float
    n: int

    @property
    def has_interval(self) -> bool:
        """Whether low and high are known. Either may be infinite: then the interval has no bound on that side."""
        return not (math.isnan(self.low) or math.isnan(self.high))

    @property
    def reach(self) -> float:
        """The distance from the median to the farther end of its interval, as a fraction of it: the 0.03 of ± 3 %. It
        is nan without an interval, and inf if one end has no bound."""
        return max(self.high - self.median, self.median - self.low) / self.median


def estimate_of(row: Mapping[str, Any], quantity: str, n: str = "n") -> Estimate:
    """The estimate in a row of a table: its columns <quantity>_median, _low and _high, and n in the column `n`."""
    median, low, high = (float(row[f"{quantity}_{end}"]) for end in ENDS)
    return Estimate(median, low, high, int(row[n]))


def columns_of(quantity: str, estimate: Estimate) -> dict[str, float]:
    """The columns from which `estimate_of` reads it again, without n."""
    return {f"{quantity}_{end}": getattr(estimate, end) for end in ENDS}


def median_interval(sample: Sample, confidence: float = CONFIDENCE) -> Estimate:
    """The sample's median, with the interval that order statistics give it.

    No distribution is assumed; the coverage is at least `confidence` (Conover, Practical
    Nonparametric Statistics, 3rd ed. 1999, section 3.2; scipy.stats.quantile_test). At 95 % that
    takes six values: then it is their range, with 1 - 2/2^6 = 96.9 %. Below, the interval is nan.
    Values may be infinite.
    """
    ordered = np.sort(np.asarray(sample, dtype=float))
    if len(ordered) == 0:
        return Estimate(np.nan, np.nan, np.nan, 0)
    low, high = (np.nan if np.isnan(at) else ordered[int(at)] for at in _ends_of_interval(len(ordered), confidence))
    return Estimate(float(np.median(ordered)), float(low), float(high), len(ordered))


@lru_cache
def _ends_of_interval(n: int, confidence: float) -> tuple[float, float]:
    """The indices, among n sorted values, of the ends of the median's interval; nan if there is none. Cached, since a
    large study has ten thousand samples of a few lengths.

    As by scipy.stats.quantile_test, to import which takes longer than to summarise a study of a thousand runs.
    """
    # Of the 2^n ways to lie below or above the median: those with k values below it, and those with at most k.
    k, exactly, at_most, ways = 0, 1, 1, 2**n
    while at_most / ways < (1 - confidence) / 2:
        exactly = exactly * (n - k) // (k + 1)
        k, at_most = k + 1, at_most + exactly
    return (k - 1, n - k) if k else (np.nan, np.nan)


def quotient(numerator: Estimate, denominator: Estimate) -> Estimate:
    """One positive estimate over another, for which there are no samples, with a conservative interval.

    The interval goes from low over high to high over low. It covers at least as often as both 95 % intervals together,
    by Bonferroni 90 %. n is the smaller of the two.
    """
    return Estimate(
        numerator.median / denominator.median,
        numerator.low / denominator.high,
        numerator.high / denominator.low,
        min(numerator.n, denominator.n),
    )


def inverse(r: Estimate) -> Estimate:
    """1 / r, with the ends of its interval swapped."""
    return Estimate(1 / r.median, 1 / r.high, 1 / r.low, r.n)
