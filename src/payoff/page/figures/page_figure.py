"""A figure of the page: its style, its width on the page and on a phone, and the texts that it shows at its points."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial, wraps
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.transforms import Transform

from payoff.page.figures.looks import FAINT, INK

WIDE, NARROW = 8.0, 3.7  # inches: the width of the page and of a phone; letters are equally large on both
FONT_SIZE = 10
LETTER = 0.6 * FONT_SIZE / 72  # inches: the mean width of a letter; no common font is wider

# The name of the SVG group that has one point per run, see payoff.page.figures.svg.
RUNS = "runs"

STYLE = {
    "text.parse_math": False,  # a dollar in a user's name is a dollar
    "svg.fonttype": "none",  # text stays text
    "svg.hashsalt": "payoff",  # the same figure gives the same file
    "font.size": FONT_SIZE,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "axes.titlesize": FONT_SIZE,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.grid": True,
    "grid.color": FAINT,
    "grid.linewidth": 0.8,
    "axes.axisbelow": True,
    "legend.frameon": False,
    "lines.markersize": 5,
    "figure.constrained_layout.use": True,
}


@dataclass(frozen=True)
class Point:
    """A text that a figure shows at a point (x, y), or over a rectangle from there to the opposite corner.

    transform: from these coordinates to the drawing's, such as that of the data.
    """

    axis: Axes
    x: float
    y: float
    text: str
    corner: tuple[float, float] | None
    transform: Transform


class PageFigure(Figure):
    """A figure of the page.

    points: the texts it shows where a reader points; notes: sentences that belong under it; narrowed: draws it again
    for a phone, None if it is drawn for one.
    """

    def __init__(self, width: float, height: float) -> None:
        super().__init__(figsize=(width, height), dpi=72)  # an SVG's pixels are points
        FigureCanvasSVG(self)  # the layout depends on how wide a text is, and it is the canvas that measures it
        self.points: list[Point] = []
        self.notes: list[str] = []
        self.narrowed: Callable[[], PageFigure] | None = None
        self.columns = 1

    @property
    def letters(self) -> int:
        """How many letters fit in a line above a panel, which is narrower than its column by the labels of its axis."""
        return int((self.get_figwidth() / self.columns - 0.55) / LETTER)


def on_page(draw: Callable[..., PageFigure]) -> Callable[..., PageFigure]:
    """Decorate a function that draws a figure `width` inches wide: it draws in the page's style, as wide as the page by
    default, and the figure can be drawn again for a phone."""

    @wraps(draw)
    def drawn(*what: Any, width: float = WIDE, **how: Any) -> PageFigure:
        with matplotlib.rc_context(STYLE):
            figure = draw(*what, width=width, **how)
        figure.narrowed = None if width == NARROW else partial(drawn, *what, width=NARROW, **how)
        return figure

    return drawn


def mark(
    axis: Axes,
    x: float,
    y: float,
    text: str,
    corner: tuple[float, float] | None = None,
    transform: Transform | None = None,
) -> None:
    """Let the figure show `text` at (x, y), in the units of the axes unless another transform is given. The first line
    of the text says what it is about."""
    if np.isfinite([x, y, *(corner or ())]).all():
        axis.get_figure().points.append(Point(axis, x, y, text, corner, transform or axis.transData))
