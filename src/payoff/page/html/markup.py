"""Frames as HTML tables."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from markupsafe import Markup

from payoff.page.words.sentences import interval
from payoff.tables.columns import column
from payoff.tables.formats import count

# A page is read by people: more rows than this are for programs, which find them in the embedded tables.
ROWS = 200


def table_html(frame: pd.DataFrame, columns: Sequence[str], name: str) -> Markup:
    """A <table> of `columns`: keys of COLUMNS, or a summarised quantity, shown as median [low, high].

    name: unique on the page, a valid HTML id; as words it is the label that screen readers read out.
    Of a frame with more than ROWS rows the first ROWS are shown, and a line says where the others are.
    """
    heads = Markup("").join(_head(column_name) for column_name in columns)
    rows = Markup("").join(_row(row, columns) for row in frame.head(ROWS).to_dict("records"))
    return Markup(
        '<div class="scroll" tabindex="0" role="region" aria-label="{}"><table id="{}"><thead><tr>{}</tr></thead>'
        "<tbody>{}</tbody></table></div>{}"
    ).format(name.replace("-", " ").capitalize(), name, heads, rows, _rest(len(frame)))


def folded(heading: str, html: str) -> Markup:
    """HTML below a heading that opens it, for what few readers look for."""
    return Markup('<details class="folded"><summary>{}</summary>{}</details>').format(heading, Markup(html))


def _head(name: str) -> Markup:
    """The head of a column; `data-column` tells the page's script which column it is."""
    shown = column(name)
    unit = Markup(' <span class="unit">{}</span>').format(shown.unit) if shown.unit else ""
    return Markup('<th scope="col" data-column="{}"{} title="{}">{}{}</th>').format(
        name, _numeric(name), shown.description, shown.label, unit
    )


def _row(row: Mapping[str, Any], columns: Sequence[str]) -> Markup:
    return Markup("<tr>{}</tr>").format(Markup("").join(_cell(row, name) for name in columns))


def _cell(row: Mapping[str, Any], name: str) -> Markup:
    text = column(name).text(row[name]) if name in row else interval(row, name)
    return Markup("<td{}>{}</td>").format(_numeric(name), text or "–")


def _numeric(name: str) -> Markup:
    return Markup(' class="number"') if column(name).show is not str else Markup("")


def _rest(rows: int) -> Markup:
    """A line that says where the other rows are; empty if all are shown."""
    if rows <= ROWS:
        return Markup("")
    return Markup(
        '<p class="rest aside">The first {} of {} rows; the others are in the '
        '<a href="#downloads">tables embedded at the end</a>.</p>'
    ).format(count(ROWS), count(rows))
