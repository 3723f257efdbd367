"""Estimates from samples: medians, their ratios, the intervals of both; what is clear, what is unstable."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from scipy.special import stdtr
from scipy.stats import mannwhitneyu, median_abs_deviation, quantile_test

CONFIDENCE = 0.95
ENOUGH = 6  # values: with fewer, order statistics give no interval at 95 %, so the bootstrap gives none either
RESAMPLES = 2000
SEED = 20_240_601  # of every bootstrap: the same runs give the same report

TRIMMED = 0.2  # of a sample, at each end, in the test for a difference

# What is said aloud: pyperf warns of the first two (runner.rst), hyperfine of the third (outlier_detection.rs).
UNSTEADY, FAR_FROM_MEAN, OUTLYING_MAD = 0.10, 0.50, 14.8


@dataclass(frozen=True)
class Estimate:
    """A median with its interval; low and high are nan where n is too small for one."""

    median: float
    low: float
    high: float
    n: int

    @property
    def has_interval(self) -> bool:
        """An infinite end is an end: nothing bounds it on that side."""
        return not np.isnan([self.low, self.high]).any()


def median_interval(sample: Sequence[float], confidence: float = CONFIDENCE) -> Estimate:
    """The sample's median, with the interval that order statistics give it.

    No distribution is assumed; the coverage is at least `confidence` (Conover, Practical
    Nonparametric Statistics, 3rd ed. 1999, section 3.2; scipy.stats.quantile_test). At 95 % that
    takes six values: then it is their range, with 1 - 2/2^6 = 96.9 %. Below, the interval is nan.
    Values may be infinite.
    """
    sample = np.sort(np.asarray(sample, dtype=float))
    if len(sample) == 0:
        return Estimate(np.nan, np.nan, np.nan, 0)
    places = _ends_of_interval(len(sample), confidence)
    low, high = (np.nan if np.isnan(place) else sample[int(place)] for place in places)
    return Estimate(float(np.median(sample)), float(low), float(high), len(sample))


@lru_cache
def _ends_of_interval(n: int, confidence: float) -> tuple[float, float]:
    """Which of n sorted values are the ends of the median's interval, from 0; nan if none are. A large study asks this
    for ten thousand samples of a few lengths."""
    return tuple(quantile_test(np.arange(n), q=(n - 1) / 2, p=0.5).confidence_interval(confidence))


def ratio(numerator: Sequence[float], denominator: Sequence[float]) -> Estimate:
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


def of_medians(statistic: Callable[[list[np.ndarray]], np.ndarray], samples: Sequence[Sequence]) -> Estimate:
    """A statistic of the samples' medians, with its percentile-bootstrap interval; no interval from too few values.

    statistic: from a list of medians, one a sample, of any number of resamples at once, to as many values: of shape
    (…,), or (…, k) where each value of a sample is a row of k figures, which stay together. Its values may be infinite:
    the ends of the interval are two of them, nothing is interpolated. (Efron and Tibshirani, An Introduction to the
    Bootstrap, 1993, chapter 13.)
    """
    return estimate(statistic, medians_of(samples))


def medians_of(samples: Sequence[Sequence]) -> Medians:
    """What `estimate` needs of samples, (n,) or (n, k) each, for any number of statistics."""
    samples = [np.asarray(sample, dtype=float) for sample in samples]
    n, drawn = min(map(len, samples)), None
    if n >= ENOUGH:
        resamples = _drawn(tuple(map(len, samples)))
        drawn = [_medians(sample[at])[which] for sample, (at, which) in zip(samples, resamples, strict=True)]
    return Medians([np.median(sample, axis=0) for sample in samples], drawn, n)


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


def quotient(numerator: Estimate, denominator: Estimate) -> Estimate:
    """One positive estimate over another, where no samples are at hand, with a conservative interval.

    From the lower end over the upper to the upper end over the lower: by Bonferroni it covers at
    least as often as both 95 % intervals do together, 90 %. n is the smaller of the two.
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


def p_of_no_difference(one: Sequence[float], other: Sequence[float]) -> float:
    """How often two samples of one time differ at least so much: Yuen's test on the logarithms, a fifth trimmed.

    (Yuen, Biometrika 61, 1974; scipy.stats.ttest_ind is the same and takes 20 times as long.) nan below ENOUGH values.
    A test on ranks could not serve: at n = 6 the least p that it can give is 2/924, and Holm's correction for 24
    comparisons needs 0.05/24, which is less.
    """
    if min(len(one), len(other)) < ENOUGH:
        return np.nan
    if np.ptp(one) == np.ptp(other) == 0:  # no noise at all: nothing to divide by
        return 1.0 if np.median(one) == np.median(other) else 0.0
    (mean, variance, freedom), (other_mean, other_variance, other_freedom) = map(_trimmed, (one, other))
    both = variance + other_variance
    degrees = both**2 / (variance**2 / freedom + other_variance**2 / other_freedom)
    return float(2 * stdtr(degrees, -abs(mean - other_mean) / np.sqrt(both)))


def _trimmed(sample: Sequence[float]) -> tuple[float, float, int]:
    """Of a sample's logarithms: the trimmed mean, its variance (from the winsorised sample), its degrees of freedom."""
    ordered, cut = np.sort(np.log(sample)), int(TRIMMED * len(sample))
    kept = ordered[cut : len(ordered) - cut]
    winsorised = np.clip(ordered, kept[0], kept[-1])
    squares = np.sum((winsorised - winsorised.mean()) ** 2)
    return kept.mean(), squares / (len(kept) * (len(kept) - 1)), len(kept) - 1


def p_of_greater(sample: Sequence[float], than: Sequence[float]) -> float:
    """How often chance alone puts a sample so far above another: the one-sided Mann-Whitney test, exact for any n.

    (Mann and Whitney, Annals of Mathematical Statistics 18, 1947.) Of two equal values the one of `sample` counts as
    the smaller, so that ties leave it exact or make it larger. Why not Yuen's test here: docs/decisions/regression.md.
    """
    in_sample = np.repeat([True, False], [len(sample), len(than)])
    order = np.lexsort((~in_sample, np.concatenate([sample, than])))
    ranks = np.argsort(order)
    return float(mannwhitneyu(ranks[in_sample], ranks[~in_sample], alternative="greater", method="exact").pvalue)


def least_p_of_greater(n: int, m: int) -> float:
    """What p_of_greater gives for n values that are all above m others: one of all ways to draw n from n + m."""
    return 1 / math.comb(n + m, n)


def holm(p_values: Sequence[float]) -> list[float]:
    """The p-values of one family, corrected for how many they are, in the given order; nan is no member.

    (Holm, Scandinavian Journal of Statistics 6, 1979.) With those below 0.05 called clear, the chance of even one
    false call is at most 5 %, however they hang together.
    """
    corrected = np.array(p_values, dtype=float)
    members = [place for place in np.argsort(corrected) if not np.isnan(corrected[place])]
    least = 0.0
    for rank, place in enumerate(members):
        least = max(least, min(1.0, (len(members) - rank) * corrected[place]))
        corrected[place] = least
    return corrected.tolist()


def instability(sample: Sequence[float]) -> str | None:
    """What makes a sample of positive times suspect, and how much of it there is; None if nothing does."""
    sample = np.asarray(sample, dtype=float)
    if len(sample) < 3:
        return None
    found = []
    mean, deviation = sample.mean(), sample.std(ddof=1)
    if deviation >= UNSTEADY * mean:
        found.append(f"standard deviation {deviation / mean:.0%} of the mean")
    for name, end in (("minimum", sample.min()), ("maximum", sample.max())):
        if abs(end - mean) >= FAR_FROM_MEAN * mean:
            found.append(f"{name} {abs(end - mean) / mean:.0%} away from the mean")
    mad = median_abs_deviation(sample)
    farthest = np.abs(sample - np.median(sample)).max()
    if farthest > OUTLYING_MAD * mad > 0:
        found.append(f"a run {farthest / mad:.0f} MAD from the median")
    return "; ".join(found).replace("%", " %") or None
