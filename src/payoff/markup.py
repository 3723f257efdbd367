"""Frames and figures as fragments of HTML that need nothing outside themselves."""

import io
import re
from collections.abc import Sequence

import matplotlib
import pandas as pd
from markupsafe import Markup
from matplotlib.figure import Figure

from payoff.columns import column
from payoff.plotting import FAINT, INK, STYLE, model_colors
from payoff.sentences import interval

# Colours become custom properties, so that one file serves light, dark and print.
PROPERTIES = {INK: "--ink", FAINT: "--hairline"} | {
    light: f"--{model.replace('_', '-')}" for model, (light, _) in model_colors().items()
}


def figure_html(figure: Figure, name: str, finding: str, alternative: str, table: Markup) -> Markup:
    """A <figure>: the drawing, a caption that states the finding, and the numbers behind it, one click away.

    name: unique on the page, a valid HTML id; alternative: what the drawing shows, for who cannot see it.
    """
    return Markup(
        '<figure id="{name}"><div class="drawing" tabindex="0" role="region" aria-label="{alternative}">{svg}</div>'
        "<figcaption>{finding}</figcaption><details><summary>The numbers</summary>{table}</details></figure>"
    ).format(
        name=name, alternative=alternative, svg=inline_svg(figure, name, alternative), finding=finding, table=table
    )


def inline_svg(figure: Figure, name: str, alternative: str) -> Markup:
    """The figure as an <svg> with real text; its ids begin with `name`, so that several fit one page."""
    buffer = io.StringIO()
    with matplotlib.rc_context(STYLE):
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{name}-", svg)
    for color, custom_property in PROPERTIES.items():
        svg = svg.replace(color, f"var({custom_property})")
    svg = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", svg)
    svg = re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", svg)
    described = Markup('<svg role="img" aria-label="{}"').format(alternative)
    return Markup(svg.replace("<svg", described, 1))


def table_html(frame: pd.DataFrame, columns: Sequence[str]) -> Markup:
    """A <table> of `columns`: keys of COLUMNS, or a summarised quantity, shown as median [low, high]."""
    heads = Markup("").join(_head(name) for name in columns)
    rows = Markup("").join(
        Markup("<tr>{}</tr>").format(Markup("").join(_cell(row, name) for name in columns))
        for _, row in frame.iterrows()
    )
    return Markup(
        '<div class="scroll" tabindex="0" role="region" aria-label="Table"><table><thead><tr>{}</tr></thead>'
        "<tbody>{}</tbody></table></div>"
    ).format(heads, rows)


def _head(name: str) -> Markup:
    shown = column(name)
    unit = Markup(' <span class="unit">{}</span>').format(shown.unit) if shown.unit else ""
    return Markup('<th scope="col"{} title="{}">{}{}</th>').format(_numeric(name), shown.description, shown.label, unit)


def _cell(row: pd.Series, name: str) -> Markup:
    text = column(name).text(row[name]) if name in row else interval(row, name)
    return Markup("<td{}>{}</td>").format(_numeric(name), text)


def _numeric(name: str) -> Markup:
    return Markup(' class="number"') if column(name).show is not str else Markup("")
