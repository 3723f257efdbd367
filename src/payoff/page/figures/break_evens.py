"""Break-even points in a figure: where two ways take equally long."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from payoff.comparisons.comparison import Comparison
from payoff.comparisons.ways import in_prose
from payoff.page.figures.axes import scale_of
from payoff.page.figures.looks import INK
from payoff.page.figures.page_figure import mark
from payoff.page.words.sentences import break_even
from payoff.statistics.break_even import time_at
from payoff.statistics.estimates import Estimate
from payoff.tables.formats import about

FEW = 2  # so many have room for their intervals, too
NAME_INCHES = 0.65  # how long the name of a break-even is


def mark_break_evens(axis: Axes, found: Iterable[tuple[Comparison, Estimate]]) -> None:
    """Mark a break-even: a ring where two lines cross, a dotted line at the size, its interval a bar on the axis."""
    found = sorted(found, key=lambda pair: pair[1].median)
    floor = axis.get_xaxis_transform()
    for comparison, size in found:
        sizes = list(comparison.medians)
        at = time_at(sizes, [first for first, _ in comparison.medians.values()], [size.median])[0]
        at *= scale_of("epoch_time_s")
        axis.plot(size.median, at, "o", markersize=10, fillstyle="none", color=INK, markeredgewidth=1)
        line_and_interval(axis, size, sizes, 0, transform=floor)
        mark(axis, size.median, at, break_even_text(comparison, size))
    name_break_evens(axis, [size for _, size in found], [size for pair, _ in found for size in pair.medians])


def line_and_interval(axis: Axes, found: Estimate, sizes: Sequence[int], height: float, **how: Any) -> None:
    """A dotted line at the break-even, and at this height its interval as a bar, within the measured sizes."""
    axis.axvline(found.median, color=INK, linewidth=1, linestyle=":")
    if found.has_interval:
        ends = np.clip([found.low, found.high], sizes[0], sizes[-1])
        axis.plot(ends, [height] * 2, color=INK, alpha=0.35, linewidth=8, solid_capstyle="butt", **how)


def name_break_evens(
    axis: Axes, found: Sequence[Estimate], sizes: Sequence[int], top: float = 0.99, *, few: int = FEW
) -> None:
    """Write the sizes at their dotted lines, each on the side with more room: at most `few` with their intervals, one
    below the other; of more those that have room beside the one before, in a row."""
    in_full = len(found) <= few
    for row, size in enumerate(found if in_full else _apart(found, sizes, axis)):
        name = break_even(size, sorted(sizes)) if in_full else f"H = {about(size.median)}"
        at = (size.median, top - (0.08 * row if in_full else 0))
        side = "right" if size.median > np.sqrt(min(sizes) * max(sizes)) else "left"
        axis.text(*at, f" {name} ", transform=axis.get_xaxis_transform(), ha=side, va="top", fontsize=9)


def _apart(found: Sequence[Estimate], sizes: Sequence[int], axis: Axes) -> list[Estimate]:
    """Of these break-evens, in ascending order, each that is far enough from the last one before it. Names on different
    sides of their lines need twice the room."""
    inches = axis.get_position().width * axis.figure.get_size_inches()[0]
    room = 2 * NAME_INCHES / inches * np.log(max(sizes) / min(sizes))
    kept: list[Estimate] = []
    for size in found:
        if not kept or np.log(size.median / kept[-1].median) > room:
            kept.append(size)
    return kept


def break_even_text(comparison: Comparison, found: Estimate) -> str:
    pair = f"{in_prose(comparison.first)} and {in_prose(comparison.second)}"
    n = min(r.n for r in comparison.ratios.values())
    return f"{comparison.task}: {pair} break even\n{break_even(found, list(comparison.ratios))}, n = {n}"
