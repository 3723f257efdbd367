"""How far the timings can be trusted: the turns of a heat, the control, and each run against the median of its cell."""

import pandas as pd
from matplotlib.ticker import FuncFormatter

from payoff.comparisons.ways import by_way, label, way_of
from payoff.page.figures.axes import axis_label, legend_above, logarithmic, scale_of
from payoff.page.figures.looks import INK, color_of, fill_of, style_of
from payoff.page.figures.page_figure import RUNS, PageFigure, mark, on_page
from payoff.page.words.sentences import told
from payoff.statistics.estimates import median_interval
from payoff.tables.columns import column
from payoff.tables.formats import count
from payoff.tables.runs import is_contended

MOST_CONTENDED_MARKED = 100


@on_page
def against_itself(runs: pd.DataFrame, again: pd.DataFrame, *, width: float) -> PageFigure:
    """The control: the runs of one cell, measured twice under two names, each with the median and its interval.

    runs: those of the cell in the study; again: those of the control.
    """
    way = way_of(again.iloc[0])
    figure = PageFigure(width, 2)
    axis = figure.subplots()
    scale = scale_of("epoch_time_s")
    for position, (name, named_runs) in enumerate({"A, in the study": runs, "A again": again}.items()):
        estimate = median_interval(named_runs["epoch_time_s"].dropna())
        times = named_runs["epoch_time_s"].dropna() * scale
        axis.plot(times, [-position] * len(times), style_of(way)[1], color=color_of(way), alpha=0.5)
        axis.plot(estimate.median * scale, -position, "|", color=INK, markersize=22, markeredgewidth=2)
        ends = [estimate.low * scale, estimate.high * scale]
        axis.plot(ends, [-position - 0.25] * 2, color=INK, linewidth=1.5)
        axis.text(-0.01, -position, name, transform=axis.get_yaxis_transform(), ha="right", va="center")
        text = f"{name}: {label(way)}, H = {count(named_runs['hidden_size'].iloc[0])}"
        mark(axis, estimate.median * scale, -position, f"{text}\n{told('epoch_time_s', estimate)}")
    axis.set_yticks([])
    axis.set_ylim(-1.6, 0.5)
    axis.spines["left"].set_visible(False)
    axis.set_xlabel(axis_label("epoch_time_s"))
    return figure


@on_page
def turns_of_heat(turns: pd.DataFrame, *, width: float) -> PageFigure:
    """The time of each turn of a heat over the median of its way, in the order in which the turns were taken.

    turns: of one heat, as payoff.comparisons.disturbance.most_disturbed_heat makes them.
    """
    figure = PageFigure(width, 3.4)
    axis = figure.subplots()
    axis.axhline(1, color=INK, linewidth=1)
    for way, of_way in by_way(turns):
        for is_control, own in of_way.sort_values("began_s").groupby("is_control"):
            name = f"{label(way)}, again" if is_control else label(way)
            look = {"color": color_of(way), "fillstyle": fill_of(way), "linestyle": ":" if is_control else "-"}
            axis.plot(own["began_s"], own["deviation"], marker=style_of(way)[1], label=name, gid=RUNS, **look)
    disturbed = turns[turns["disturbed_by"] != ""]
    if len(disturbed):
        axis.plot(disturbed["began_s"], disturbed["deviation"], "x", color=INK, markersize=9, label="disturbed")
    for _, turn in disturbed.iterrows():
        value = f"{column('deviation').text(turn['deviation'])} times its way's median: {turn['disturbed_by']}"
        mark(axis, turn["began_s"], turn["deviation"], f"{label(way_of(turn))}, round {turn['round']}\n{value}")
    axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_xlabel("Seconds since the heat's first turn began")
    axis.set_ylabel("Epoch time over its way's median")
    legend_above(figure, [axis])
    return figure


@on_page
def deviation_over_time(runs: pd.DataFrame, *, width: float) -> PageFigure:
    """Each run's time over the median of its cell, in the order of measurement; contended runs are crossed out.

    runs: as payoff.comparisons.disturbance.relative_to_cell makes them.
    """
    figure = PageFigure(width, 3.4)
    axis = figure.subplots()
    axis.axhline(1, color=INK, linewidth=1)
    for way, way_runs in by_way(runs):
        look = {"color": color_of(way), "fillstyle": fill_of(way), "linestyle": "none", "alpha": 0.7, "gid": RUNS}
        axis.plot(way_runs["minutes"], way_runs["deviation"], marker=style_of(way)[1], label=label(way), **look)
    contended = runs[is_contended(runs)]
    if len(contended):
        axis.plot(contended["minutes"], contended["deviation"], "x", color=INK, markersize=9, label="contended")
    for _, run in contended.head(MOST_CONTENDED_MARKED).iterrows():
        text = f"{label(way_of(run))}, H = {count(run['hidden_size'])}, repetition {run['repetition']}"
        value = f"{column('deviation').text(run['deviation'])} times its cell's median: {run['disturbed_by']}"
        mark(axis, run["minutes"], run["deviation"], f"{text}\n{value}")
    if runs["deviation"].max() > 3:  # else a linear scale shows more
        logarithmic(axis)
    axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_xlabel("Minutes since the first run began")
    axis.set_ylabel("Epoch time over its cell's median")
    legend_above(figure, [axis])
    return figure
