"""Text and frames as GitHub's Markdown, escaped so that a name is shown exactly as it is."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from payoff.page.words.sentences import interval
from payoff.tables.columns import column

# Characters that could begin an emphasis, code, a table's cell, a formula or an escape, and brackets that could be a
# link or a footnote. The brackets around an interval are neither, and stay readable where nothing renders them.
SPECIAL = re.compile(r"[\\`*_|~$#]|\](?=[(\[:])|\[(?=\^)")
ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


class Markdown(str):
    """Text that is already Markdown."""


def escape_markdown(text: object) -> Markdown:
    """The text in one line, escaped so that Markdown shows exactly this text; a Markdown object stays as it is."""
    if isinstance(text, Markdown):
        return text
    line = re.sub(r"^([-+=\[])", r"\\\1", _inline(text))  # a list, a task, a heading of the line above, an address
    return Markdown(re.sub(r"^(\d+)([.)])(?= |$)", r"\1\\\2", line))  # a numbered list


def _inline(text: object) -> str:
    """The text escaped for use within a line, where no list can begin."""
    line = "".join(ENTITIES.get(character, character) for character in " ".join(str(text).split()))
    return SPECIAL.sub(r"\\\g<0>", line)


def table_markdown(frame: pd.DataFrame, columns: Sequence[str]) -> Markdown:
    """A table of `columns`, as table_html makes one: numbers to the right, units in the head."""
    heads = [f"{column(name).label}, {unit}" if (unit := column(name).unit) else column(name).label for name in columns]
    rules = ["---" if column(name).show is str else "---:" for name in columns]
    rows = [[_text(row, name) for name in columns] for row in frame.to_dict("records")]
    lines = [map(_inline, heads), rules, *(map(_inline, row) for row in rows)]
    return Markdown("\n".join(f"| {' | '.join(line)} |" for line in lines))


def _text(row: Mapping[str, Any], name: str) -> str:
    return column(name).text(row[name]) if name in row else interval(row, name)
