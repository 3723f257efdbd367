"""One function a figure; one palette for all. Colour is the model; line and marker are the device,
the marker's filling is the mode."""

from collections.abc import Iterable, Mapping

import matplotlib
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullLocator

from payoff.columns import about, column, count, significant
from payoff.comparisons import Comparison
from payoff.models.registry import MODELS
from payoff.tables import TIMES_OF_PARTIAL
from payoff.ways import Way, by_way, label, place

# (on light, on dark): Okabe and Ito's colours, distinguishable with any colour vision, and lighter ones of
# the same hues. A model has its place in MODELS'.
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
SCALE_OF_UNIT = {"ms": 1e3, "%": 100, "MiB": 2**-20}

STYLE = {
    "svg.fonttype": "none",  # text stays text
    "svg.hashsalt": "payoff",  # the same figure gives the same file
    "font.size": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "axes.titlesize": 11,
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


def over_hidden_size(cells: pd.DataFrame, runs: pd.DataFrame, quantity: str, *, log_y: bool = True) -> Figure:
    """A quantity of the runs (a key of COLUMNS) over the hidden size, a panel a data set.

    A line a way joins the medians; every run is a point; the 95 % interval is shaded.
    """
    scale = _scale(quantity)
    shown = cells[cells[f"{quantity}_median"].notna()]
    panels = list(shown.groupby(["dataset", "recipe"], sort=False))
    with matplotlib.rc_context(STYLE):
        figure, axes = _panels(len(panels))
        for axis, ((dataset, recipe), measured) in zip(axes, panels, strict=True):
            for way, line in by_way(measured, among=cells):
                _median_line(axis, way, line.sort_values("hidden_size"), quantity, scale)
            points = runs[(runs["dataset"] == dataset) & (runs["recipe"] == recipe) & runs[quantity].notna()]
            points = points[points["failure"].isna() | (points["extrapolated"] & (quantity in TIMES_OF_PARTIAL))]
            for way, own in by_way(points, among=cells):
                axis.plot(
                    own["hidden_size"],
                    own[quantity] * scale,
                    _style(way)[1],
                    color=_color(way),
                    fillstyle=_fill(way),
                    alpha=0.35,
                    markersize=4,
                )
            axis.set_title(place(dataset, recipe, cells), loc="left")
            _hidden_size_axis(axis, measured["hidden_size"])
            if log_y:
                axis.set_yscale("log")
                axis.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
                axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _: significant(value, 1)))
                axis.yaxis.set_minor_locator(NullLocator())
            if axis is axes[0]:
                axis.set_ylabel(_axis_label(quantity))
        _legend(figure, axes)
    return figure


def ratio_over_hidden_size(comparisons: Iterable[Comparison]) -> Figure:
    """How many times as long the first of two ways takes as the second; below 1 it is the faster."""
    comparisons = list(comparisons)
    with matplotlib.rc_context(STYLE):
        figure, axes = _panels(len(comparisons), columns=2, same_scale=False)
        for axis, comparison in zip(axes, comparisons, strict=True):
            sizes, ratios = list(comparison.ratios), list(comparison.ratios.values())
            axis.axhline(1, color=INK, linewidth=1)
            axis.fill_between(sizes, [r.low for r in ratios], [r.high for r in ratios], color=INK, alpha=0.15, lw=0)
            axis.plot(sizes, [r.median for r in ratios], "-o", color=INK)
            for size in comparison.break_even:
                axis.axvline(size, color=INK, linewidth=1, linestyle=":")
                text = f"H = {about(size)} "
                axis.text(size, 0.98, text, transform=axis.get_xaxis_transform(), ha="right", va="top", fontsize=10)
            axis.set_yscale("log")
            axis.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            axis.yaxis.set_minor_locator(NullLocator())
            axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
            axis.set_ylim(*_around_one(ratios))
            first, second = label(comparison.first), label(comparison.second)
            axis.set_title(f"{comparison.place}:\n{first} /\n{second}", loc="left")
            _hidden_size_axis(axis, sizes)
            axis.set_ylabel("Ratio of epoch times")
    return figure


def learning_curves(samples: pd.DataFrame, quantity: str = "test_accuracy") -> Figure:
    """A quantity of the epochs over the epoch, a panel a hidden size: each run faint, their median strong."""
    scale = _scale(quantity)
    samples = samples[samples[quantity].notna()]
    panels = list(samples.groupby(["dataset", "recipe", "hidden_size"]))
    with matplotlib.rc_context(STYLE):
        figure, axes = _panels(len(panels), columns=2)
        for axis, ((dataset, recipe, hidden_size), panel) in zip(axes, panels, strict=True):
            for way, line in by_way(panel, among=samples):
                for _, run in line.groupby("repetition"):
                    axis.plot(run["epoch"], run[quantity] * scale, color=_color(way), alpha=0.3, linewidth=0.8)
                median = line.groupby("epoch")[quantity].median() * scale
                line_style = _style(way)[1] if len(median) == 1 else _dashes(way)  # one epoch is no line
                axis.plot(median.index, median, line_style, color=_color(way), linewidth=_width(way), label=label(way))
            axis.set_title(f"{place(dataset, recipe, samples)}, H = {count(hidden_size)}", loc="left")
            axis.xaxis.get_major_locator().set_params(integer=True)
            axis.set_xlabel("Epoch")
            axis.set_ylabel(_axis_label(quantity))
        _legend(figure, axes)
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
            axle.set_label_text(_axis_label(quantity))
        axis.set_ylim(bottom=0)
        _legend(figure, [axis])
    return figure


def step_losses(steps: pd.DataFrame) -> Figure:
    """The loss over the steps, a panel a data set, recipe and hidden size: each step of the first run faint, its
    running median over a fiftieth of the steps strong."""
    panels = list(steps.groupby(["dataset", "recipe", "hidden_size"], sort=False))
    with matplotlib.rc_context(STYLE):
        figure, axes = _panels(len(panels), columns=2)
        for axis, ((dataset, recipe, hidden_size), panel) in zip(axes, panels, strict=True):
            for way, line in by_way(panel, among=steps):
                line = line[line["repetition"] == line["repetition"].min()]
                running = line["step_loss"].rolling(max(1, len(line) // 50), center=True, min_periods=1).median()
                axis.plot(line["step"], line["step_loss"], color=_color(way), alpha=0.3, linewidth=0.5)
                axis.plot(line["step"], running, _dashes(way), color=_color(way), label=label(way))
            axis.set_title(f"{place(dataset, recipe, steps)}, H = {count(hidden_size)}", loc="left")
            axis.set_xlabel("Step")
            axis.set_ylabel(_axis_label("step_loss"))
        _legend(figure, axes)
    return figure


def model_colors() -> Mapping[str, tuple[str, str]]:
    """model -> its colours on light and on dark."""
    return {model: PALETTE[position % len(PALETTE)] for position, model in enumerate(MODELS)}


def _panels(number: int, columns: int = 3, *, same_scale: bool = True) -> tuple[Figure, list[Axes]]:
    """A figure of the page's width with so many panels; unused places stay empty."""
    columns = min(columns, max(number, 1))
    rows = -(-max(number, 1) // columns)
    figure = Figure(figsize=(8, 3.6 * rows if columns > 1 else 4.2))
    grid = figure.subplots(rows, columns, squeeze=False, sharey="row" if same_scale else False).ravel()
    for unused in grid[number:]:
        unused.set_axis_off()
    return figure, list(grid[:number])


def _median_line(axis: Axes, way: Way, line: pd.DataFrame, quantity: str, scale: float) -> None:
    low, high, median = (line[f"{quantity}_{end}"] * scale for end in ("low", "high", "median"))
    axis.fill_between(line["hidden_size"], low, high, color=_color(way), alpha=0.2, linewidth=0)
    linestyle, marker = _style(way)
    axis.plot(
        line["hidden_size"],
        median,
        linestyle + marker,
        color=_color(way),
        fillstyle=_fill(way),
        linewidth=_width(way),
        label=label(way),
    )


def _scale(quantity: str) -> float:
    """From the stored unit to the shown one."""
    return SCALE_OF_UNIT.get(column(quantity).unit, 1)


def _axis_label(quantity: str) -> str:
    meaning = column(quantity)
    return f"{meaning.label}, {meaning.unit}" if meaning.unit else meaning.label


def _hidden_size_axis(axis: Axes, sizes: Iterable[int]) -> None:
    """Logarithmic, with a tick at each size that was measured."""
    axis.set_xscale("log")
    axis.xaxis.set_major_locator(FixedLocator(sorted(set(sizes))))
    axis.xaxis.set_minor_locator(NullLocator())
    axis.xaxis.set_major_formatter(FuncFormatter(lambda value, _: count(round(value))))
    axis.set_xlabel("Hidden size H")


def _around_one(ratios: list) -> tuple[float, float]:
    """Limits of a ratio axis that show all intervals and the line at 1."""
    ends = [end for r in ratios for end in (r.low, r.high, r.median) if end == end]
    return min([*ends, 0.9]) / 1.2, max([*ends, 1.1]) * 1.2


def _legend(figure: Figure, axes: list[Axes]) -> None:
    """One legend for all panels, above them."""
    entries = {text: handle for axis in axes for handle, text in zip(*axis.get_legend_handles_labels(), strict=True)}
    if entries:
        columns = 3 if max(map(len, entries)) <= 24 else 2
        figure.legend(entries.values(), entries.keys(), loc="outside upper left", ncols=columns)


def _color(way: Way) -> str:
    return model_colors()[way.model][0]


def _width(way: Way) -> float:
    """The earlier in MODELS the wider, and one thread wider than two: of two lines that coincide both are seen."""
    return (1.2 + 2.8 / (1 + list(MODELS).index(way.model))) / (way.threads or 1)


def _style(way: Way) -> tuple[str, str]:
    """Line and marker of the device; a device without its own gets the last."""
    return DEVICE_STYLES.get(way.device, ("-.", "s"))


def _dashes(way: Way) -> str:
    """The line of a figure without markers: there, the mode is in the dashes, too."""
    return _style(way)[0] if way.mode == "eager" else {"fused": ":", "graph": "-."}[way.mode]


def _fill(way: Way) -> str:
    """The marker's filling is the mode."""
    return {"eager": "full", "fused": "none"}.get(way.mode, "left")
