"""Tests: is a difference between two samples more than chance, also if many differences are tested?"""

import math
from collections.abc import Sequence

import numpy as np

from payoff.statistics.estimates import ENOUGH, Sample

TRIMMED = 0.2  # of a sample, at each end, in the test for a difference


def p_of_no_difference(one: Sample, other: Sample) -> float:
    """How often two samples of the same time differ at least this much: Yuen's test on the logarithms, 20 % trimmed.

    (Yuen, Biometrika 61, 1974; scipy.stats.ttest_ind is the same and takes 20 times as long.) nan below ENOUGH values.
    A test on ranks would never find a difference: at n = 6 its smallest p is 2/924, but Holm's correction for 24
    comparisons needs at most 0.05/24, which is smaller.
    """
    from scipy.special import stdtr  # here, since its import takes 0.3 s, and most jobs do without

    if min(len(one), len(other)) < ENOUGH:
        return np.nan
    if np.ptp(one) == np.ptp(other) == 0:  # no noise at all: nothing to divide by
        return 1.0 if np.median(one) == np.median(other) else 0.0
    (mean, variance, freedom), (other_mean, other_variance, other_freedom) = map(_trimmed, (one, other))
    both = variance + other_variance
    degrees = both**2 / (variance**2 / freedom + other_variance**2 / other_freedom)
    return float(2 * stdtr(degrees, -abs(mean - other_mean) / np.sqrt(both)))


def _trimmed(sample: Sample) -> tuple[float, float, int]:
    """The trimmed mean of a sample's logarithms, its variance (from the winsorised sample), its degrees of freedom."""
    ordered, cut = np.sort(np.log(sample)), int(TRIMMED * len(sample))
    kept = ordered[cut : len(ordered) - cut]
    winsorised = np.clip(ordered, kept[0], kept[-1])
    squares = np.sum((winsorised - winsorised.mean()) ** 2)
    return kept.mean(), squares / (len(kept) * (len(kept) - 1)), len(kept) - 1


def p_of_greater(sample: Sample, than: Sample) -> float:
    """How often chance alone puts a sample this far above another: the one-sided Mann-Whitney test, exact for any n.

    (Mann and Whitney, Annals of Mathematical Statistics 18, 1947.) Of two equal values the one of `sample` counts as
    the smaller, so that ties never make p too small. docs/decisions/regression.md says why this is not Yuen's test.
    """
    from scipy.stats import mannwhitneyu  # here, since its import takes 0.7 s and only `payoff compare` needs it

    in_sample = np.repeat([True, False], [len(sample), len(than)])
    order = np.lexsort((~in_sample, np.concatenate([sample, than])))
    ranks = np.argsort(order)
    return float(mannwhitneyu(ranks[in_sample], ranks[~in_sample], alternative="greater", method="exact").pvalue)


def least_p_of_greater(n: int, m: int) -> float:
    """The p of p_of_greater if all n values are above all m others: one of the ways to draw n from n + m."""
    return 1 / math.comb(n + m, n)


def p_of_greater_median(sample: Sample) -> float:
    """How often chance alone puts so many values of a sample above 0, if its median is 0: the one-sided sign test.

    (Conover, Practical Nonparametric Statistics, 3rd ed. 1999, section 3.4; scipy.stats.binomtest is the same.) A value
    of 0 counts as one below it, so that p is never too small.
    """
    from scipy.special import bdtrc

    above = int(np.sum(np.asarray(sample) > 0))
    return float(bdtrc(above - 1, len(sample), 0.5)) if above else 1.0


def holm(p_values: Sequence[float]) -> list[float]:
    """The p-values of one family, corrected for their number, in the given order; nan does not count as a member.

    (Holm, Scandinavian Journal of Statistics 6, 1979.) If those below 0.05 are called clear, the chance of even one
    false call is at most 5 %, whether or not the tests depend on each other.
    """
    corrected = np.array(p_values, dtype=float)
    members = [index for index in np.argsort(corrected) if not np.isnan(corrected[index])]
    least = 0.0
    for rank, index in enumerate(members):
        least = max(least, min(1.0, (len(members) - rank) * corrected[index]))
        corrected[index] = least
    return corrected.tolist()
