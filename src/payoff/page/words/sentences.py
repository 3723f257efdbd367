"""What all sentences share: a median with its interval, a break-even, a list of things."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from payoff.statistics.estimates import ENDS, Estimate
from payoff.tables.columns import column
from payoff.tables.formats import about, count

MOST_TOLD = 4  # up to so many ways each is named, of more only the extremes


def interval(row: Mapping[str, Any], quantity: str) -> str:
    """median [low, high] of a summarised quantity; "median [too few]" where too few runs give no interval.

    row: of a frame, as a series or as a mapping by column.
    """
    shown = column(quantity)
    median, low, high = (row[f"{quantity}_{end}"] for end in ENDS)
    if pd.isna(median):
        return "–"
    if pd.isna(low):
        return f"{shown.text(median)} [too few]"
    return f"{shown.text(median)} [{shown.text(low)}, {shown.text(high)}]"


def told(quantity: str, estimate: Estimate) -> str:
    """A median with its unit, interval and n, as a figure's point tells it: 2.73 ms [2.60, 2.90], n = 6."""
    shown = column(quantity)
    ends = f"{shown.text(estimate.low)}, {shown.text(estimate.high)}" if estimate.has_interval else "too few"
    return f"{shown.text(estimate.median)}{f' {shown.unit}' if shown.unit else ''} [{ends}], n = {count(estimate.n)}"


def break_even(found: Estimate, sizes: Sequence[int]) -> str:
    """H = 202 [198, 210], or H = 202 [below 32, beyond 1,024] where the interval leaves the measured range."""

    def end(size: float) -> str:
        if size < sizes[0]:
            return f"below {count(sizes[0])}"
        return f"beyond {count(sizes[-1])}" if size > sizes[-1] else about(size)

    ends = f"{end(found.low)}, {end(found.high)}" if found.has_interval else "too few"
    return f"H = {about(found.median)} [{ends}]"


def times(factor: Estimate) -> str:
    """2.06 times [2.02, 2.10]"""
    return f"{factor.median:.2f} times [{factor.low:.2f}, {factor.high:.2f}]"


def listed(texts: Sequence[str]) -> str:
    """a, b and c"""
    *most, last = texts
    return f"{', '.join(most)} and {last}" if most else last


def extremes(texts: Sequence[tuple[float, str]]) -> list[str]:
    """All of a few texts; of many those with the lowest and the highest value, with how many there are."""
    if len(texts) <= MOST_TOLD:
        return [text for _, text in texts]
    lowest, highest = (end(texts, key=lambda entry: entry[0])[1] for end in (min, max))
    return [f"{lowest} (the lowest of {len(texts)})", f"{highest} (the highest)"]


def sizes_of(sizes: Iterable[int], measured: Iterable[int] = ()) -> str:
    """H = 32 and 724; more than MOST_TOLD that follow each other among the measured ones, ascending: H = 32 to 724."""
    shown, among = list(sizes), list(measured)
    if len(shown) > MOST_TOLD and shown[0] in among:
        at = among.index(shown[0])
        if among[at : at + len(shown)] == shown:
            return f"H = {count(shown[0])} to {count(shown[-1])}"
    return f"H = {listed([count(size) for size in shown])}"


def unbroken(sentence: str) -> str:
    """The sentence with no-break spaces where a line end would part a number from its name or its unit."""
    named = re.sub(r"(?<=[Hn]) ([=≥]) (?=\d)", "\N{NO-BREAK SPACE}\\1\N{NO-BREAK SPACE}", sentence)
    return re.sub(r"(?<=\d) (?=(?:s|ms|MiB)\b|%)", "\N{NO-BREAK SPACE}", named)
