"""A quantity over the hidden size."""

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba

from payoff.cells import CELL, HERE, TASK
from payoff.comparisons.comparison import Comparison
from payoff.comparisons.ways import Way, by_way, label
from payoff.page.figures.axes import (
    MOST_SIZES_WITH_MARKERS,
    axis_label,
    hidden_size_axis,
    logarithmic,
    panel_title,
    panels_for,
    row_label,
    scale_of,
    sizes_between,
)
from payoff.page.figures.break_evens import mark_break_evens
from payoff.page.figures.looks import BETWEEN, color_of, dashes_of, fill_of, strength_of, style_of, width_of
from payoff.page.figures.names import name_lines
from payoff.page.figures.page_figure import RUNS, PageFigure, on_page
from payoff.page.figures.telling import Line, tell_by_size
from payoff.page.words.sentences import told
from payoff.statistics.break_even import time_at
from payoff.statistics.estimates import ENDS, estimate_of
from payoff.tables.runs import TIMES_OF_PARTIAL


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
    # of seventy columns those that are needed, since each panel takes rows of all
    of_way = ["site", "has_best_threads", *CELL]
    runs = runs[[*of_way, "failure", "extrapolated", quantity]]
    cells = cells[[*of_way, "task", *(f"{quantity}_{end}" for end in ENDS), "n", "n_finished"]]
    panels = list(cells[cells[f"{quantity}_median"].notna()].groupby(TASK, sort=False))
    figure, axes = panels_for(panels, width)
    for axis, ((dataset, recipe), measured) in axes:
        where = measured["task"].iloc[0]
        lines = list(by_way(measured))
        for way, line in lines:
            line = line.sort_values("hidden_size")
            _median_line(axis, way, line, quantity, style_of(way, cells), between=bool(compared))
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
        tell_by_size(axis, f"{where}, " if len(panels) > 1 else "", _lines_at_sizes(lines, quantity))
        panel_title(axis, where)
        row_label(axis, axis_label(quantity))
        here = [pair for pair in compared if pair.task == where and _is_of_two_ways_here(pair)]
        mark_break_evens(axis, [(comparison, found) for comparison in here for found in comparison.break_evens])
    name_lines(figure, [axis for axis, _ in axes])
    return figure


def _median_line(
    axis: Axes, way: Way, line: pd.DataFrame, quantity: str, style: tuple[str, str], *, between: bool
) -> None:
    """Medians and their shaded interval; `between`: between the sizes, draw the values that time_at interpolates, paler
    than the measured ones."""
    sizes = line["hidden_size"].to_numpy()
    marked = len(sizes) <= MOST_SIZES_WITH_MARKERS
    at = sizes_between(sizes) if between and marked else sizes
    scaled = [line[f"{quantity}_{end}"].to_numpy(float) * scale_of(quantity) for end in ENDS]
    median, low, high = (time_at(sizes, values, at) for values in scaled)
    full = to_rgba(color_of(way), strength_of(way))
    paler = to_rgba(color_of(way), strength_of(way) * (BETWEEN if at is not sizes else 1))
    look = {"color": paler, "markerfacecolor": full, "markeredgecolor": full, "linewidth": width_of(way)}
    linestyle, marker = style
    if not way.site:
        axis.fill_between(at, low, high, color=color_of(way), alpha=0.2, linewidth=0)
    axis.plot(
        at,
        median,
        linestyle=linestyle if marked else dashes_of(way),
        marker=marker if marked else None,
        fillstyle=fill_of(way),
        markevery=[int(np.flatnonzero(at == size)[0]) for size in sizes],
        label=label(way),
        **look,
    )


def _lines_at_sizes(lines: Iterable[tuple[Way, pd.DataFrame]], quantity: str) -> dict[int, list[Line]]:
    n = "n" if quantity in TIMES_OF_PARTIAL else "n_finished"
    found: dict[int, list[Line]] = {}
    for way, cells in lines:
        for cell in cells.to_dict("records"):
            estimate = estimate_of(cell, quantity, n)
            line = Line(label(way), estimate.median, told(quantity, estimate))
            found.setdefault(int(cell["hidden_size"]), []).append(line)
    return found


def _is_of_two_ways_here(pair: Comparison) -> bool:
    return pair.first.site == HERE and pair.first != pair.second._replace(site=HERE)
