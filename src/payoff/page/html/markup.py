"""Frames as HTML tables."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from markupsafe import Markup, escape

from payoff.page.words.sentences import interval
from payoff.tables.columns import column
from payoff.tables.formats import count

# A page is read by people: a table shows no more rows than this at once.
ROWS = 200
# Of longer tables whose rows can be chosen, the page's script gets the others, if they are no more than this: 1 MB.
CHOSEN_FROM = 10_000


def table_html(frame: pd.DataFrame, columns: Sequence[str], name: str, choose: bool = False) -> Markup:
    """A <table> of `columns`: keys of COLUMNS, or a summarised quantity, shown as median [low, high].

    name: unique on the page, a valid HTML id; as words it is the label that screen readers read out. Of a frame with
    more than ROWS rows the first ROWS are shown, and a line says where the others are. choose: the script of the page
    gets these others, too, so that its filters find them.
    """
    heads = Markup("").join(_head(column_name) for column_name in columns)
    rows = _rows(frame.head(ROWS), columns)
    others = frame[ROWS:] if choose and len(frame) <= CHOSEN_FROM else frame[:0]
    return Markup(
        '<div class="scroll" tabindex="0" role="region" aria-label="{}"><table id="{}"><thead><tr>{}</tr></thead>'
        "<tbody>{}</tbody></table></div>{}{}"
    ).format(name.replace("-", " ").capitalize(), name, heads, rows, _rest(len(frame)), _others(others, columns, name))


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


def _rows(frame: pd.DataFrame, columns: Sequence[str]) -> Markup:
    """All rows of a table, put together as plain text: to format each cell as Markup takes nine times as long."""
    starts = [f"<td{_numeric(name)}>" for name in columns]
    rows = (
        "".join(f"{start}{escape(_text(row, name))}</td>" for start, name in zip(starts, columns, strict=True))
        for row in frame.to_dict("records")
    )
    return Markup("".join(f"<tr>{row}</tr>" for row in rows))


def _text(row: Mapping[str, Any], name: str) -> str:
    return (column(name).text(row[name]) if name in row else interval(row, name)) or "–"


def _numeric(name: str) -> Markup:
    return Markup(' class="number"') if column(name).show is not str else Markup("")


def _rest(rows: int) -> Markup:
    """A line that says where the other rows are; empty if all are shown."""
    if rows <= ROWS:
        return Markup("")
    return Markup(
        '<p class="rest aside">The first {} of {} rows; all are in '
        '<a href="#downloads">the tables of the study</a>.</p>'
    ).format(count(ROWS), count(rows))


def _others(frame: pd.DataFrame, columns: Sequence[str], name: str) -> Markup:
    """The texts of these rows, for the script of the page; empty if there are none."""
    if frame.empty:
        return Markup("")
    texts = [[_text(row, column_name) for column_name in columns] for row in frame.to_dict("records")]
    document = json.dumps(texts, ensure_ascii=False, separators=(",", ":")).replace("<", r"\u003c")
    return Markup('<script type="application/json" id="{}-others">{}</script>').format(name, Markup(document))
