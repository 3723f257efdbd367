"""Statistics of the medians of several samples, with bootstrap intervals: a ratio, or any other."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from payoff.statistics.estimates import CONFIDENCE, ENOUGH, Estimate, Sample

RESAMPLES = 2000
SEED = 20_240_601  # of every bootstrap: the same runs give the same report


def ratio(numerator: Sample, denominator: Sample) -> Estimate:
    """The ratio of the medians of two samples of positive values, with its bootstrap interval.

    Each sample is resampled by itself. Why not by ranks or in pairs: docs/decisions/bootstrap.md. n is the smaller
    of the two; one below ENOUGH leaves the interval nan.
    """
    return of_medians(lambda medians: medians[0] / medians[1], [numerator, denominator])


class Medians(NamedTuple):
    """The medians of several samples, and those of their resamples: each () and (RESAMPLES,), or with k figures (k,)
    and (RESAMPLES, k). drawn: None where a sample has too few values; n: how many the smallest has."""

    own: list[np.ndarray]
    drawn: list[np.ndarray] | None
    n: int


def of_medians(statistic: Callable[[list[np.ndarray]], np.ndarray], samples: Sequence[Sample]) -> Estimate:
    """A statistic of the samples' medians, with its percentile-bootstrap interval; no interval from too few values.

    statistic: from a list of medians, one a sample, of any number of resamples at once, to as many values: of shape
    (…,), or (…, k) where each value of a sample is a row of k figures, which stay together. Its values may be infinite:
    the ends of the interval are two of them, nothing is interpolated. (Efron and Tibshirani, An Introduction to the
    Bootstrap, 1993, chapter 13.)
    """
    return estimate(statistic, medians_of(samples))


def medians_of(samples: Sequence[Sample]) -> Medians:
    """What `estimate` needs of samples, (n,) or (n, k) each, for any number of statistics."""
    values = [np.asarray(sample, dtype=float) for sample in samples]
    n, drawn = min(map(len, values)), None
    if n >= ENOUGH:
        resamples = _drawn(tuple(map(len, values)))
        drawn = [_medians(sample[at])[which] for sample, (at, which) in zip(values, resamples, strict=True)]
    return Medians([np.median(sample, axis=0) for sample in values], drawn, n)


def estimate(statistic: Callable[[list[np.ndarray]], np.ndarray], medians: Medians) -> Estimate:
    """See `of_medians`."""
    low = high = np.nan
    if medians.drawn is not None:
        tail = (1 - CONFIDENCE) / 2
        ends = np.quantile(statistic(medians.drawn), [tail, 1 - tail], method="inverted_cdf")
        low, high = map(float, ends)
    return Estimate(float(statistic(medians.own)), low, high, medians.n)


@lru_cache(maxsize=8)
def _drawn(lengths: tuple[int, ...]) -> list[tuple[np.ndarray, np.ndarray]]:
    """What every bootstrap of samples of these lengths draws, as scipy.stats.bootstrap does from this seed.

    For each sample the distinct resamples, (d, n) places, and which of them the RESAMPLES are, (RESAMPLES,). Of six
    values there are no more than 462, so most of the work is done once.
    """
    draw = np.random.default_rng(SEED)
    drawn = [np.sort(draw.integers(0, n, (RESAMPLES, n)), axis=1) for n in lengths]
    return [_distinct(places) for places in drawn]


def _distinct(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The distinct rows, and which of them each row is: as np.unique finds them, ten times as fast from bytes."""
    narrow = np.ascontiguousarray(rows, dtype=np.min_scalar_type(rows.max()))
    _, first, which = np.unique(narrow.view(f"V{narrow.strides[0]}")[:, 0], return_index=True, return_inverse=True)
    return rows[first], which


def _medians(resamples: np.ndarray) -> np.ndarray:
    """(r, n) or (r, n, k) -> (r,) or (r, k). Of so small samples np.median takes twice the time."""
    n = resamples.shape[1]
    ordered = np.sort(resamples, axis=1)
    return (ordered[:, (n - 1) // 2] + ordered[:, n // 2]) / 2
