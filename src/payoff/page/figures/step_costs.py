"""What a step costs over the hidden size, and how much of the machine's rate for arithmetic it reaches."""

import pandas as pd

from payoff.answer.run_times import NETWORK, way_here
from payoff.cells import IMPLEMENTATION
from payoff.comparisons.ways import label
from payoff.page.figures.axes import (
    hidden_size_axis,
    legend_above,
    logarithmic,
    panel_title,
    panels_for,
    scale_of,
)
from payoff.page.figures.looks import color_of, fill_of, style_of, width_of
from payoff.page.figures.page_figure import PageFigure, on_page
from payoff.page.figures.telling import Line, tell_by_size
from payoff.tables.columns import column

# What a panel shows, and its title.
PANELS = {"step_s": "µs per step, and the fixed part (dotted)", "share_arithmetic": "% of the rate of a matrix product"}


@on_page
def step_costs(costs: pd.DataFrame, *, width: float) -> PageFigure:
    """Two panels per network: the time of a step with its fixed part, and the share of the machine's matrix product.

    costs: the answer's table of step costs; a network of one hidden size is not drawn.
    """
    networks = [of_network for _, of_network in costs.groupby(NETWORK, sort=False)]
    several = [of_network for of_network in networks if len(of_network["hidden_size"].unique()) > 1]
    shown = [(of_network, quantity) for of_network in several for quantity in PANELS]
    figure, axes = panels_for(shown, width, columns=2, same_scale=False)
    for axis, (of_network, quantity) in axes:
        lines: dict[int, list[Line]] = {}
        for _, line in of_network.groupby(IMPLEMENTATION, sort=False):
            line = line.sort_values("hidden_size")
            way = way_here(line.iloc[0])
            look = {"color": color_of(way), "linewidth": width_of(way), "fillstyle": fill_of(way), "label": label(way)}
            axis.plot(line["hidden_size"], line[quantity] * scale_of(quantity), "".join(style_of(way)), **look)
            if quantity == "step_s" and line["fixed_s"].iloc[0] > 0:
                axis.axhline(line["fixed_s"].iloc[0] * scale_of("fixed_s"), color=color_of(way), linestyle=":")
            for _, cell in line.iterrows():
                at_size = lines.setdefault(int(cell["hidden_size"]), [])
                at_size.append(Line(label(way), cell[quantity], _told(cell)))
        hidden_size_axis(axis, of_network["hidden_size"])
        tell_by_size(axis, "", lines)
        if quantity == "step_s":
            logarithmic(axis)
        else:
            axis.set_ylim(bottom=0)
        network = of_network.iloc[0]
        panel_title(axis, f"{network['architecture'].upper()} on {network['task']}:\n{PANELS[quantity]}")
    legend_above(figure, [axis for axis, _ in axes])
    return figure


def _told(cell: pd.Series) -> str:
    parts = [
        f"{column(name).label.lower()} {column(name).text(cell[name])} %"
        for name in ("share_asking", "share_arithmetic", "share_memory")
    ]
    step = f"{column('step_s').text(cell['step_s'])} µs"
    return f"{step}: {', '.join(parts)}"
