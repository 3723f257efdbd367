"""How networks learn: over epochs, over time, over steps."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from payoff.cells import RUN, TASK, WAY
from payoff.comparisons.ways import Way, by_way, label
from payoff.page.figures.axes import (
    FEW_SIZES,
    MOST_PANELS,
    axis_label,
    legend_above,
    logarithmic,
    panel_title,
    panels_for,
    panels_to_draw,
    row_label,
    scale_of,
    spread_out,
)
from payoff.page.figures.looks import INK, color_of, dashes_of, fill_of, strength_of, style_of, width_of
from payoff.page.figures.page_figure import PageFigure, on_page
from payoff.page.figures.telling import Line, tell_anywhere
from payoff.page.words.sentences import listed, told
from payoff.statistics.estimates import Estimate, estimate_of, median_interval
from payoff.tables.formats import count, significant

MOST_SIZES_WITH_A_PANEL = 4
MOST_SINGLE_RUNS = 240


@on_page
def learning_curves(samples: pd.DataFrame, quantity: str = "test_accuracy", *, width: float) -> PageFigure:
    """A quantity over the epochs, one panel per hidden size: each run is a faint line, their median a strong one. Ways
    that learn alike have one line; a note says which."""
    scale = scale_of(quantity)
    samples = samples[samples[quantity].notna()]
    panels, note = _panels_of_sizes(samples, width)
    figure, axes = panels_for(panels, width, columns=2)
    figure.notes += note
    alike: dict[tuple[str, ...], int] = {}  # ways that learn alike -> in how many panels
    few = sum(panel.groupby(["site", *WAY, "repetition"]).ngroups for _, panel in panels) <= MOST_SINGLE_RUNS
    for axis, ((*_, hidden_size), panel) in axes:
        where = f"{panel['task'].iloc[0]}, H = {count(hidden_size)}"
        lines = []
        drawn: dict[str, pd.Series] = {}
        same: dict[str, list[str]] = {}  # a way that is drawn -> those that learn as it does
        for way, line in by_way(panel):
            look = {"color": color_of(way), "alpha": strength_of(way)}
            median = line.groupby("epoch")[quantity].median() * scale
            last = median.index[-1]
            estimate = median_interval(line.loc[line["epoch"] == last, quantity])
            lines.append(Line(label(way), estimate.median, f"{told(quantity, estimate)}, after epoch {last}"))
            if first := next((name for name, other in drawn.items() if _coincide(median, other)), None):
                same.setdefault(first, []).append(label(way))
                continue
            drawn[label(way)] = median
            for _, run in line.groupby("repetition") if few and not way.site else ():
                axis.plot(run["epoch"], run[quantity] * scale, color=color_of(way), alpha=0.3, linewidth=0.8)
            marker = style_of(way, samples)[1] if len(median) == 1 or way.site else ""  # one epoch is no line
            style = {"linestyle": dashes_of(way), "marker": marker, "markevery": [-1], "label": label(way)}
            axis.plot(median.index, median, linewidth=width_of(way), **style, **look)
        for first, others in same.items():
            alike[first, *others] = alike.get((first, *others), 0) + 1
        tell_anywhere(axis, where, lines)
        panel_title(axis, where)
        axis.xaxis.get_major_locator().set_params(integer=True)
        axis.set_xlabel("Epoch")
        row_label(axis, axis_label(quantity))
    for ways, times in alike.items():
        figure.notes.append(f"In {times} of {len(axes)} panels one line stands for {listed(ways)}.")
    legend_above(figure, [axis for axis, _ in axes])
    return figure


@on_page
def accuracy_over_time(cells: pd.DataFrame, samples: pd.DataFrame, *, width: float) -> PageFigure:
    """The test accuracy over the time trained, without evaluation, with one panel per hidden size.

    Each line joins the medians of both over the runs, from epoch to epoch; it ends with their 95 % intervals. A target
    is a dotted line.
    """
    samples = samples[samples["test_accuracy"].notna() & (samples["epoch"] > 0)]
    panels, note = _panels_of_sizes(samples, width)
    figure, axes = panels_for(panels, width, columns=2)
    figure.notes += note
    for axis, ((dataset, recipe, hidden_size), panel) in axes:
        panel = panel.sort_values("epoch", kind="stable")
        panel = panel.assign(train_s=panel.groupby(["site", *RUN], sort=False)["duration_s"].cumsum())
        where = f"{panel['task'].iloc[0]}, H = {count(hidden_size)}"
        of_panel = (cells["dataset"] == dataset) & (cells["recipe"] == recipe) & (cells["hidden_size"] == hidden_size)
        panel_cells = cells[of_panel]
        lines = []
        ends = {way: cell.iloc[0] for way, cell in by_way(panel_cells[panel_cells["test_accuracy_median"].notna()])}
        for way, line in by_way(panel):
            medians = line.groupby("epoch")[["train_s", "test_accuracy"]].median()
            look: dict[str, Any] = {"color": color_of(way), "alpha": strength_of(way)}
            style: dict[str, Any] = {
                "linestyle": dashes_of(way),
                "marker": style_of(way, cells)[1],
                "markevery": [-1],
            }
            style |= {"linewidth": width_of(way), "fillstyle": fill_of(way), "label": label(way)}
            axis.plot(medians["train_s"], medians["test_accuracy"] * 100, **style, **look)
            if way in ends:
                lines.append(_end_of_line(axis, way, ends[way]))
        tell_anywhere(axis, where, lines)
        targets = panel_cells["target_accuracy"].dropna().unique() if "target_accuracy" in cells else []
        for target in targets:
            axis.axhline(target * 100, color=INK, linewidth=1, linestyle=":")
        dotted = f" (dotted:\u00a0{significant(targets[0] * 100, 2)}\u00a0%)" if len(targets) else ""
        logarithmic(axis, "x")
        panel_title(axis, where + dotted)
        axis.set_xlabel("Time trained, s")
        row_label(axis, axis_label("test_accuracy"))
    legend_above(figure, [axis for axis, _ in axes])
    return figure


@on_page
def step_losses(steps: pd.DataFrame, *, width: float) -> PageFigure:
    """The loss over the steps, with one panel per data set, recipe and hidden size: a faint line joins the steps of the
    first run, a strong one their running median over a fiftieth of the steps."""
    panels, note = _panels_of_sizes(steps, width)
    figure, axes = panels_for(panels, width, columns=2)
    figure.notes += note
    for axis, ((*_, hidden_size), panel) in axes:
        where = f"{panel['task'].iloc[0]}, H = {count(hidden_size)}"
        lines = []
        for way, line in by_way(panel):
            line = line[line["repetition"] == line["repetition"].min()]
            running = line["step_loss"].rolling(max(1, len(line) // 50), center=True, min_periods=1).median()
            axis.plot(line["step"], line["step_loss"], color=color_of(way), alpha=0.3, linewidth=0.5)
            axis.plot(line["step"], running, linestyle=dashes_of(way), color=color_of(way), label=label(way))
            step, loss = line["step"].iloc[-1], running.iloc[-1]
            lines.append(Line(label(way), loss, f"{significant(loss)} after step {count(step)} (one run)"))
        tell_anywhere(axis, where, lines)
        panel_title(axis, where)
        axis.set_xlabel("Step")
        row_label(axis, axis_label("step_loss"))
    legend_above(figure, [axis for axis, _ in axes])
    return figure


def _coincide(one: pd.Series, other: pd.Series) -> bool:
    """Whether two lines lie upon each other, within a hundredth of the height of the first."""
    return one.index.equals(other.index) and float((one - other).abs().max()) <= 0.01 * float(np.ptp(one))


def _panels_of_sizes(frame: pd.DataFrame, width: float) -> tuple[list, list[str]]:
    """One panel per data set, recipe and hidden size; of many only a few, with a sentence that says so."""
    rows_of = frame.groupby([*TASK, "hidden_size"]).indices  # a large study has hundreds of networks; a few are drawn
    first_rows = frame.iloc[sorted(rows[0] for rows in rows_of.values())]
    networks = [(network, sorted(rows["hidden_size"])) for network, rows in first_rows.groupby(TASK, sort=False)]
    drawn = panels_to_draw(networks, width)
    room = MOST_PANELS // max(1, len(drawn)) if len(drawn) == len(networks) else 1
    wanted = []
    for network, sizes in drawn:
        most = len(sizes) if len(sizes) <= min(MOST_SIZES_WITH_A_PANEL, room) else min(FEW_SIZES, room)
        wanted += [(*network, size) for size in spread_out(sizes, most)]
    panels = [(network, frame.take(rows_of[network])) for network in wanted]
    which = ": a few hidden sizes per data set and recipe" if len(drawn) == len(networks) else ""
    text = f"{len(wanted)} of {count(len(rows_of))} networks are drawn{which}."
    return panels, [text] if len(wanted) < len(rows_of) else []


def _end_of_line(axis: Axes, way: Way, cell: pd.Series) -> Line:
    """Draw the accuracy of a cell and the time it took, each with its interval; return what they are."""
    trained, accuracy = (estimate_of(cell, quantity, "n_finished") for quantity in ("train_s", "test_accuracy"))
    x, y = trained.median * scale_of("train_s"), accuracy.median * scale_of("test_accuracy")
    reach = {"xerr": _reach(trained, scale_of("train_s")), "yerr": _reach(accuracy, scale_of("test_accuracy"))}
    look = {"color": color_of(way), "alpha": strength_of(way), "elinewidth": 1.2}
    axis.errorbar(x, y, **reach, fmt="none", **look)
    return Line(label(way), accuracy.median, f"{told('test_accuracy', accuracy)}, after {told('train_s', trained)}")


def _reach(estimate: Estimate, scale: float) -> list[list[float]]:
    """How far the interval reaches below and above the median, as matplotlib's errorbar wants it."""
    return [[(estimate.median - estimate.low) * scale], [(estimate.high - estimate.median) * scale]]
