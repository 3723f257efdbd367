"""What a panel tells where a reader points: all its lines at once, in a column around each hidden size, or anywhere.

A point per line would be hidden by others: lines of ways that learn alike, or take equally long, lie upon each other.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes

from payoff.page.figures.axes import MOST_MARKED, spread_out
from payoff.page.figures.page_figure import mark
from payoff.tables.formats import count


class Line(NamedTuple):
    """What a line tells at a place. value: where it is there; the lines are told from the highest to the lowest."""

    name: str
    value: float
    text: str


def tell_by_size(axis: Axes, where: str, lines: Mapping[int, Sequence[Line]]) -> None:
    """Tell the lines at each hidden size, or at some of many. The columns meet halfway; where: before the size.

    The limits of the horizontal axis must not change any more.
    """
    sizes = spread_out(sorted(lines), MOST_MARKED)
    ends = axis.get_xlim()
    halfway = [float(np.sqrt(low * high)) for low, high in pairwise(sizes)]
    for size, left, right in zip(sizes, [ends[0], *halfway], [*halfway, ends[1]], strict=True):
        text = _told(f"{where}H = {count(size)}", lines[size])
        mark(axis, left, 0, text, corner=(right, 1), transform=axis.get_xaxis_transform())


def tell_anywhere(axis: Axes, where: str, lines: Sequence[Line]) -> None:
    """Tell the lines wherever in the panel the reader points."""
    if lines:
        mark(axis, 0, 0, _told(where, lines), corner=(1, 1), transform=axis.transAxes)


def _told(where: str, lines: Sequence[Line]) -> str:
    from_above = sorted(lines, key=lambda line: line.value, reverse=True)
    return "\n".join([where, *(f"{line.name}: {line.text}" for line in from_above)])
