"""A quantity over the hidden size."""

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from payoff.cells import HERE, TASK
from payoff.comparisons.comparison import Comparison
from payoff.comparisons.ways import Way, by_way, in_prose, label
from payoff.page.figures.plotting import (
    INK,
    MOST_MARKED,
    RUNS,
    PageFigure,
    axis_label,
    color_of,
    dashes_of,
    fill_of,
    hidden_size_axis,
    legend_above,
    logarithmic,
    mark,
    on_page,
    panel_title,
    panels_for,
    row_label,
    scale_of,
    spread_out,
    strength_of,
    style_of,
    width_of,
)
from payoff.page.words.sentences import break_even, told
from payoff.statistics.break_even import time_at
from payoff.statistics.estimates import Estimate, estimate_of
from payoff.tables.columns import about, count
from payoff.tables.runs import TIMES_OF_PARTIAL

# Where a study has more, a figure shows a part of them.
MOST_SIZES_WITH_MARKERS = 24
MOST_BREAK_EVENS_NAMED = 5


@on_page
def over_hidden_size(
    cells: pd.DataFrame,
    runs: pd.DataFrame,
    quantity: str,
    compared: Sequence[Comparison] = (),
    *,
    log_y: bool = True,
    width: float,
) -> PageFigure:
    """A quantity of the runs (a key of COLUMNS) over the hidden size, with one panel per data set.

    One line per way joins the medians; each run is a point; the 95 % interval is shaded. compared: the comparisons of
    this quantity. The figure marks the break-even points between different ways that this study measured, and draws
    the lines between the sizes as the break-even points are computed from them.
    """
    panels = list(cells[cells[f"{quantity}_median"].notna()].groupby(TASK, sort=False))
    figure, axes = panels_for(panels, width)
    for axis, ((dataset, recipe), measured) in axes:
        where = measured["task"].iloc[0]
        for way, line in by_way(measured):
            line = line.sort_values("hidden_size")
            _median_line(axis, way, line, quantity, style_of(way, cells), between=bool(compared))
            _mark_line(axis, way, line, quantity, f"{where}: " if len(panels) > 1 else "")
        points = runs[(runs["dataset"] == dataset) & (runs["recipe"] == recipe) & runs[quantity].notna()]
        points = points[points["failure"].isna() | (points["extrapolated"] & (quantity in TIMES_OF_PARTIAL))]
        for way, measured_runs in by_way(points[points["site"] == HERE]):
            sizes = measured_runs["hidden_size"]
            values = measured_runs[quantity].astype(float) * scale_of(quantity)
            look = {"color": color_of(way), "fillstyle": fill_of(way), "alpha": 0.35, "markersize": 4}
            axis.plot(sizes, values, style_of(way)[1], gid=RUNS, **look)
        hidden_size_axis(axis, measured["hidden_size"])
        if log_y:
            logarithmic(axis)
        panel_title(axis, where)
        row_label(axis, axis_label(quantity))
        here = [pair for pair in compared if pair.task == where and _is_of_two_ways_here(pair)]
        _mark_break_evens(axis, [(comparison, found) for comparison in here for found in comparison.break_evens])
    legend_above(figure, [axis for axis, _ in axes])
    return figure


def _median_line(
    axis: Axes, way: Way, line: pd.DataFrame, quantity: str, style: tuple[str, str], *, between: bool
) -> None:
    """Medians and their shaded interval; `between`: between the sizes, draw the values that time_at interpolates."""
    sizes = line["hidden_size"].to_numpy()
    marked = len(sizes) <= MOST_SIZES_WITH_MARKERS
    at = _between(sizes) if between and marked else sizes
    scaled = [line[f"{quantity}_{end}"].to_numpy(float) * scale_of(quantity) for end in ("median", "low", "high")]
    median, low, high = (time_at(sizes, values, at) for values in scaled)
    look = {"color": color_of(way), "linewidth": width_of(way), "alpha": strength_of(way)}
    linestyle, marker = style
    if not way.site:
        axis.fill_between(at, low, high, color=color_of(way), alpha=0.2, linewidth=0)
    axis.plot(
        at,
        median,
        linestyle + marker if marked else dashes_of(way),
        fillstyle=fill_of(way),
        markevery=[int(np.flatnonzero(at == size)[0]) for size in sizes],
        label=label(way),
        **look,
    )


def _mark_line(axis: Axes, way: Way, line: pd.DataFrame, quantity: str, where: str) -> None:
    """Let the cells of a line tell their numbers; of many cells, only as many as a reader can point at."""
    n = "n" if quantity in TIMES_OF_PARTIAL else "n_finished"
    cells = [cell for _, cell in line.iterrows()]
    for cell in spread_out(cells, MOST_MARKED):
        estimate = estimate_of(cell, quantity, n)
        text = f"{where}{label(way)}, H = {count(cell['hidden_size'])}\n{told(quantity, estimate)}"
        mark(axis, cell["hidden_size"], estimate.median * scale_of(quantity), text)


def _is_of_two_ways_here(pair: Comparison) -> bool:
    return pair.first.site == HERE and pair.first != pair.second._replace(site=HERE)


def _mark_break_evens(axis: Axes, found: Iterable[tuple[Comparison, Estimate]]) -> None:
    """Mark a break-even: a ring where two lines cross, a dotted line at the size, its interval a bar on the axis."""
    found = sorted(found, key=lambda pair: pair[1].median)
    floor = axis.get_xaxis_transform()
    for comparison, size in found:
        sizes = list(comparison.medians)
        at = time_at(sizes, [first for first, _ in comparison.medians.values()], [size.median])[0]
        at *= scale_of("epoch_time_s")
        axis.plot(size.median, at, "o", markersize=10, fillstyle="none", color=INK, markeredgewidth=1)
        axis.axvline(size.median, color=INK, linewidth=1, linestyle=":")
        if size.has_interval:
            ends = np.clip([size.low, size.high], sizes[0], sizes[-1])
            axis.plot(ends, [0, 0], color=INK, alpha=0.35, linewidth=8, solid_capstyle="butt", transform=floor)
        mark(axis, size.median, at, _break_even_text(comparison, size))
    _name_break_evens(axis, [size for _, size in found], [size for pair, _ in found for size in pair.medians])


def _name_break_evens(axis: Axes, found: Sequence[Estimate], sizes: Sequence[int]) -> None:
    """Write each size at its dotted line, one below the other, on the side with more room."""
    for row, size in enumerate(found[:MOST_BREAK_EVENS_NAMED]):
        left = size.median > np.sqrt(min(sizes) * max(sizes))
        name = f" H = {about(size.median)} "
        side = "right" if left else "left"
        at = (size.median, 0.99 - 0.08 * row)
        axis.text(*at, name, transform=axis.get_xaxis_transform(), ha=side, va="top", fontsize=9)


def _break_even_text(comparison: Comparison, found: Estimate) -> str:
    pair = f"{in_prose(comparison.first)} and {in_prose(comparison.second)}"
    n = min(r.n for r in comparison.ratios.values())
    return f"{comparison.task}: {pair} break even\n{break_even(found, list(comparison.ratios))}, n = {n}"


def _between(sizes: Sequence[int]) -> np.ndarray:
    """The measured sizes and many between them, ascending."""
    return np.union1d(sizes, np.geomspace(min(sizes), max(sizes), 100)) if len(sizes) > 1 else np.array(sizes)
