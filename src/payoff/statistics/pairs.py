"""The ratio of two ways that took turns: from one number per heat, the logarithm of the ratio of their times."""

import math
from functools import lru_cache

import numpy as np

from payoff.statistics.estimates import CONFIDENCE, Estimate, Sample

FEWEST_HEATS = 3  # with two, the interval of Student's t is too wide to be of use
DRAWS = 2_000
SEED = 20_240_601  # of all draws: the same runs give the same report


def log_ratios(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """One number per heat: the median over its rounds of log(time of the first / time of the second).

    first, second: (heats, rounds), times of one turn each, nan where there was no turn. Returns the heats that have a
    number: fewer than there are if a way took no turn in a heat.
    """
    differences = np.sort(np.log(first / second), axis=1)  # nan comes last
    n = (~np.isnan(differences)).sum(axis=1)
    differences, n = differences[n > 0], n[n > 0]
    # for arrays this small, np.nanmedian takes seven times as long
    return np.mean([differences[range(len(n)), at] for at in ((n - 1) // 2, n // 2)], axis=0)


def ratio_of_heats(logs: Sample) -> Estimate:
    """The geometric mean of the heats' ratios, with the interval of Student's t on their logarithms."""
    middle, low, high = map(float, spans_of_heats(np.asarray(logs)))
    return Estimate(middle, low, high, len(logs))


def spans_of_heats(logs: np.ndarray) -> np.ndarray:
    """(…, heats) -> (3, …): geometric mean, low and high of each row, see `ratio_of_heats`."""
    mean, error = _mean(logs)
    reach = t_quantile(logs.shape[-1]) * error
    return np.exp([mean, mean - reach, mean + reach])


@lru_cache
def t_quantile(n: int) -> float:
    """How many standard errors of a mean of n values its interval reaches."""
    from scipy.special import stdtrit  # here, since its import takes 0.3 s, and most jobs do without

    return float(stdtrit(max(n - 1, 1), (1 + CONFIDENCE) / 2))


def p_of_equal_times(logs: Sample) -> float:
    """How often chance alone gives logarithms at least this far from 0: Student's t; nan below FEWEST_HEATS."""
    from scipy.special import stdtr

    mean, error = _mean(logs)
    if error == 0:  # no noise at all: nothing to divide by
        return 1.0 if mean == 0 else 0.0
    return float(2 * stdtr(len(logs) - 1, -abs(mean) / error)) if len(logs) >= FEWEST_HEATS else np.nan


def drawn_ratios(logs: Sample, stream: int) -> np.ndarray:
    """(DRAWS,): draws of the ratio, of which 95 % lie in the interval that `ratio_of_heats` gives.

    stream: each number gives other draws.
    """
    mean, error = _mean(logs)
    draw = np.random.default_rng((SEED, stream))
    return np.exp(mean + error * draw.standard_t(max(len(logs) - 1, 1), DRAWS))


def _mean(logs: Sample) -> tuple[np.ndarray, np.ndarray]:
    """The mean over the last axis and its standard error, nan from fewer than FEWEST_HEATS values."""
    logs = np.asarray(logs)
    n = logs.shape[-1]
    mean = logs.sum(axis=-1) / n
    if n < FEWEST_HEATS:
        return mean, np.full_like(mean, np.nan)
    off = logs - mean[..., np.newaxis]  # of so few values, np.mean and np.std take three times as long
    return mean, np.sqrt((off * off).sum(axis=-1) / (n - 1)) / math.sqrt(n)
