"""Statistics of the medians of several samples, such as their ratio, with bootstrap intervals."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from payoff.statistics.estimates import CONFIDENCE, ENOUGH, Estimate, Sample

RESAMPLES = 2000
SEED = 20_240_601  # of every bootstrap: the same runs give the same report


def ratio(numerator: Sample, denominator: Sample) -> Estimate:
    """The ratio of the medians of two samples of positive values, with its bootstrap interval.

    Each sample is resampled independently; docs/decisions/bootstrap.md says why not by ranks or in pairs. n is that of
    the smaller sample; if it is below ENOUGH, the interval is nan.
    """
    return of_medians(lambda medians: medians[0] / medians[1], [numerator, denominator])


class Medians(NamedTuple):
    """of_samples: the median of each sample, () or (k,) with k figures per value; drawn: the medians of its distinct
    resamples, (d,) or (d, k), None if a sample has too few values; which: for each of the RESAMPLES draws, which of
    these it is; n: the size of the smallest sample."""

    of_samples: list[np.ndarray]
    drawn: list[np.ndarray] | None
    which: np.ndarray | None
    n: int


def of_medians(statistic: Callable[[list[np.ndarray]], np.ndarray], samples: Sequence[Sample]) -> Estimate:
    """A statistic of the samples' medians, with its percentile-bootstrap interval; no interval from too few values.

    statistic: takes a list of medians, one array per sample, (…,) for any number of resamples at once, and returns
    (…,); where each value of a sample is a row of k figures, which stay together, the medians are (…, k). Its values
    may be infinite: the ends of the interval are two of them, without interpolation. (Efron and Tibshirani, An
    Introduction to the Bootstrap, 1993, chapter 13.)
    """
    return estimate(statistic, medians_of(samples))


def medians_of(samples: Sequence[Sample]) -> Medians:
    """The medians of samples, (n,) or (n, k) each, and of their resamples, for use in several statistics."""
    values = [np.asarray(sample, dtype=float) for sample in samples]
    of_samples, n = [np.median(sample, axis=0) for sample in values], min(map(len, values))
    if n < ENOUGH:
        return Medians(of_samples, None, None, n)
    resamples = _drawn(tuple(map(len, values)))
    drawn = [_medians(sample[at]) for sample, (at, _) in zip(values, resamples, strict=True)]
    if len(values) == 1:
        return Medians(of_samples, drawn, resamples[0][1], n)
    # of several samples together, hardly any two draws are the same
    drawn = [medians[which] for medians, (_, which) in zip(drawn, resamples, strict=True)]
    return Medians(of_samples, drawn, np.arange(RESAMPLES), n)


def estimate(statistic: Callable[[list[np.ndarray]], np.ndarray], medians: Medians) -> Estimate:
    """The statistic with its interval, see `of_medians`."""
    drawn = None if medians.drawn is None else statistic(medians.drawn)[medians.which]
    return estimate_of_draws(float(statistic(medians.of_samples)), drawn, medians.n)


def estimate_of_draws(value: float, drawn: np.ndarray | None, n: int) -> Estimate:
    """A value, with the interval that holds CONFIDENCE of the draws of it; without draws, there is none.

    Draws may be infinite, not nan: the ends of the interval are two of them, without interpolation.
    """
    if drawn is None:
        return Estimate(value, np.nan, np.nan, n)
    at = _ends_of_interval(len(drawn))
    low, high = np.partition(drawn, at)[list(at)]
    return Estimate(value, float(low), float(high), n)


@lru_cache
def _ends_of_interval(draws: int) -> tuple[int, int]:
    """The places of its two ends among so many ordered draws."""
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(np.arange(draws), [tail, 1 - tail], method="inverted_cdf")
    return int(low), int(high)


@lru_cache(maxsize=8)
def _drawn(lengths: tuple[int, ...]) -> list[tuple[np.ndarray, np.ndarray]]:
    """The resamples of samples of these lengths, the same that scipy.stats.bootstrap draws from this seed.

    For each sample: its d distinct resamples as indices, (d, n), and for each of the RESAMPLES which of them it is,
    (RESAMPLES,). Six values have at most 462 distinct resamples, so each median is computed once.
    """
    draw = np.random.default_rng(SEED)
    drawn = [np.sort(draw.integers(0, n, (RESAMPLES, n)), axis=1) for n in lengths]
    return [_distinct(indices) for indices in drawn]


def _distinct(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The distinct rows, and which of them each row is. np.unique on bytes is ten times as fast as on rows."""
    narrow = np.ascontiguousarray(rows, dtype=np.min_scalar_type(rows.max()))
    _, first, which = np.unique(narrow.view(f"V{narrow.strides[0]}")[:, 0], return_index=True, return_inverse=True)
    return rows[first], which


def _medians(resamples: np.ndarray) -> np.ndarray:
    """(r, n) or (r, n, k) -> (r,) or (r, k). For samples this small, np.median takes twice as long."""
    n = resamples.shape[1]
    ordered = np.sort(np.moveaxis(resamples, 1, -1))
    return (ordered[..., (n - 1) // 2] + ordered[..., n // 2]) / 2
