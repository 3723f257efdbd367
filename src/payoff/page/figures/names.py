"""The names of lines at their ends, where a figure has room for that, so that no reader has to match a legend."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.text import OffsetFrom

from payoff.page.figures.axes import legend_above
from payoff.page.figures.looks import INK
from payoff.page.figures.page_figure import NARROW, PageFigure

MOST_NAMED = 10  # lines; more names would not fit beside a panel
LINE_HEIGHT = 0.065  # of a panel's height: how far apart two names must be
AWAY = 14  # points from a line's end to its name


def name_lines(figure: PageFigure, axes: Sequence[Axes]) -> None:
    """Write the name of each line at its right end; where there are several panels, many lines or little width, draw a
    legend instead. The limits of the axes must not change any more."""
    lines = axes[0].get_legend_handles_labels()[0] if len(axes) == 1 else []
    if not 0 < len(lines) <= MOST_NAMED or figure.get_figwidth() <= NARROW:
        legend_above(figure, axes)
        return
    (axis,) = axes
    ends = sorted(((line, *_end(axis, line)) for line in lines), key=lambda end: end[2])
    edge = max(x for _, x, _ in ends)
    for x in sorted({x for _, x, _ in ends}):
        here = [(line, y) for line, at, y in ends if at == x]
        for (line, y), height in zip(here, _spread([y for _, y in here]), strict=True):
            _name(axis, line, (x, y), (1 if x == edge else x, height))


def _end(axis: Axes, line: Line2D) -> tuple[float, float]:
    """Where a line ends, as shares of the panel's width and height."""
    place = (axis.transData - axis.transAxes).transform((line.get_xdata()[-1], line.get_ydata()[-1]))
    return round(float(place[0]), 6), float(place[1])


def _spread(heights: Sequence[float]) -> list[float]:
    """These heights, ascending, moved apart as little as needed from below, and down again from the top."""
    found: list[float] = []
    for height in heights:
        found.append(max(height, found[-1] + LINE_HEIGHT) if found else height)
    for at in reversed(range(len(found))):
        found[at] = min(found[at], 1 - LINE_HEIGHT * (len(found) - 1 - at))
    return np.maximum(found, 0).tolist()


def _name(axis: Axes, line: Line2D, end: tuple[float, float], place: tuple[float, float]) -> None:
    axis.annotate(
        str(line.get_label()),
        xy=end,
        xycoords="axes fraction",
        xytext=(AWAY, 0),
        textcoords=OffsetFrom(axis.patch, place, unit="points"),
        va="center",
        color=INK,
        arrowprops={"arrowstyle": "-", "color": line.get_color(), "linewidth": 1, "shrinkA": 1, "shrinkB": 4},
    )
