"""Estimates from samples: medians, their ratios, the intervals of both; what is clear, what is unstable."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import bootstrap, median_abs_deviation, quantile_test, ttest_ind

CONFIDENCE = 0.95
ENOUGH = 6  # values: with fewer, order statistics give no interval at 95 %, so the bootstrap gives none either
RESAMPLES = 2000
SEED = 20_240_601  # of every bootstrap: the same runs give the same report

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
    sample = np.asarray(sample, dtype=float)
    if len(sample) == 0:
        return Estimate(np.nan, np.nan, np.nan, 0)
    low, high = quantile_test(sample, q=np.median(sample), p=0.5).confidence_interval(confidence)
    return Estimate(float(np.median(sample)), float(low), float(high), len(sample))


def ratio(numerator: Sequence[float], denominator: Sequence[float]) -> Estimate:
    """The ratio of the medians of two samples of positive values, with its bootstrap interval.

    Each sample is resampled by itself. Why not by ranks or in pairs: docs/decisions/bootstrap.md. n is the smaller
    of the two; one below ENOUGH leaves the interval nan.
    """
    return of_medians(lambda medians: medians[0] / medians[1], [numerator, denominator])


def of_medians(statistic: Callable[[list[np.ndarray]], np.ndarray], samples: Sequence[Sequence]) -> Estimate:
    """A statistic of the samples' medians, with its percentile-bootstrap interval; no interval from too few values.

    statistic: from a list of medians, one a sample, of any number of resamples at once, to as many values: of shape
    (…,), or (…, k) where each value of a sample is a row of k figures, which stay together. Its values may be infinite:
    the ends of the interval are two of them, nothing is interpolated. (Efron and Tibshirani, An Introduction to the
    Bootstrap, 1993, chapter 13; scipy.stats.bootstrap.)
    """
    samples = [np.asarray(sample, dtype=float) for sample in samples]

    def resampled(*places: np.ndarray, axis: int = -1) -> np.ndarray:
        return statistic([np.median(sample[at], axis=at.ndim - 1) for sample, at in zip(samples, places, strict=True)])

    places, n = [np.arange(len(sample)) for sample in samples], min(map(len, samples))
    low = high = np.nan
    if n >= ENOUGH:
        with np.errstate(invalid="ignore"):  # scipy also takes a standard deviation, which inf has not
            drawn = bootstrap(
                places,
                resampled,
                n_resamples=RESAMPLES,
                method="percentile",
                vectorized=True,
                rng=np.random.default_rng(SEED),
            ).bootstrap_distribution
        tail = (1 - CONFIDENCE) / 2
        low, high = map(float, np.quantile(drawn, [tail, 1 - tail], method="inverted_cdf"))
    return Estimate(float(resampled(*places)), low, high, n)


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

    (Yuen, Biometrika 61, 1974; scipy.stats.ttest_ind.) nan below ENOUGH values. A test on ranks could not serve: at
    n = 6 the least p that it can give is 2/924, and Holm's correction for 24 comparisons needs 0.05/24, which is less.
    """
    if min(len(one), len(other)) < ENOUGH:
        return np.nan
    if np.ptp(one) == np.ptp(other) == 0:  # no noise at all: nothing to divide by
        return 1.0 if np.median(one) == np.median(other) else 0.0
    return float(ttest_ind(np.log(one), np.log(other), equal_var=False, trim=0.2).pvalue)


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
