"""How every figure looks: one palette, one style. The colour shows the model, the line and the marker show the device,
the marker's filling shows the mode; what another study measured is thin and light."""

import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial, wraps
from typing import Any, TypeVar

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, Locator, MaxNLocator, NullLocator

from payoff.comparisons.ways import Way
from payoff.models.registry import MODELS
from payoff.tables.columns import column, count

# (on light, on dark): Okabe and Ito's colours, distinguishable with any colour vision, and lighter ones of
# the same hues. A model has the colour at its position in MODELS.
PALETTE = (
    ("#d55e00", "#f58a4b"),
    ("#0072b2", "#62aef0"),
    ("#009e73", "#2fc79a"),
    ("#b2578d", "#e39cc4"),
    ("#a87400", "#f0b840"),
    ("#2b8cc4", "#8fd0f5"),
)
INK, FAINT = "#222222", "#dddddd"
DEVICE_STYLES = {"cpu": ("-", "o"), "cuda": ("--", "^")}
SITE_MARKERS = "DvPX<>p*"  # of the other studies, by name
SCALE_OF_UNIT = {"ms": 1e3, "%": 100, "MiB": 2**-20}

WIDE, NARROW = 8.0, 3.7  # inches: the width of the page and of a phone; letters are equally large on both
FONT_SIZE = 10
LETTER = 0.6 * FONT_SIZE / 72  # inches: the mean width of a letter; no common font is wider
LEGEND_LINE = 0.22  # inches
MOST_PANELS = 12
MOST_TICKS = 8
MOST_MARKED = 16  # points of a line that tell their numbers; more would cover each other

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

Panel = TypeVar("Panel")


@dataclass(frozen=True)
class Point:
    """A text that a figure shows at a point (x, y), or over a rectangle from there to the opposite corner."""

    axis: Axes
    x: float
    y: float
    text: str
    corner: tuple[float, float] | None = None


class PageFigure(Figure):
    """A figure of the page.

    points: the texts it shows where a reader points; notes: sentences that belong under it; narrowed: draws it again
    for a phone, None if it is drawn for one.
    """

    def __init__(self, width: float, height: float) -> None:
        super().__init__(figsize=(width, height))
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


def mark(axis: Axes, x: float, y: float, text: str, corner: tuple[float, float] | None = None) -> None:
    """Let the figure show `text` at (x, y), in the units of the axes. The text has two lines: a name and its value."""
    if np.isfinite([x, y, *(corner or ())]).all():
        axis.get_figure().points.append(Point(axis, x, y, text, corner))


def model_colors() -> Mapping[str, tuple[str, str]]:
    """model -> its colours on light and on dark."""
    return {model: PALETTE[position % len(PALETTE)] for position, model in enumerate(MODELS)}


def panels_for(
    panels: Sequence[Panel], width: float, columns: int = 3, *, same_scale: bool = True
) -> tuple[PageFigure, list[tuple[Axes, Panel]]]:
    """A figure with axes for each panel, up to MOST_PANELS; if there are more, a note says how many are drawn."""
    shown = list(panels[:MOST_PANELS])
    columns = 1 if width == NARROW else min(columns, max(len(shown), 1))
    rows = -(-max(len(shown), 1) // columns)
    figure = PageFigure(width, rows * (4 if columns == 1 and width == WIDE else 3))
    figure.columns = columns
    if len(shown) < len(panels):
        figure.notes.append(f"{len(shown)} of {len(panels)} panels are drawn; the table below has the numbers of all.")
    grid = figure.subplots(rows, columns, squeeze=False, sharey="row" if same_scale else False).ravel()
    for unused in grid[len(shown) :]:
        unused.set_axis_off()
    return figure, list(zip(grid, shown, strict=False))


def panel_title(axis: Axes, text: str) -> None:
    """Write the title above the panel, from its left edge, on as many lines as needed."""
    letters = axis.get_figure().letters
    axis.set_title("\n".join(textwrap.fill(line, letters) for line in text.split("\n")), loc="left")


def row_label(axis: Axes, text: str) -> None:
    """Label the vertical axis, if this is the first panel of a row."""
    if axis.get_subplotspec().is_first_col():
        axis.set_ylabel(text)


def spread_out(values: Sequence[Panel], most: int) -> list[Panel]:
    """At most `most` of the values, evenly spread, with the first and the last; the middle one if `most` is 1."""
    if most == 1:
        return [values[len(values) // 2]]
    positions = np.linspace(0, len(values) - 1, min(most, len(values)))
    return [values[round(position)] for position in positions]


def scale_of(quantity: str) -> float:
    """The factor from the stored unit to the shown one."""
    return SCALE_OF_UNIT.get(column(quantity).unit, 1)


def axis_label(quantity: str) -> str:
    meaning = column(quantity)
    return f"{meaning.label}, {meaning.unit}" if meaning.unit else meaning.label


class MeasuredSizes(Locator):
    """Ticks at measured hidden sizes: at the smallest, at the largest, and at the others where there is room."""

    def __init__(self, sizes: Iterable[int]) -> None:
        self.sizes = np.array(sorted(set(sizes)))

    def __call__(self) -> np.ndarray:
        axes = self.axis.axes
        inches = axes.transData.transform([(size, 1) for size in self.sizes])[:, 0] / axes.get_figure().dpi
        width = axes.bbox.width / axes.get_figure().dpi
        needed = [max(LETTER * (len(count(size)) + 1.5), width / MOST_TICKS) for size in self.sizes]
        chosen = [0]
        for index in range(1, len(self.sizes) - 1):
            if inches[index] - inches[chosen[-1]] >= needed[index] and inches[-1] - inches[index] >= needed[-1]:
                chosen.append(index)
        return self.sizes[sorted({*chosen, len(self.sizes) - 1})]


def hidden_size_axis(axis: Axes, sizes: Iterable[int]) -> None:
    """Make the axis logarithmic, with ticks at measured sizes."""
    axis.set_xscale("log")
    axis.xaxis.set_major_locator(MeasuredSizes(sizes))
    axis.xaxis.set_minor_locator(NullLocator())
    axis.xaxis.set_major_formatter(FuncFormatter(lambda value, _: count(round(value))))
    axis.set_xlabel("Hidden size H")


class RoundNumbers(Locator):
    """Ticks of a logarithmic axis: 1, 2, 5, 10, …, thinned out to `most` at most. A range with fewer than two of them
    gets the ticks of a linear axis."""

    def __init__(self, most: int = MOST_TICKS) -> None:
        self.most = most

    def __call__(self) -> np.ndarray:
        return self.tick_values(*self.axis.get_view_interval())

    def tick_values(self, low: float, high: float) -> np.ndarray:
        decades = range(int(np.floor(np.log10(low))), int(np.ceil(np.log10(high))) + 1)
        for step, factors in ((1, (1, 2, 5)), (1, (1, 3)), (1, (1,)), (2, (1,)), (3, (1,))):
            ticks = [factor * 10.0**decade for decade in decades if decade % step == 0 for factor in factors]
            inside = [tick for tick in ticks if low <= tick <= high]
            if len(inside) <= self.most:
                break
        return np.array(inside) if len(inside) > 1 else MaxNLocator(self.most // 2).tick_values(low, high)


def logarithmic(axis: Axes, which: str = "y") -> None:
    """A logarithmic axis with ticks that a reader can read."""
    axis.set(**{f"{which}scale": "log"})
    axle = {"x": axis.xaxis, "y": axis.yaxis}[which]
    axle.set_major_locator(RoundNumbers(MOST_TICKS if which == "y" else MOST_TICKS // 2 + 1))
    axle.set_minor_locator(NullLocator())
    axle.set_major_formatter(FuncFormatter(lambda value, _: plain(value)))


def plain(value: float) -> str:
    """The number of a tick, without an exponent."""
    return count(value) if value >= 1000 else np.format_float_positional(value, 4, fractional=False, trim="-")


def legend_above(figure: PageFigure, axes: Iterable[Axes]) -> None:
    """Draw one legend for all panels, above them, in as many columns as its longest entry leaves room for. The figure
    grows by its height."""
    entries = {text: handle for axis in axes for handle, text in zip(*axis.get_legend_handles_labels(), strict=True)}
    if entries:
        width = figure.get_figwidth()
        texts = [textwrap.fill(text, int(width / LETTER) - 9) for text in entries]
        longest = max(len(line) for text in texts for line in text.split("\n"))
        columns = max(1, int(width / (LETTER * (longest + 7))))
        lines = sum(text.count("\n") + 1 for text in texts[: -(-len(texts) // columns)])
        figure.set_figheight(figure.get_figheight() + lines * LEGEND_LINE)
        figure.legend(entries.values(), texts, loc="outside upper left", ncols=columns)


def color_of(way: Way) -> str:
    return model_colors()[way.model][0]


def width_of(way: Way) -> float:
    """Wider for models that come earlier in MODELS, and for fewer threads, so that a line shows below another one."""
    if way.site:
        return 0.9
    return (1.2 + 2.8 / (1 + list(MODELS).index(way.model))) / (way.threads or 1)


def strength_of(way: Way) -> float:
    """The opacity: what another study measured is lighter."""
    return 0.6 if way.site else 1


def style_of(way: Way, among: pd.DataFrame | None = None) -> tuple[str, str]:
    """The line and the marker of the device; devices that DEVICE_STYLES does not name share a third style.

    among: all that is drawn; each other study in it has a different marker.
    """
    line, marker = DEVICE_STYLES.get(way.device, ("-.", "s"))
    if way.site and among is not None:
        marker = SITE_MARKERS[sorted(set(among["site"]) - {""}).index(way.site) % len(SITE_MARKERS)]
    return line, marker


def dashes_of(way: Way) -> str:
    """The line in a figure without markers, where the dashes show the mode."""
    return style_of(way)[0] if way.mode == "eager" else {"fused": ":", "graph": "-."}[way.mode]


def fill_of(way: Way) -> str:
    """The filling of the marker, which shows the mode."""
    return {"eager": "full", "fused": "none"}.get(way.mode, "left")
