"""Intervals, ratios, break-even points."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import quantile_test

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Estimate:
    """A median with its interval; low and high are nan where n is too small for one."""

    median: float
    low: float
    high: float
    n: int

    @property
    def has_interval(self) -> bool:
        return bool(np.isfinite([self.low, self.high]).all())


def median_interval(sample: Sequence[float], confidence: float = CONFIDENCE) -> Estimate:
    """The sample's median, with the interval that order statistics give it.

    No distribution is assumed; the coverage is at least `confidence` (Conover, Practical
    Nonparametric Statistics, 3rd ed. 1999, section 3.2; scipy.stats.quantile_test). At 95 % that
    takes six values: then it is their range, with 1 - 2/2^6 = 96.9 %. Below, the interval is nan.
    """
    sample = np.asarray(sample, dtype=float)
    if len(sample) == 0:
        return Estimate(np.nan, np.nan, np.nan, 0)
    low, high = quantile_test(sample, q=np.median(sample), p=0.5).confidence_interval(confidence)
    return Estimate(float(np.median(sample)), float(low), float(high), len(sample))


def ratio(numerator: Estimate, denominator: Estimate) -> Estimate:
    """The ratio of two medians of positive samples, with a conservative interval.

    From the lower end over the upper to the upper end over the lower: by Bonferroni it covers at
    least as often as both 95 % intervals do together, 90 %; with n = 6 each, 93.8 %. n is the
    smaller of the two.
    """
    return Estimate(
        numerator.median / denominator.median,
        numerator.low / denominator.high,
        numerator.high / denominator.low,
        min(numerator.n, denominator.n),
    )


def inverse(r: Estimate) -> Estimate:
    """1 / r, its interval turned round."""
    return Estimate(1 / r.median, 1 / r.high, 1 / r.low, r.n)


def crossings(sizes: Sequence[float], ratios: Sequence[float]) -> list[float]:
    """Where the ratio of two curves over `sizes` (ascending) passes 1, interpolated in log-log.

    A power law is a straight line there, so between two neighbours it is interpolated exactly.
    """
    x, y = np.log(np.asarray(sizes, dtype=float)), np.log(np.asarray(ratios, dtype=float))
    found = []
    for i in range(len(x) - 1):
        if y[i] == 0:
            found.append(float(np.exp(x[i])))
        elif y[i] * y[i + 1] < 0:
            found.append(float(np.exp(x[i] - y[i] * (x[i + 1] - x[i]) / (y[i + 1] - y[i]))))
    return found
