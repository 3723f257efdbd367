"""Where the wall clock of whole runs went."""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from payoff.cells import TASK
from payoff.comparisons.ways import Way, by_way, label
from payoff.page.figures.axes import FEW_SIZES, legend_above, panel_title, panels_to_draw, spread_out
from payoff.page.figures.looks import INK, color_of
from payoff.page.figures.page_figure import PageFigure, mark, on_page
from payoff.tables.formats import count, significant
from payoff.tables.ledger import PARTS

# How the parts of a ledger look: training has the colour of its model, the others go from dark to light.
PART_LOOKS: dict[str, dict[str, Any]] = {
    "start and imports": {"facecolor": INK, "alpha": 0.55},
    "data and network": {"facecolor": INK, "alpha": 0.38},
    "compiling, first steps": {"facecolor": INK, "alpha": 0.22},
    "training": {},
    "evaluation": {"facecolor": "none", "hatch": "////"},
    "rest": {"facecolor": INK, "alpha": 0.08},
}
MOST_SIZES_WITH_BARS = 16


@on_page
def ledger_bars(cells: pd.DataFrame, *, width: float) -> PageFigure:
    """Whole runs, with one bar per cell: the seconds of each of PARTS, training in its model's colour.

    cells: as payoff.tables.ledger.ledger_table makes them.
    """
    panels = panels_to_draw(list(cells.groupby(TASK, sort=False)), width)
    bars = {panel["task"].iloc[0]: _bars(panel, len(panels)) for _, panel in panels}
    shown = sum(len(cell) for groups in bars.values() for _, cell in groups)
    heights = [sum(len(line) + 1 for _, line in groups) for groups in bars.values()]
    figure = PageFigure(width, 0.7 + sum(0.21 * height + 0.45 for height in heights))
    if shown < len(cells):
        part = f"{count(shown)} of {count(len(cells))}"
        figure.notes.append(f"{part} bars are drawn; the table below has the numbers of all.")
    axes = figure.subplots(len(panels), 1, squeeze=False, height_ratios=heights)[:, 0]
    for axis, (where, groups) in zip(axes, bars.items(), strict=True):
        longest = max(float(line[list(PARTS)].sum(axis=1).max()) for _, line in groups)
        axis.set_xlim(0, longest * 1.12)  # with room for the seconds behind the longest bar
        position, ticks = 0, {}
        for way, line in groups:
            axis.text(0, position, label(way), va="center", fontsize=9)
            for _, cell in line.iterrows():
                position -= 1
                ticks[position] = f"H = {count(cell['hidden_size'])}"
                _ledger_bar(axis, position, way, cell, where if len(panels) > 1 else "")
            position -= 1
        axis.set_yticks(list(ticks), list(ticks.values()), fontsize=9)
        axis.tick_params(axis="y", length=0)
        axis.grid(visible=False)
        axis.set_ylim(position + 0.4, 0.6)
        axis.spines["left"].set_visible(False)
        panel_title(axis, where)
    axes[-1].set_xlabel("Seconds of a whole run")
    legend_above(figure, [axes[0]])
    return figure


def _bars(panel: pd.DataFrame, panels: int) -> list[tuple[Way, pd.DataFrame]]:
    """The cells of each way that are drawn: all of them, or only a few hidden sizes where there are many."""
    most = MOST_SIZES_WITH_BARS // panels
    sizes = sorted(panel["hidden_size"].unique())
    drawn = sizes if len(sizes) <= most else spread_out(sizes, min(FEW_SIZES, max(2, most)))
    lines = by_way(panel[panel["hidden_size"].isin(drawn)])
    return [(way, line.sort_values("hidden_size")) for way, line in lines]


def _ledger_bar(axis: Axes, position: int, way: Way, cell: pd.Series, where: str) -> None:
    """One bar, followed by the seconds of the whole run. The parts of the first bar carry the names for the legend."""
    seconds = {part: float(cell[part]) for part in PART_LOOKS}
    end = 0.0
    for part, look in PART_LOOKS.items():
        name = "training (in the model's colour)" if part == "training" else part
        look = {"facecolor": color_of(way)} if part == "training" else look
        edge = {"edgecolor": INK, "linewidth": 0.4}
        shown = None if position < -1 else name
        axis.barh(position, seconds[part], left=end, height=0.7, label=shown, **edge, **look)
        end += seconds[part]
    axis.text(end, position, f" {significant(cell['wall_s'])} s", va="center", fontsize=9)
    name = ", ".join([*([where] if where else []), label(way), f"H = {count(cell['hidden_size'])}"])
    parts = ", ".join(f"{part} {significant(taken, 2)} s ({taken / end:.0%})" for part, taken in seconds.items())
    value = f"{significant(cell['wall_s'])} s: {parts}; medians, n = {count(cell['n'])}".replace("%", " %")
    mark(axis, 0, position - 0.35, f"{name}\n{value}", corner=(axis.get_xlim()[1], position + 0.35))
