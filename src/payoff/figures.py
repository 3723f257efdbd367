"""One function a figure; payoff.plotting says how they look."""

from collections.abc import Iterable

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from payoff.columns import about, count, significant
from payoff.comparisons import Comparison
from payoff.ledger import PARTS
from payoff.plotting import (
    INK,
    STYLE,
    axis_label,
    color_of,
    dashes_of,
    fill_of,
    hidden_size_axis,
    legend_above,
    panels_for,
    scale_of,
    style_of,
    width_of,
)
from payoff.statistics import Estimate, median_interval
from payoff.tables import TIMES_OF_PARTIAL
from payoff.ways import Way, by_way, label, place, way_of

# In a ledger, where the training has the model's colour: what is not training, from dark to light.
PART_LOOKS = {
    "start and imports": {"facecolor": INK, "alpha": 0.55},
    "data and network": {"facecolor": INK, "alpha": 0.3},
    "training": {},
    "evaluation": {"facecolor": "none", "hatch": "////"},
    "rest": {"facecolor": INK, "alpha": 0.1},
}


def over_hidden_size(cells: pd.DataFrame, runs: pd.DataFrame, quantity: str, *, log_y: bool = True) -> Figure:
    """A quantity of the runs (a key of COLUMNS) over the hidden size, a panel a data set.

    A line a way joins the medians; every run is a point; the 95 % interval is shaded.
    """
    scale = scale_of(quantity)
    shown = cells[cells[f"{quantity}_median"].notna()]
    panels = list(shown.groupby(["dataset", "recipe"], sort=False))
    with matplotlib.rc_context(STYLE):
        figure, axes = panels_for(len(panels))
        for axis, ((dataset, recipe), measured) in zip(axes, panels, strict=True):
            for way, line in by_way(measured, among=cells):
                _median_line(axis, way, line.sort_values("hidden_size"), quantity, scale)
            points = runs[(runs["dataset"] == dataset) & (runs["recipe"] == recipe) & runs[quantity].notna()]
            points = points[points["failure"].isna() | (points["extrapolated"] & (quantity in TIMES_OF_PARTIAL))]
            for way, own in by_way(points, among=cells):
                axis.plot(
                    own["hidden_size"],
                    own[quantity] * scale,
                    style_of(way)[1],
                    color=color_of(way),
                    fillstyle=fill_of(way),
                    alpha=0.35,
                    markersize=4,
                )
            axis.set_title(place(dataset, recipe, cells), loc="left")
            hidden_size_axis(axis, measured["hidden_size"])
            if log_y:
                axis.set_yscale("log")
                axis.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
                axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _: significant(value, 1)))
                axis.yaxis.set_minor_locator(NullLocator())
            if axis is axes[0]:
                axis.set_ylabel(axis_label(quantity))
        legend_above(figure, axes)
    return figure


def ratio_over_hidden_size(comparisons: Iterable[Comparison]) -> Figure:
    """How many times as long the first of two ways takes as the second; below 1 it is the faster.

    The curve is the one that the break-even is read from; its interval is the bar on the line at 1.
    """
    comparisons = list(comparisons)
    with matplotlib.rc_context(STYLE):
        figure, axes = panels_for(len(comparisons), columns=2, same_scale=False)
        for axis, comparison in zip(axes, comparisons, strict=True):
            sizes, ratios = list(comparison.ratios), list(comparison.ratios.values())
            between = np.geomspace(sizes[0], sizes[-1], 200)
            axis.axhline(1, color=INK, linewidth=1)
            axis.plot(between, comparison.ratio_at(between), color=INK)
            medians = np.array([r.median for r in ratios])
            reach = [medians - [r.low for r in ratios], [r.high for r in ratios] - medians]
            axis.errorbar(sizes, medians, reach, fmt="o", color=INK, elinewidth=1.5, capsize=4)
            for found in comparison.break_evens:
                _break_even(axis, found, sizes)
            axis.set_yscale("log")
            axis.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            axis.yaxis.set_minor_locator(NullLocator())
            axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
            axis.set_ylim(*_around_one(ratios))
            first, second = label(comparison.first), label(comparison.second)
            axis.set_title(f"{comparison.place}:\n{first} /\n{second}", loc="left")
            hidden_size_axis(axis, sizes)
            axis.set_ylabel("Ratio of epoch times")
    return figure


def learning_curves(samples: pd.DataFrame, quantity: str = "test_accuracy") -> Figure:
    """A quantity of the epochs over the epoch, a panel a hidden size: each run faint, their median strong."""
    scale = scale_of(quantity)
    samples = samples[samples[quantity].notna()]
    panels = list(samples.groupby(["dataset", "recipe", "hidden_size"]))
    with matplotlib.rc_context(STYLE):
        figure, axes = panels_for(len(panels), columns=2)
        for axis, ((dataset, recipe, hidden_size), panel) in zip(axes, panels, strict=True):
            for way, line in by_way(panel, among=samples):
                for _, run in line.groupby("repetition"):
                    axis.plot(run["epoch"], run[quantity] * scale, color=color_of(way), alpha=0.3, linewidth=0.8)
                median = line.groupby("epoch")[quantity].median() * scale
                line_style = style_of(way)[1] if len(median) == 1 else dashes_of(way)  # one epoch is no line
                look = {"color": color_of(way), "linewidth": width_of(way), "label": label(way)}
                axis.plot(median.index, median, line_style, **look)
            axis.set_title(f"{place(dataset, recipe, samples)}, H = {count(hidden_size)}", loc="left")
            axis.xaxis.get_major_locator().set_params(integer=True)
            axis.set_xlabel("Epoch")
            axis.set_ylabel(axis_label(quantity))
        legend_above(figure, axes)
    return figure


def output_over_input_size(sizes: pd.DataFrame) -> Figure:
    """The side of a convolution's output over that of its input, a line a stride.

    sizes: a row a (stride, input_size), with its output_size.
    """
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(8, 3.6))
        axis = figure.subplots()
        for (stride, line), style in zip(sizes.groupby("stride"), ("-o", "--s", ":^", "-.D"), strict=False):
            axis.plot(line["input_size"], line["output_size"], style, color=INK, label=f"stride {stride}")
        for axle, quantity in ((axis.xaxis, "input_size"), (axis.yaxis, "output_size")):
            axle.get_major_locator().set_params(integer=True)
            axle.set_label_text(axis_label(quantity))
        axis.set_ylim(bottom=0)
        legend_above(figure, [axis])
    return figure


def step_losses(steps: pd.DataFrame) -> Figure:
    """The loss over the steps, a panel a data set, recipe and hidden size: each step of the first run faint, its
    running median over a fiftieth of the steps strong."""
    panels = list(steps.groupby(["dataset", "recipe", "hidden_size"], sort=False))
    with matplotlib.rc_context(STYLE):
        figure, axes = panels_for(len(panels), columns=2)
        for axis, ((dataset, recipe, hidden_size), panel) in zip(axes, panels, strict=True):
            for way, line in by_way(panel, among=steps):
                line = line[line["repetition"] == line["repetition"].min()]
                running = line["step_loss"].rolling(max(1, len(line) // 50), center=True, min_periods=1).median()
                axis.plot(line["step"], line["step_loss"], color=color_of(way), alpha=0.3, linewidth=0.5)
                axis.plot(line["step"], running, dashes_of(way), color=color_of(way), label=label(way))
            axis.set_title(f"{place(dataset, recipe, steps)}, H = {count(hidden_size)}", loc="left")
            axis.set_xlabel("Step")
            axis.set_ylabel(axis_label("step_loss"))
        legend_above(figure, axes)
    return figure


def against_itself(runs: pd.DataFrame, again: pd.DataFrame) -> Figure:
    """The control: each run of its cell under both names, with the median and its interval.

    runs: those of the cell in the study; again: those of the control.
    """
    way = way_of(tuple(again.iloc[0][["model", "mode", "device", "threads"]]), again)
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(8, 2))
        axis = figure.subplots()
        for position, (name, own) in enumerate({"A, in the study": runs, "A again": again}.items()):
            times = own["epoch_time_s"].dropna() * scale_of("epoch_time_s")
            estimate = median_interval(times)
            axis.plot(times, [-position] * len(times), style_of(way)[1], color=color_of(way), alpha=0.5)
            axis.plot(estimate.median, -position, "|", color=INK, markersize=22, markeredgewidth=2)
            axis.plot([estimate.low, estimate.high], [-position - 0.25] * 2, color=INK, linewidth=1.5)
            axis.text(-0.01, -position, name, transform=axis.get_yaxis_transform(), ha="right", va="center")
        axis.set_yticks([])
        axis.set_ylim(-1.6, 0.5)
        axis.spines["left"].set_visible(False)
        axis.set_xlabel(axis_label("epoch_time_s"))
    return figure


def ledger(cells: pd.DataFrame) -> Figure:
    """Whole runs, a bar a cell: the share of each of PARTS in the wall clock, training in the model's colour.

    cells: as payoff.ledger.ledger_table makes them.
    """
    panels = list(cells.groupby(["dataset", "recipe"], sort=False))
    with matplotlib.rc_context(STYLE | {"axes.grid": False}):
        heights = [len(panel) for _, panel in panels]
        figure = Figure(figsize=(8, 1.5 + sum(0.26 * height + 0.5 for height in heights)))
        axes = figure.subplots(len(panels), 1, squeeze=False, height_ratios=heights)[:, 0]
        for axis, ((dataset, recipe), panel) in zip(axes, panels, strict=True):
            rows = [(way, cell) for way, line in by_way(panel, among=cells) for _, cell in line.iterrows()]
            for position, (way, cell) in enumerate(rows):
                _ledger_bar(axis, -position, way, cell)
            axis.set_yticks(range(0, -len(rows), -1))
            axis.set_yticklabels([f"{label(way)}, H = {count(cell['hidden_size'])}" for way, cell in rows], fontsize=9)
            axis.tick_params(axis="y", length=0)
            axis.set_xlim(0, 100)
            axis.set_ylim(-len(rows) + 0.5, 0.6)
            axis.spines["left"].set_visible(False)
            axis.set_title(place(dataset, recipe, cells), loc="left")
        axes[-1].set_xlabel("Share of the wall clock of a whole run, %")
        legend_above(figure, [axes[0]])
    return figure


def _ledger_bar(axis: Axes, position: int, way: Way, cell: pd.Series) -> None:
    """One bar, with its whole in seconds behind it. The first bar's parts name themselves for the legend."""
    total, left = sum(cell[part] for part in PARTS), 0.0
    for part, look in PART_LOOKS.items():
        share = 100 * cell[part] / total
        name = "training (in the model's colour)" if part == "training" else part
        look = {"facecolor": color_of(way)} if part == "training" else look
        edge = {"edgecolor": INK, "linewidth": 0.4}
        axis.barh(position, share, left=left, height=0.7, label=None if position else name, **edge, **look)
        left += share
    axis.text(101, position, f"{significant(cell['wall_s'])} s", va="center", fontsize=9)


def deviation_over_time(runs: pd.DataFrame) -> Figure:
    """Each run's time over the median of its cell, in the order in which they were measured; contended runs crossed.

    runs: as payoff.disturbance.relative_to_cell makes them.
    """
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(8, 3.6))
        axis = figure.subplots()
        axis.axhline(1, color=INK, linewidth=1)
        for way, own in by_way(runs):
            look = {"color": color_of(way), "fillstyle": fill_of(way), "linestyle": "none", "alpha": 0.7}
            axis.plot(own["minutes"], own["deviation"], marker=style_of(way)[1], label=label(way), **look)
        contended = runs[runs["label"] == "contended"]
        if len(contended):
            axis.plot(contended["minutes"], contended["deviation"], "x", color=INK, markersize=9, label="contended")
        if runs["deviation"].max() > 3:  # else a straight scale tells more
            axis.set_yscale("log")
            axis.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            axis.yaxis.set_minor_locator(NullLocator())
        axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axis.set_xlabel("Minutes since the first run began")
        axis.set_ylabel("Epoch time over its cell's median")
        legend_above(figure, [axis])
    return figure


def _median_line(axis: Axes, way: Way, line: pd.DataFrame, quantity: str, scale: float) -> None:
    low, high, median = (line[f"{quantity}_{end}"] * scale for end in ("low", "high", "median"))
    axis.fill_between(line["hidden_size"], low, high, color=color_of(way), alpha=0.2, linewidth=0)
    linestyle, marker = style_of(way)
    axis.plot(
        line["hidden_size"],
        median,
        linestyle + marker,
        color=color_of(way),
        fillstyle=fill_of(way),
        linewidth=width_of(way),
        label=label(way),
    )


def _around_one(ratios: list) -> tuple[float, float]:
    """Limits of a ratio axis that show all intervals and the line at 1."""
    ends = [end for r in ratios for end in (r.low, r.high, r.median) if end == end]
    return min([*ends, 0.9]) / 1.2, max([*ends, 1.1]) * 1.2


def _break_even(axis: Axes, found: Estimate, sizes: list[int]) -> None:
    """A dotted line at the break-even, and its interval as a bar, which ends where the measured sizes end."""
    axis.axvline(found.median, color=INK, linewidth=1, linestyle=":")
    if found.has_interval:
        ends = np.clip([found.low, found.high], sizes[0], sizes[-1])
        axis.plot(ends, [1, 1], color=INK, alpha=0.35, linewidth=8, solid_capstyle="butt")
    text = f"H = {about(found.median)} "
    axis.text(found.median, 0.98, text, transform=axis.get_xaxis_transform(), ha="right", va="top", fontsize=10)
