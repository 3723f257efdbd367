"""The panels of a figure, their axes, ticks and labels, and the legend above them."""

import textwrap
from collections.abc import Iterable, Sequence
from typing import TypeVar

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, Locator, MaxNLocator, NullLocator

from payoff.page.figures.page_figure import LETTER, NARROW, WIDE, PageFigure
from payoff.tables.columns import column
from payoff.tables.formats import count

LEGEND_LINE = 0.22  # inches

# A figure draws up to MOST_PANELS panels. Where there are more, all cannot be seen anyway: it draws as many of them as
# fit on one screen together with what is said about them, in two columns, or on a phone below each other.
MOST_PANELS = 12
FEW_PANELS, FEW_ON_A_PHONE = 4, 2
# Of more than this, a figure shows a part.
MOST_TICKS = 8
MOST_MARKED = 16  # points of a line that tell their numbers; more would cover each other
MOST_SIZES_WITH_MARKERS = 24
FEW_SIZES = 3  # hidden sizes that stand for many

Panel = TypeVar("Panel")


def panels_for(
    panels: Sequence[Panel], width: float, columns: int = 3, *, same_scale: bool = True, chosen: str = ""
) -> tuple[PageFigure, list[tuple[Axes, Panel]]]:
    """A figure with axes for each panel; if there are too many, for the first ones, and a note says how many. chosen:
    which these are, in words."""
    shown = panels_to_draw(panels, width)
    if width == NARROW:
        columns = 1
    elif len(shown) < len(panels):
        columns = 2
    else:
        columns = min(columns, max(len(shown), 1))
    rows = -(-max(len(shown), 1) // columns)
    figure = PageFigure(width, rows * (4 if columns == 1 and width == WIDE else 2.7))
    figure.columns = columns
    if len(shown) < len(panels):
        drawn = f"{len(shown)} of {len(panels)} panels are drawn{chosen}"
        figure.notes.append(f"{drawn}; the table below has the numbers of all.")
    grid = figure.subplots(rows, columns, squeeze=False, sharey="row" if same_scale else False).ravel()
    for unused in grid[len(shown) :]:
        unused.set_axis_off()
    return figure, list(zip(grid, shown, strict=False))


def panels_to_draw(panels: Sequence[Panel], width: float) -> list[Panel]:
    """All panels, or the first few where there are more than MOST_PANELS. width: of the figure, in inches."""
    few = FEW_ON_A_PHONE if width == NARROW else FEW_PANELS
    return list(panels if len(panels) <= MOST_PANELS else panels[:few])


def panel_title(axis: Axes, text: str) -> None:
    """Write the title above the panel, from its left edge, on as many lines as needed."""
    letters = axis.get_figure().letters
    title = "\n".join(textwrap.fill(line, letters) for line in text.split("\n"))
    axis.set_title(title, loc="left", y=1)  # without a place, matplotlib looks for one at each drawing


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
    return column(quantity).scale


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


class Factors(RoundNumbers):
    """Ticks of a logarithmic axis of ratios, alike on both sides of 1: 5, 2, 1, 2, 5."""

    def tick_values(self, low: float, high: float) -> np.ndarray:
        reach = max(1 / low, high)
        above = [tick for tick in super().tick_values(1, reach) if tick > 1]
        ticks = [*(1 / tick for tick in reversed(above)), 1.0, *above]
        return np.array([tick for tick in ticks if low <= tick <= high])


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


def sizes_between(sizes: Sequence[int]) -> np.ndarray:
    """The measured sizes and many between them, ascending."""
    return np.union1d(sizes, np.geomspace(min(sizes), max(sizes), 100)) if len(sizes) > 1 else np.array(sizes)
