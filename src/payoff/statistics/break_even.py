"""Where one of two ways to train pays off: from which hidden size on, and after how many epochs."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np

from payoff.statistics.bootstrap import estimate_of_draws, medians_of, of_medians
from payoff.statistics.estimates import Estimate, Sample
from payoff.statistics.pairs import FEWEST_HEATS, drawn_ratios, ratio_of_heats

Samples = Mapping[int, np.ndarray]  # hidden size -> a sample of times, in seconds


def time_at(sizes: Sample, times: Sample, at: Sample) -> np.ndarray:
    """The times at the sizes `at`, interpolated linearly between the measured sizes (ascending).

    docs/decisions/break-even.md says why.
    """
    return np.interp(at, sizes, times)


def break_evens(first: Samples, second: Samples) -> list[Estimate]:
    """The hidden sizes at which the medians of two ways are equal, ascending; an empty list if one is always faster.

    The interval is that of a bootstrap over the runs of each cell.
    """
    sizes = sorted(first)
    medians = medians_of([way[size] for way in (first, second) for size in sizes])
    drawn = None if medians.drawn is None else _lead(medians.drawn)[medians.which]
    return _break_evens(sizes, _lead(medians.of_samples), drawn, medians.n)


def break_evens_of_heats(logs: Mapping[int, Sample], second_s: Mapping[int, float]) -> list[Estimate]:
    """The hidden sizes at which two ways that took turns are equally fast, ascending, see `break_evens`.

    logs: hidden size -> one log-ratio of their times per heat; second_s: the seconds of the second way, which say how
    the difference grows between two sizes. The interval comes from draws of the ratio at each size.
    """
    sizes = sorted(logs)
    seconds = np.array([second_s[size] for size in sizes])
    ratios = np.array([ratio_of_heats(logs[size]).median for size in sizes])
    n = min(len(logs[size]) for size in sizes)
    drawn = np.stack([drawn_ratios(logs[size], number) for number, size in enumerate(sizes)], axis=-1)
    return _break_evens(sizes, (ratios - 1) * seconds, (drawn - 1) * seconds if n >= FEWEST_HEATS else None, n)


def _break_evens(sizes: Sequence[int], lead: np.ndarray, drawn: np.ndarray | None, n: int) -> list[Estimate]:
    """lead: by how much the first way is slower at each size, (k,); drawn: the same in each draw, (draws, k).

    If a draw has several break-evens, the nearest one counts. If one way is faster at all sizes of a draw, the
    break-even is below the smallest size (0) or beyond the largest (inf), whichever keeps that way ahead.
    """
    found = []
    for gap, size in enumerate(_crossings(sizes, lead)):
        if np.isnan(size):
            continue
        nearest = None
        if drawn is not None:
            crossings = _crossings(sizes, drawn)
            distances = np.where(np.isnan(crossings), np.inf, np.abs(np.log(crossings / size)))
            chosen = np.take_along_axis(crossings, distances.argmin(axis=-1)[:, np.newaxis], axis=-1)[:, 0]
            as_before = (drawn[:, 0] >= 0) == (lead[gap] >= 0)
            nearest = np.where(np.isnan(chosen), np.where(as_before, np.inf, 0), chosen)
        found.append(estimate_of_draws(float(size), nearest, n))
    return found


def around(break_even: float, sizes: Sequence[int]) -> tuple[int, int]:
    """The measured sizes (ascending) on both sides of a break-even."""
    return next(pair for pair in pairwise(sizes) if break_even <= pair[1])


def epochs_to_repay(investor: np.ndarray, other: np.ndarray, *, paired: bool = False) -> Estimate:
    """After how many epochs the shorter epochs of `investor` have made up for its longer time besides them.

    investor, other: (n, 2), one row per run: seconds besides the epochs, seconds per epoch. Rows are resampled whole;
    paired: the two have the same heats in their rows, and heats are resampled whole. The result is 0 if the investor is
    ahead from the start, inf if its epochs are not shorter.
    """

    def epochs(medians: list[np.ndarray]) -> np.ndarray:
        cost, gain = (medians[0] - medians[1])[..., 0], (medians[1] - medians[0])[..., 1]
        return np.divide(np.maximum(cost, 0), gain, out=np.full_like(cost, np.inf), where=gain > 0)

    if paired:
        return of_medians(lambda medians: epochs(np.split(medians[0], 2, axis=-1)), [np.hstack([investor, other])])
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
