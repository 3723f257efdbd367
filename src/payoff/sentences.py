"""What all sentences share: a median with its interval, a list of things, the way of a cell."""

from collections.abc import Iterable, Sequence

import pandas as pd

from payoff.columns import column, count
from payoff.ways import Way, way_of


def interval(row: pd.Series, quantity: str) -> str:
    """median [low, high] of a summarised quantity, or the median with a word on why there is no interval."""
    shown = column(quantity)
    median, low, high = (row[f"{quantity}_{end}"] for end in ("median", "low", "high"))
    if pd.isna(median):
        return "–"
    if pd.isna(low):
        return f"{shown.text(median)} [too few]"
    return f"{shown.text(median)} [{shown.text(low)}, {shown.text(high)}]"


def way_of_cell(cell: pd.Series, frame: pd.DataFrame) -> Way:
    return way_of((cell["model"], cell["mode"], cell["device"], cell["threads"]), frame)


def listed(texts: Sequence[str]) -> str:
    """a, b and c"""
    *most, last = texts
    return f"{', '.join(most)} and {last}" if most else last


def sizes_of(sizes: Iterable[int]) -> str:
    return f"H = {listed([count(size) for size in sizes])}"
