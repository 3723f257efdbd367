"""The names of cells on a console."""

from collections.abc import Sequence

import pandas as pd

from payoff.cells import FOR_READERS
from payoff.models.registry import MODELS
from payoff.tables.columns import column
from payoff.tables.formats import count

# The columns of FOR_READERS that name a cell even if all cells agree in them.
ALWAYS = {"model", "hidden_size"}


def n_cells(n: int) -> str:
    return f"{count(n)} cell{'s' if n != 1 else ''}"


def told_apart(cells: pd.DataFrame) -> list[str]:
    """The columns of FOR_READERS that name a cell among these."""
    return [name for name in FOR_READERS if name in ALWAYS or len(cells[name].unique()) > 1]


def name_of(row: tuple, named_by: Sequence[str]) -> str:
    return ", ".join(part_of(name, getattr(row, name)) for name in named_by)


def part_of(name: str, value: object) -> str:
    """A value as text that readers understand without the head of its column."""
    text = value_of(name, value)
    if name == "hidden_size":
        return f"H = {text}"
    return f"{text} thread{'s' if value != 1 else ''}" if name == "threads" else text


def value_of(name: str, value: object) -> str:
    if name == "model":
        return MODELS[value].title if value in MODELS else plain(value)
    return plain(column(name).text(value))


def plain(text: object) -> str:
    """The text in one line, without control characters: titles and names come from files of other people."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in str(text)).split())
