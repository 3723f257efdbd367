"""One function a figure; payoff.page.plotting says how they look."""

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from payoff.breakeven import time_at
from payoff.columns import about, column, count, significant
from payoff.comparisons import Comparison
from payoff.ledger import PARTS
from payoff.page.plotting import (
    INK,
    MOST_MARKED,
    MOST_PANELS,
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
    plain,
    row_label,
    scale_of,
    spread_out,
    strength_of,
    style_of,
    width_of,
)
from payoff.page.sentences import break_even, told
from payoff.statistics import Estimate, median_interval
from payoff.tables import RUN_COLUMNS, TIMES_OF_PARTIAL
from payoff.ways import NETWORK, WAY_COLUMNS, Way, by_way, in_prose, label, place, way_of

# In a ledger, where the training has the model's colour: what is not training, from dark to light.
PART_LOOKS = {
    "start and imports": {"facecolor": INK, "alpha": 0.55},
    "data and network": {"facecolor": INK, "alpha": 0.3},
    "training": {},
    "evaluation": {"facecolor": "none", "hatch": "////"},
    "rest": {"facecolor": INK, "alpha": 0.1},
}

# Of studies with more, a figure shows a part.
MOST_SIZES_WITH_MARKERS = 24
MOST_SIZES_WITH_BARS = 16
MOST_SIZES_WITH_A_PANEL = 4
FEW_SIZES = 3
MOST_SINGLE_RUNS = 240
MOST_BREAK_EVENS_NAMED = 5
MOST_CONTENDED_MARKED = 100


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
    """A quantity of the runs (a key of COLUMNS) over the hidden size, a panel a data set.

    A line a way joins the medians; every run is a point; the 95 % interval is shaded. compared: the comparisons of this
    quantity, whose break-even points are marked as far as they are this study's, and not of one way here and there;
    between the sizes the lines are then those that these are read from.
    """
    panels = list(cells[cells[f"{quantity}_median"].notna()].groupby(NETWORK, sort=False))
    figure, axes = panels_for(panels, width)
    for axis, ((dataset, recipe), measured) in axes:
        where = place(dataset, recipe, cells)
        for way, line in by_way(measured, among=cells):
            line = line.sort_values("hidden_size")
            _median_line(axis, way, line, quantity, style_of(way, cells), between=bool(compared))
            _mark_line(axis, way, line, quantity, f"{where}: " if len(panels) > 1 else "")
        points = runs[(runs["dataset"] == dataset) & (runs["recipe"] == recipe) & runs[quantity].notna()]
        points = points[points["failure"].isna() | (points["extrapolated"] & (quantity in TIMES_OF_PARTIAL))]
        for way, own in by_way(points[points["site"] == ""], among=cells):
            sizes, values = own["hidden_size"], own[quantity].astype(float) * scale_of(quantity)
            look = {"color": color_of(way), "fillstyle": fill_of(way), "alpha": 0.35, "markersize": 4}
            axis.plot(sizes, values, style_of(way)[1], gid=RUNS, **look)
        hidden_size_axis(axis, measured["hidden_size"])
        if log_y:
            logarithmic(axis)
        panel_title(axis, where)
        row_label(axis, axis_label(quantity))
        here = [pair for pair in compared if pair.place == where and _is_of_two_ways_here(pair)]
        _mark_break_evens(axis, [(comparison, found) for comparison in here for found in comparison.break_evens])
    legend_above(figure, [axis for axis, _ in axes])
    return figure


@on_page
def speed_up(compared: Sequence[Comparison], *, width: float) -> PageFigure:
    """How many times as fast as the first of two ways the second trains, a panel a pair; below 1 the first is faster.

    The curve is the one that the break-even is read from; its interval is the bar on the line at 1.
    """
    figure, axes = panels_for(compared, width, columns=2, same_scale=False)
    for axis, comparison in axes:
        sizes, ratios = list(comparison.ratios), list(comparison.ratios.values())
        between = _between(sizes)
        axis.axhline(1, color=INK, linewidth=1)
        axis.plot(between, comparison.ratio_at(between), color=INK)
        medians, low, high = ([getattr(r, end) for r in ratios] for end in ("median", "low", "high"))
        if len(sizes) <= MOST_SIZES_WITH_MARKERS:
            reach = [np.subtract(medians, low), np.subtract(high, medians)]
            axis.errorbar(sizes, medians, reach, fmt="o", color=INK, elinewidth=1.5, capsize=4)
        else:
            axis.fill_between(sizes, low, high, color=INK, alpha=0.2, linewidth=0)
        for found in comparison.break_evens:
            axis.axvline(found.median, color=INK, linewidth=1, linestyle=":")
            if found.has_interval:
                ends = np.clip([found.low, found.high], sizes[0], sizes[-1])
                axis.plot(ends, [1, 1], color=INK, alpha=0.35, linewidth=8, solid_capstyle="butt")
        hidden_size_axis(axis, sizes)
        logarithmic(axis)
        axis.set_ylim(*_around_one(ratios))
        axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{plain(value)} ×"))
        _name_break_evens(axis, comparison.break_evens, sizes)
        first, second = label(comparison.first), label(comparison.second)
        panel_title(axis, f"{comparison.place}: speed-up of\n{second} over\n{first}")
        row_label(axis, "Speed-up")
        pair = f"{comparison.place}: {in_prose(comparison.second)} as fast as {in_prose(comparison.first)}"
        for size in spread_out(sizes, MOST_MARKED):
            value = told("ratio", *vars(comparison.ratios[size]).values())
            mark(axis, size, comparison.ratios[size].median, f"{pair}, H = {count(size)}\n{value}")
        for found in comparison.break_evens:
            mark(axis, found.median, 1, _break_even_text(comparison, found))
    return figure


@on_page
def learning_curves(samples: pd.DataFrame, quantity: str = "test_accuracy", *, width: float) -> PageFigure:
    """A quantity of the epochs over the epoch, a panel a hidden size: each run faint, their median strong."""
    scale = scale_of(quantity)
    samples = samples[samples[quantity].notna()]
    panels, note = _panels_of_sizes(samples)
    figure, axes = panels_for(panels, width, columns=2)
    figure.notes += note
    few = sum(panel.groupby([*WAY_COLUMNS, "repetition"]).ngroups for _, panel in panels) <= MOST_SINGLE_RUNS
    for axis, ((dataset, recipe, hidden_size), panel) in axes:
        where = f"{place(dataset, recipe, samples)}, H = {count(hidden_size)}"
        for way, line in by_way(panel, among=samples):
            look = {"color": color_of(way), "alpha": strength_of(way)}
            for _, run in line.groupby("repetition") if few and not way.site else ():
                axis.plot(run["epoch"], run[quantity] * scale, color=color_of(way), alpha=0.3, linewidth=0.8)
            median = line.groupby("epoch")[quantity].median() * scale
            marker = style_of(way, samples)[1] if len(median) == 1 or way.site else ""  # one epoch is no line
            style = {"linestyle": dashes_of(way), "marker": marker, "markevery": [-1], "label": label(way)}
            axis.plot(median.index, median, linewidth=width_of(way), **style, **look)
            last = median.index[-1]
            estimate = median_interval(line.loc[line["epoch"] == last, quantity])
            value = told(quantity, *vars(estimate).values())
            mark(axis, last, median.iloc[-1], f"{label(way)}, {where}, after epoch {last}\n{value}")
        panel_title(axis, where)
        axis.xaxis.get_major_locator().set_params(integer=True)
        axis.set_xlabel("Epoch")
        row_label(axis, axis_label(quantity))
    legend_above(figure, [axis for axis, _ in axes])
    return figure


@on_page
def accuracy_over_time(cells: pd.DataFrame, samples: pd.DataFrame, *, width: float) -> PageFigure:
    """The test accuracy over the time trained, without evaluation, a panel a hidden size: from epoch to epoch the
    medians of both over the runs; at the end their 95 % intervals; the target, where there is one, as a line."""
    samples = samples[samples["test_accuracy"].notna() & (samples["epoch"] > 0)]
    samples = samples.sort_values("epoch", kind="stable")
    trained = samples.groupby(["site", *RUN_COLUMNS], sort=False)["epoch_time_s"].cumsum()
    samples = samples.assign(train_s=trained)
    panels, note = _panels_of_sizes(samples)
    figure, axes = panels_for(panels, width, columns=2)
    figure.notes += note
    for axis, ((dataset, recipe, hidden_size), panel) in axes:
        where = f"{place(dataset, recipe, cells)}, H = {count(hidden_size)}"
        own = cells[(cells["dataset"] == dataset) & (cells["recipe"] == recipe) & (cells["hidden_size"] == hidden_size)]
        ends = {way: cell.iloc[0] for way, cell in by_way(own[own["test_accuracy_median"].notna()], among=cells)}
        for way, line in by_way(panel, among=cells):
            medians = line.groupby("epoch")[["train_s", "test_accuracy"]].median()
            look = {"color": color_of(way), "alpha": strength_of(way)}
            style = {"linestyle": dashes_of(way), "marker": style_of(way, cells)[1], "markevery": [-1]}
            style |= {"linewidth": width_of(way), "fillstyle": fill_of(way), "label": label(way)}
            axis.plot(medians["train_s"], medians["test_accuracy"] * 100, **style, **look)
            if way in ends:
                _end_point(axis, way, ends[way], f"{label(way)}, {where}")
        targets = own["target_accuracy"].dropna().unique() if "target_accuracy" in own else []
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
def output_over_input_size(sizes: pd.DataFrame, *, width: float) -> PageFigure:
    """The side of a convolution's output over that of its input, a line a stride.

    sizes: a row a (stride, input_size), with its output_size.
    """
    figure = PageFigure(width, 3.4)
    axis = figure.subplots()
    for (stride, line), style in zip(sizes.groupby("stride"), ("-o", "--s", ":^", "-.D"), strict=False):
        axis.plot(line["input_size"], line["output_size"], style, color=INK, label=f"stride {stride}")
        for row in line.itertuples():
            text = f"Stride {stride}, input of {row.input_size} px\noutput of {row.output_size} px"
            mark(axis, row.input_size, row.output_size, text)
    for axle, quantity in ((axis.xaxis, "input_size"), (axis.yaxis, "output_size")):
        axle.get_major_locator().set_params(integer=True)
        axle.set_label_text(axis_label(quantity))
    axis.set_ylim(bottom=0)
    legend_above(figure, [axis])
    return figure


@on_page
def step_losses(steps: pd.DataFrame, *, width: float) -> PageFigure:
    """The loss over the steps, a panel a data set, recipe and hidden size: each step of the first run faint, its
    running median over a fiftieth of the steps strong."""
    panels, note = _panels_of_sizes(steps)
    figure, axes = panels_for(panels, width, columns=2)
    figure.notes += note
    for axis, ((dataset, recipe, hidden_size), panel) in axes:
        where = f"{place(dataset, recipe, steps)}, H = {count(hidden_size)}"
        for way, line in by_way(panel, among=steps):
            line = line[line["repetition"] == line["repetition"].min()]
            running = line["step_loss"].rolling(max(1, len(line) // 50), center=True, min_periods=1).median()
            axis.plot(line["step"], line["step_loss"], color=color_of(way), alpha=0.3, linewidth=0.5)
            axis.plot(line["step"], running, dashes_of(way), color=color_of(way), label=label(way))
            step, loss = line["step"].iloc[-1], running.iloc[-1]
            mark(axis, step, loss, f"{label(way)}, {where}\n{significant(loss)} after step {count(step)} (one run)")
        panel_title(axis, where)
        axis.set_xlabel("Step")
        row_label(axis, axis_label("step_loss"))
    legend_above(figure, [axis for axis, _ in axes])
    return figure


@on_page
def against_itself(runs: pd.DataFrame, again: pd.DataFrame, *, width: float) -> PageFigure:
    """The control: each run of its cell under both names, with the median and its interval.

    runs: those of the cell in the study; again: those of the control.
    """
    way = way_of(tuple(again.iloc[0][WAY_COLUMNS]), again)
    figure = PageFigure(width, 2)
    axis = figure.subplots()
    scale = scale_of("epoch_time_s")
    for position, (name, own) in enumerate({"A, in the study": runs, "A again": again}.items()):
        estimate = median_interval(own["epoch_time_s"].dropna())
        times = own["epoch_time_s"].dropna() * scale
        axis.plot(times, [-position] * len(times), style_of(way)[1], color=color_of(way), alpha=0.5)
        axis.plot(estimate.median * scale, -position, "|", color=INK, markersize=22, markeredgewidth=2)
        ends = [estimate.low * scale, estimate.high * scale]
        axis.plot(ends, [-position - 0.25] * 2, color=INK, linewidth=1.5)
        axis.text(-0.01, -position, name, transform=axis.get_yaxis_transform(), ha="right", va="center")
        text = f"{name}: {label(way)}, H = {count(own['hidden_size'].iloc[0])}"
        mark(axis, estimate.median * scale, -position, f"{text}\n{told('epoch_time_s', *vars(estimate).values())}")
    axis.set_yticks([])
    axis.set_ylim(-1.6, 0.5)
    axis.spines["left"].set_visible(False)
    axis.set_xlabel(axis_label("epoch_time_s"))
    return figure


@on_page
def ledger(cells: pd.DataFrame, *, width: float) -> PageFigure:
    """Whole runs, a bar a cell: the share of each of PARTS in the wall clock, training in the model's colour.

    cells: as payoff.ledger.ledger_table makes them.
    """
    panels = list(cells.groupby(NETWORK, sort=False))[:MOST_PANELS]
    bars = {place(*network, cells): _bars(panel, cells, len(panels)) for network, panel in panels}
    shown = sum(len(cell) for groups in bars.values() for _, cell in groups)
    heights = [sum(len(own) + 1 for _, own in groups) for groups in bars.values()]
    figure = PageFigure(width, 0.7 + sum(0.24 * height + 0.45 for height in heights))
    if shown < len(cells):
        figure.notes.append(f"{shown} of {len(cells)} bars are drawn; the table below has the numbers of all.")
    axes = figure.subplots(len(panels), 1, squeeze=False, height_ratios=heights)[:, 0]
    for axis, (where, groups) in zip(axes, bars.items(), strict=True):
        position, ticks = 0, {}
        for way, own in groups:
            axis.text(0, position, label(way), va="center", fontsize=9)
            for _, cell in own.iterrows():
                position -= 1
                ticks[position] = f"H = {count(cell['hidden_size'])}"
                _ledger_bar(axis, position, way, cell, where if len(panels) > 1 else "")
            position -= 1
        axis.set_yticks(list(ticks), list(ticks.values()), fontsize=9)
        axis.tick_params(axis="y", length=0)
        axis.grid(visible=False)
        axis.set_xlim(0, 100)
        axis.set_ylim(position + 0.4, 0.6)
        axis.spines["left"].set_visible(False)
        panel_title(axis, where)
    axes[-1].set_xlabel("Share of the wall clock of a whole run, %")
    legend_above(figure, [axes[0]])
    return figure


@on_page
def deviation_over_time(runs: pd.DataFrame, *, width: float) -> PageFigure:
    """Each run's time over the median of its cell, in the order in which they were measured; contended runs crossed.

    runs: as payoff.disturbance.relative_to_cell makes them.
    """
    figure = PageFigure(width, 3.4)
    axis = figure.subplots()
    axis.axhline(1, color=INK, linewidth=1)
    for way, own in by_way(runs):
        look = {"color": color_of(way), "fillstyle": fill_of(way), "linestyle": "none", "alpha": 0.7, "gid": RUNS}
        axis.plot(own["minutes"], own["deviation"], marker=style_of(way)[1], label=label(way), **look)
    contended = runs[runs["label"] == "contended"]
    if len(contended):
        axis.plot(contended["minutes"], contended["deviation"], "x", color=INK, markersize=9, label="contended")
    for _, run in contended.head(MOST_CONTENDED_MARKED).iterrows():
        way = label(way_of(tuple(run[WAY_COLUMNS]), runs))
        text = f"{way}, H = {count(run['hidden_size'])}, repetition {run['repetition']}"
        value = f"{column('deviation').text(run['deviation'])} times its cell's median: {run['disturbed_by']}"
        mark(axis, run["minutes"], run["deviation"], f"{text}\n{value}")
    if runs["deviation"].max() > 3:  # else a straight scale tells more
        logarithmic(axis)
    axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_xlabel("Minutes since the first run began")
    axis.set_ylabel("Epoch time over its cell's median")
    legend_above(figure, [axis])
    return figure


def _panels_of_sizes(frame: pd.DataFrame) -> tuple[list, list[str]]:
    """A panel a data set, recipe and hidden size; of many sizes a few, with a sentence that says so."""
    networks = [(network, sorted(own["hidden_size"].unique())) for network, own in frame.groupby(NETWORK, sort=False)]
    room = max(1, MOST_PANELS // max(1, len(networks)))
    wanted, left_out = [], 0
    for network, sizes in networks:
        most = len(sizes) if len(sizes) <= min(MOST_SIZES_WITH_A_PANEL, room) else min(FEW_SIZES, room)
        wanted += [(*network, size) for size in spread_out(sizes, most)]
        left_out += len(sizes) - most
    by_size = dict(list(frame.groupby([*NETWORK, "hidden_size"])))
    text = (
        f"{len(wanted)} of {len(wanted) + left_out} networks are drawn, of each data set and recipe a few hidden sizes."
    )
    return [(key, by_size[key]) for key in wanted], [text] if left_out else []


def _median_line(
    axis: Axes, way: Way, line: pd.DataFrame, quantity: str, style: tuple[str, str], *, between: bool
) -> None:
    """Medians and their shaded interval; `between`: with the lines bent as time_at joins the measured sizes."""
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
    """The cells of a line tell their numbers, as many of them as can be pointed at."""
    n = "n" if quantity in TIMES_OF_PARTIAL else "n_finished"
    cells = [cell for _, cell in line.iterrows()]
    for cell in spread_out(cells, MOST_MARKED):
        median, *ends = (cell[f"{quantity}_{end}"] for end in ("median", "low", "high"))
        text = f"{where}{label(way)}, H = {count(cell['hidden_size'])}\n{told(quantity, median, *ends, cell[n])}"
        mark(axis, cell["hidden_size"], median * scale_of(quantity), text)


def _end_point(axis: Axes, way: Way, cell: pd.Series, where: str) -> None:
    """What a cell has reached and when, with both intervals."""
    center, reach, texts = [], [], []
    for quantity in ("train_s", "test_accuracy"):
        median, low, high = (cell[f"{quantity}_{end}"] * scale_of(quantity) for end in ("median", "low", "high"))
        center.append(median)
        reach.append([[median - low], [high - median]])
        ends = (cell[f"{quantity}_{end}"] for end in ("median", "low", "high"))
        texts.append(told(quantity, *ends, cell["n_finished"]))
    look = {"color": color_of(way), "alpha": strength_of(way), "elinewidth": 1.2}
    axis.errorbar(*center, reach[1], reach[0], fmt="none", **look)
    mark(axis, *center, f"{where}\n{texts[1]}, after {texts[0]}")


def _is_of_two_ways_here(pair: Comparison) -> bool:
    return pair.first.site is None and pair.first != pair.second._replace(site=None)


def _mark_break_evens(axis: Axes, found: Iterable[tuple[Comparison, Estimate]]) -> None:
    """A ring where two lines cross, a dotted line at its size, and the size's interval as a bar on the axis."""
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
    """Each at its dotted line, one under the other, on the side where there is more room."""
    for row, size in enumerate(found[:MOST_BREAK_EVENS_NAMED]):
        left = size.median > np.sqrt(min(sizes) * max(sizes))
        name = f" H = {about(size.median)} "
        side = "right" if left else "left"
        at = (size.median, 0.99 - 0.08 * row)
        axis.text(*at, name, transform=axis.get_xaxis_transform(), ha=side, va="top", fontsize=9)


def _break_even_text(comparison: Comparison, found: Estimate) -> str:
    pair = f"{in_prose(comparison.first)} and {in_prose(comparison.second)}"
    n = min(r.n for r in comparison.ratios.values())
    return f"{comparison.place}: {pair} break even\n{break_even(found, list(comparison.ratios))}, n = {n}"


def _between(sizes: Sequence[int]) -> np.ndarray:
    """The measured sizes and many between them, ascending."""
    return np.union1d(sizes, np.geomspace(min(sizes), max(sizes), 100)) if len(sizes) > 1 else np.array(sizes)


def _around_one(ratios: list[Estimate]) -> tuple[float, float]:
    """Limits of a ratio axis that show all intervals and the line at 1."""
    ends = [end for r in ratios for end in (r.low, r.high, r.median) if end == end]
    return min([*ends, 0.9]) / 1.2, max([*ends, 1.1]) * 1.2


def _bars(panel: pd.DataFrame, cells: pd.DataFrame, panels: int) -> list[tuple[Way, pd.DataFrame]]:
    """The cells of each way that are drawn: all, or those of a few hidden sizes where there are many."""
    most = MOST_SIZES_WITH_BARS // panels
    sizes = sorted(panel["hidden_size"].unique())
    drawn = sizes if len(sizes) <= most else spread_out(sizes, min(FEW_SIZES, max(2, most)))
    lines = by_way(panel[panel["hidden_size"].isin(drawn)], among=cells)
    return [(way, line.sort_values("hidden_size")) for way, line in lines]


def _ledger_bar(axis: Axes, position: int, way: Way, cell: pd.Series, where: str) -> None:
    """One bar, with its whole in seconds behind it. The first bar's parts name themselves for the legend."""
    shares = {part: 100 * cell[part] / sum(cell[part] for part in PARTS) for part in PART_LOOKS}
    left = 0.0
    for part, look in PART_LOOKS.items():
        name = "training (in the model's colour)" if part == "training" else part
        look = {"facecolor": color_of(way)} if part == "training" else look
        edge = {"edgecolor": INK, "linewidth": 0.4}
        shown = None if position < -1 else name
        axis.barh(position, shares[part], left=left, height=0.7, label=shown, **edge, **look)
        left += shares[part]
    axis.text(101, position, f"{significant(cell['wall_s'])} s", va="center", fontsize=9)
    name = ", ".join([*([where] if where else []), label(way), f"H = {count(cell['hidden_size'])}"])
    parts = ", ".join(f"{part} {share:.0f} %" for part, share in shares.items())
    value = f"{significant(cell['wall_s'])} s: {parts}; medians, n = {count(cell['n'])}"
    mark(axis, 0, position - 0.35, f"{name}\n{value}", corner=(100, position + 0.35))
