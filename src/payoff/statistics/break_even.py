"""Where one of two ways to train pays off: from which hidden size on, and after how many epochs."""

from collections.abc import Mapping, Sequence

import numpy as np

from payoff.statistics.bootstrap import estimate, medians_of, of_medians
from payoff.statistics.estimates import Estimate, Sample

Samples = Mapping[int, np.ndarray]  # hidden size -> a sample of times, in seconds


def time_at(sizes: Sample, times: Sample, at: Sample) -> np.ndarray:
    """The times at the sizes `at`, interpolated linearly between the measured sizes (ascending).

    docs/decisions/break-even.md says why.
    """
    return np.interp(at, sizes, times)


def break_evens(first: Samples, second: Samples) -> list[Estimate]:
    """The hidden sizes at which the medians of two ways are equal, ascending; an empty list if one is always faster.

    The interval is that of a bootstrap over the runs of each cell. If a resample has several break-evens, the nearest
    one counts. If one way is faster at all sizes of a resample, the break-even is below the smallest size (0) or beyond
    the largest (inf), whichever keeps that way ahead.
    """
    sizes = sorted(first)
    samples = [way[size] for way in (first, second) for size in sizes]
    if len(sizes) < 2:
        return []
    medians = medians_of(samples)
    lead = _lead(medians.of_samples)
    found = []
    for gap, size in enumerate(_crossings(sizes, lead)):
        if np.isnan(size):
            continue

        def nearest(medians: list[np.ndarray], size: float = size, before: float = lead[gap]) -> np.ndarray:
            leads = _lead(medians)
            crossings = _crossings(sizes, leads)
            distances = np.where(np.isnan(crossings), np.inf, np.abs(np.log(crossings / size)))
            chosen = np.take_along_axis(crossings, distances.argmin(axis=-1)[..., np.newaxis], axis=-1)[..., 0]
            as_before = (leads[..., 0] >= 0) == (before >= 0)
            return np.where(np.isnan(chosen), np.where(as_before, np.inf, 0), chosen)

        found.append(estimate(nearest, medians))
    return found


def epochs_to_repay(investor: np.ndarray, other: np.ndarray) -> Estimate:
    """After how many epochs the shorter epochs of `investor` have made up for its longer time besides them.

    investor, other: (n, 2), one row per run: seconds besides the epochs, seconds per epoch. Rows are resampled whole.
    The result is 0 if the investor is ahead from the start, inf if its epochs are not shorter.
    """

    def epochs(medians: list[np.ndarray]) -> np.ndarray:
        cost, gain = (medians[0] - medians[1])[..., 0], (medians[1] - medians[0])[..., 1]
        return np.divide(np.maximum(cost, 0), gain, out=np.full_like(cost, np.inf), where=gain > 0)

    return of_medians(epochs, [investor, other])


def _lead(medians: Sequence[np.ndarray]) -> np.ndarray:
    """Medians of the first way at k sizes, then of the second, each (…,) -> first minus second, (…, k)."""
    first, second = np.split(np.stack(medians, axis=-1), 2, axis=-1)
    return first - second


def _crossings(sizes: Sequence[int], differences: np.ndarray) -> np.ndarray:
    """The sizes at which differences, (..., k), change their sign: one per gap between two sizes, (..., k - 1), or nan.

    Both curves are linear in a gap, so their difference is linear there, too.
    """
    before, after = differences[..., :-1], differences[..., 1:]
    changes = (before >= 0) != (after >= 0)
    share = np.divide(before, before - after, out=np.full_like(before, np.nan), where=changes)
    return np.array(sizes[:-1]) + np.diff(sizes) * share
