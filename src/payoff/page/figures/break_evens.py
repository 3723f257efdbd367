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

MOST_NAMED = 5  # of more, only these have their size written at their line
FEW = 2  # so many have room for their intervals, too


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
    """Write each size at its dotted line, one below the other, on the side with more room; at most `few` with their
    intervals."""
    for row, size in enumerate(found[:MOST_NAMED]):
        left = size.median > np.sqrt(min(sizes) * max(sizes))
        name = break_even(size, sorted(sizes)) if len(found) <= few else f"H = {about(size.median)}"
        side = "right" if left else "left"
        at = (size.median, top - 0.08 * row)
        axis.text(*at, f" {name} ", transform=axis.get_xaxis_transform(), ha=side, va="top", fontsize=9)


def break_even_text(comparison: Comparison, found: Estimate) -> str:
    pair = f"{in_prose(comparison.first)} and {in_prose(comparison.second)}"
    n = min(r.n for r in comparison.ratios.values())
    return f"{comparison.task}: {pair} break even\n{break_even(found, list(comparison.ratios))}, n = {n}"
