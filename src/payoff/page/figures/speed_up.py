"""How many times as fast one way is as another."""

from collections.abc import Sequence

import numpy as np
from matplotlib.ticker import FuncFormatter

from payoff.comparisons.comparison import Comparison, most_telling_first
from payoff.comparisons.ways import in_prose, label
from payoff.page.figures.axes import (
    MOST_MARKED,
    MOST_PANELS,
    MOST_SIZES_WITH_MARKERS,
    Factors,
    hidden_size_axis,
    logarithmic,
    panel_title,
    panels_for,
    plain,
    row_label,
    sizes_between,
    spread_out,
)
from payoff.page.figures.break_evens import FEW, break_even_text, line_and_interval, name_break_evens
from payoff.page.figures.looks import INK, color_of
from payoff.page.figures.page_figure import PageFigure, mark, on_page
from payoff.page.words.sentences import told
from payoff.statistics.estimates import ENDS, Estimate
from payoff.tables.formats import count


@on_page
def speed_up(compared: Sequence[Comparison], *, width: float) -> PageFigure:
    """The speed-up of the second of two ways over the first, with one panel per pair; below 1 the first is faster. Of
    too many pairs those are drawn that tell most.

    The break-even is where the interpolated (dashed) curve crosses the line at 1; the bar on that line is its interval.
    """
    if len(compared) > MOST_PANELS:
        compared = most_telling_first(compared)
    figure, axes = panels_for(compared, width, same_scale=False, chosen=", those that differ most or break even")
    for axis, comparison in axes:
        sizes, ratios = list(comparison.ratios), list(comparison.ratios.values())
        between = sizes_between(sizes)
        axis.axhline(1, color=INK, linewidth=1)
        axis.plot(between, comparison.ratio_at(between), color=INK, linewidth=1, linestyle=(0, (4, 3)))
        medians, low, high = ([getattr(r, end) for r in ratios] for end in ENDS)
        if len(sizes) <= MOST_SIZES_WITH_MARKERS:
            reach = [np.subtract(medians, low), np.subtract(high, medians)]
            axis.errorbar(sizes, medians, reach, fmt="o", color=INK, elinewidth=1.5, capsize=4)
        else:
            axis.fill_between(sizes, low, high, color=INK, alpha=0.2, linewidth=0)
        for found in comparison.break_evens:
            line_and_interval(axis, found, sizes, 1)
        hidden_size_axis(axis, sizes)
        logarithmic(axis)
        axis.set_ylim(*_around_one(ratios))
        axis.yaxis.set_major_locator(Factors())
        axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{plain(max(value, 1 / value))} ×"))
        for height, way, edge in ((0.01, comparison.first, "bottom"), (0.99, comparison.second, "top")):
            name = f"{in_prose(way)} faster"
            axis.text(
                0.99, height, name, transform=axis.transAxes, ha="right", va=edge, fontsize=9, color=color_of(way)
            )
        # the interval is drawn as a bar; beside other panels there is no room for it in words
        name_break_evens(axis, comparison.break_evens, sizes, top=0.9, few=FEW if len(compared) == 1 else 0)
        panel_title(axis, f"{comparison.task}: {label(comparison.second)}\nagainst {label(comparison.first)}")
        row_label(axis, "Times as fast")
        pair = f"{comparison.task}: {in_prose(comparison.second)} as fast as {in_prose(comparison.first)}"
        for size in spread_out(sizes, MOST_MARKED):
            value = told("ratio", comparison.ratios[size])
            mark(axis, size, comparison.ratios[size].median, f"{pair}, H = {count(size)}\n{value}")
        for found in comparison.break_evens:
            mark(axis, found.median, 1, break_even_text(comparison, found))
    return figure


def _around_one(ratios: list[Estimate]) -> tuple[float, float]:
    """Limits of an axis of ratios that leave room for all intervals, and on both sides of 1 for words."""
    ends = [end for r in ratios for end in (r.low, r.high, r.median) if end == end]
    low, high = min([*ends, 0.9]), max([*ends, 1.1])
    above = max(1.1, (high / low) ** 0.15)
    low, high = low / 1.1, high * above
    room = (high / low) ** 0.2
    return min(low, 1 / room), max(high, room)
