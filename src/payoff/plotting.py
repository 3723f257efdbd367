"""How every figure looks: one palette, one style, one way to draw a way. Colour is the model; line and marker are the
device, the marker's filling is the mode."""

from collections.abc import Iterable, Mapping

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from payoff.columns import column, count
from payoff.models.registry import MODELS
from payoff.ways import Way

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


def model_colors() -> Mapping[str, tuple[str, str]]:
    """model -> its colours on light and on dark."""
    return {model: PALETTE[position % len(PALETTE)] for position, model in enumerate(MODELS)}


def panels_for(number: int, columns: int = 3, *, same_scale: bool = True) -> tuple[Figure, list[Axes]]:
    """A figure of the page's width with so many panels; unused places stay empty."""
    columns = min(columns, max(number, 1))
    rows = -(-max(number, 1) // columns)
    figure = Figure(figsize=(8, 3.6 * rows if columns > 1 else 4.2))
    grid = figure.subplots(rows, columns, squeeze=False, sharey="row" if same_scale else False).ravel()
    for unused in grid[number:]:
        unused.set_axis_off()
    return figure, list(grid[:number])


def scale_of(quantity: str) -> float:
    """From the stored unit to the shown one."""
    return SCALE_OF_UNIT.get(column(quantity).unit, 1)


def axis_label(quantity: str) -> str:
    meaning = column(quantity)
    return f"{meaning.label}, {meaning.unit}" if meaning.unit else meaning.label


def hidden_size_axis(axis: Axes, sizes: Iterable[int]) -> None:
    """Logarithmic, with a tick at each size that was measured."""
    axis.set_xscale("log")
    axis.xaxis.set_major_locator(FixedLocator(sorted(set(sizes))))
    axis.xaxis.set_minor_locator(NullLocator())
    axis.xaxis.set_major_formatter(FuncFormatter(lambda value, _: count(round(value))))
    axis.set_xlabel("Hidden size H")


def legend_above(figure: Figure, axes: list[Axes]) -> None:
    """One legend for all panels, above them."""
    entries = {text: handle for axis in axes for handle, text in zip(*axis.get_legend_handles_labels(), strict=True)}
    if entries:
        columns = 3 if max(map(len, entries)) <= 24 else 2
        figure.legend(entries.values(), entries.keys(), loc="outside upper left", ncols=columns)


def color_of(way: Way) -> str:
    return model_colors()[way.model][0]


def width_of(way: Way) -> float:
    """The earlier in MODELS the wider, and one thread wider than two: of two lines that coincide both are seen."""
    return (1.2 + 2.8 / (1 + list(MODELS).index(way.model))) / (way.threads or 1)


def style_of(way: Way) -> tuple[str, str]:
    """Line and marker of the device; a device without its own gets the last."""
    return DEVICE_STYLES.get(way.device, ("-.", "s"))


def dashes_of(way: Way) -> str:
    """The line of a figure without markers: there, the mode is in the dashes, too."""
    return style_of(way)[0] if way.mode == "eager" else {"fused": ":", "graph": "-."}[way.mode]


def fill_of(way: Way) -> str:
    """The marker's filling is the mode."""
    return {"eager": "full", "fused": "none"}.get(way.mode, "left")
