"""Where one of two ways to train begins to pay off: at which hidden size, and after how many epochs."""

from collections.abc import Mapping, Sequence

import numpy as np

from payoff.statistics.bootstrap import estimate, medians_of, of_medians
from payoff.statistics.estimates import Estimate, Sample

Samples = Mapping[int, np.ndarray]  # hidden size -> a sample of times, in seconds


def time_at(sizes: Sample, times: Sample, at: Sample) -> np.ndarray:
    """The curve of time over the measured sizes (ascending), linear in between: see docs/decisions/break-even.md."""
    return np.interp(at, sizes, times)


def break_evens(first: Samples, second: Samples) -> list[Estimate]:
    """The hidden sizes at which the medians of two ways change places, ascending; none if they never do.

    The interval is that of a bootstrap over the runs of every cell: of a resample with several such sizes the nearest
    one counts. A resample in which one way leads at every size puts the break-even below the smallest size (0) or
    beyond the largest (inf), whichever leaves that way in the lead.
    """
    sizes = sorted(first)
    samples = [own[size] for own in (first, second) for size in sizes]
    if len(sizes) < 2:
        return []
    medians = medians_of(samples)
    lead = _lead(medians.own)
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
    """After how many epochs `investor`, with its shorter epochs, has made up for what it costs besides them.

    Both: (n, 2), a row a run: seconds besides the epochs, seconds an epoch. A row is resampled whole. 0: ahead from
    the start; inf: its epochs are no shorter, so it never is.
    """

    def epochs(medians: list[np.ndarray]) -> np.ndarray:
        cost, gain = (medians[0] - medians[1])[..., 0], (medians[1] - medians[0])[..., 1]
        return np.divide(np.maximum(cost, 0), gain, out=np.full_like(cost, np.inf), where=gain > 0)

    return of_medians(epochs, [investor, other])


def _lead(medians: Sequence[np.ndarray]) -> np.ndarray:
    """Medians of the first way at each of k sizes, then of the second, each (…,) -> first - second, (…, k)."""
    first, second = np.split(np.stack(medians, axis=-1), 2, axis=-1)
    return first - second


def _crossings(sizes: Sequence[int], differences: np.ndarray) -> np.ndarray:
    """Where differences at the sizes, (..., k), change their sign: in each gap between two, (..., k - 1), or nan.

    Two curves that are linear in a gap have a linear difference there.
    """
    before, after = differences[..., :-1], differences[..., 1:]
    changes = (before >= 0) != (after >= 0)
    share = np.divide(before, before - after, out=np.full_like(before, np.nan), where=changes)
    return np.array(sizes[:-1]) + np.diff(sizes) * share
