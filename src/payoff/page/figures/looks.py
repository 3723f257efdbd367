"""How a way looks in every figure: the colour shows the model, the line and the marker show the device, the marker's
filling shows the mode; what another study measured is thin and light."""

from collections.abc import Mapping

import pandas as pd

from payoff.comparisons.ways import Way, special_mode
from payoff.models.registry import MODELS

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
# mode -> its line where dashes show the mode, and the filling of its marker; default modes are solid and full.
MODE_LOOKS: Mapping[str, tuple[str | tuple, str]] = {
    "fused": (":", "none"),
    "graph": ("-.", "left"),
    "compiled": ((0, (6, 1, 1, 1, 1, 1)), "right"),
}
BETWEEN = 0.5  # opacity of a line where it is interpolated between measured points, which are drawn in full
SITE_MARKERS = "DvPX<>p*"  # of the other studies, by name


def model_colors() -> Mapping[str, tuple[str, str]]:
    """model -> its colours on light and on dark."""
    return {model: PALETTE[position % len(PALETTE)] for position, model in enumerate(MODELS)}


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


def dashes_of(way: Way) -> str | tuple:
    """The line in a figure without markers, where the dashes show the mode."""
    mode = special_mode(way)
    return MODE_LOOKS[mode][0] if mode else style_of(way)[0]


def fill_of(way: Way) -> str:
    """The filling of the marker, which shows the mode."""
    mode = special_mode(way)
    return MODE_LOOKS[mode][1] if mode else "full"
