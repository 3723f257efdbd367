"""The tables of the comparison of two studies, for a console."""

from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd

from payoff.cells import FOR_READERS, WAY
from payoff.regression.judging import Verdict
from payoff.regression.names import n_cells, name_of, part_of, plain, told_apart, value_of
from payoff.regression.together import ALPHA_TOGETHER, Together
from payoff.regression.verdicts import ALPHA, Regression
from payoff.tables.columns import column
from payoff.tables.formats import count, p_value, significant

SIDES = ("A", "B")

# Cells with a time in both studies, or a failure in one, have a row in the table; the others are in lists below it.
LISTED = [Verdict.ONLY_A, Verdict.ONLY_B, Verdict.NO_TIME]
IN_TABLE = [verdict for verdict in Verdict if verdict not in LISTED]
MOST_ROWS = 20  # of the table of cells, unless all are asked for
MOST_LISTED = 12  # cells in each list


def table_of_ways(found: Regression) -> Iterator[str]:
    """The whole and each way, unless there is only one network to judge them by."""
    if not found.together or found.together[0].ratio.n == 1:
        return
    named_by = [name for name in told_apart(found.compared) if name in WAY]
    heads = [*(column(name).label for name in named_by), "networks", "B / A", "p", "verdict"]
    rows = [[*_way(one, named_by), count(one.ratio.n), *_ratio_and_p(one), _of_networks(one)] for one in found.together]
    notes = [
        "B / A: the median over networks, [its 95 % interval]. p: how often chance alone puts so many networks on one",
        f"side of 1, one-sided (sign test), corrected for {len(rows)} rows (Holm); slower: p < {ALPHA_TOGETHER:g}.",
    ]
    yield "\n".join(["All networks together:", *_aligned([heads, *rows]), *notes])


def _way(one: Together, named_by: Sequence[str]) -> list[str]:
    if one.way is None:
        return ["all", *["–"] * (len(named_by) - 1)]
    return [value_of(name, one.way[name]) for name in named_by]


def _ratio_and_p(one: Together) -> list[str]:
    ratio = one.ratio
    return [_factor(ratio.median, ratio.low, ratio.high), p_value(_towards(ratio.median, one.p_slower, one.p_faster))]


def _of_networks(one: Together) -> str:
    return "too few networks" if one.verdict == Verdict.TOO_FEW else str(one.verdict)


def table_of_cells(found: Regression, most: int) -> str:
    """The first rows of the table of cells, which is sorted by verdict, and how many others there are of each."""
    cells, n = found.of(*IN_TABLE), len(found.compared)
    named_by = told_apart(found.cells)
    alike = [part_of(name, found.cells[name].iloc[0]) for name in FOR_READERS if name not in named_by]
    times = [f"{side}, {column('epoch_time_s').unit}" for side in SIDES]
    heads = [*(column(name).label for name in named_by), *times, "B / A", "p", "runs", "verdict"]
    shown = cells.head(most)
    rows = [[*(value_of(name, getattr(row, name)) for name in named_by), *_figures(row)] for row in shown.itertuples()]
    more = cells["verdict"].iloc[most:].value_counts(sort=False)
    others = [
        f"  … and {n_cells(int(more.sum()))} more: {', '.join(f'{count(n)} {verdict}' for verdict, n in more.items())}"
        " (--every-cell shows them)"
    ]
    notes = [
        f"p: how often chance alone gives this difference, one-sided (Mann-Whitney), corrected for "
        f"{n_cells(n)} (Holm).",
        f"slower: p < {ALPHA:g} and more than {found.factor:g} times as long; faster: the same the other way round.",
    ]
    intro = "The median time of an epoch" + (f" ({', '.join(alike)}):" if alike else ":")
    return "\n".join([intro, *_aligned([heads, *rows]), *(others if len(more) else ()), *(notes if n else ())])


def _figures(row: Any) -> list[str]:
    times = [column("epoch_time_s").text(time) for time in (row.time_a_s, row.time_b_s)]
    runs = [
        f"{n} of {n + failed}" if failed else str(n) for n, failed in ((row.n_a, row.failed_a), (row.n_b, row.failed_b))
    ]
    return [*times, _ratio(row), _p(row), ", ".join(runs), _judgement(row)]


def _judgement(row: Any) -> str:
    reasons = {Verdict.FAILS: row.reason_b, Verdict.FAILED: row.reason_a}
    return ": ".join([str(row.verdict), *([plain(reasons[row.verdict])] if row.verdict in reasons else [])])


def _ratio(row: Any) -> str:
    return "–" if pd.isna(row.ratio_median) else _factor(row.ratio_median, row.ratio_low, row.ratio_high)


def _factor(middle: float, low: float, high: float) -> str:
    ends = "too few" if pd.isna(low) else ", ".join(significant(end, 4) for end in (low, high))
    return f"{significant(middle, 4)} [{ends}]"


def _p(row: Any) -> str:
    p = _towards(row.ratio_median, row.p_slower, row.p_faster)
    return "–" if pd.isna(p) else p_value(p)


def _towards(ratio: float, p_slower: float, p_faster: float) -> float:
    """The p-value in the direction of the ratio."""
    return p_slower if ratio >= 1 else p_faster


def lists_of_cells(found: Regression) -> Iterator[str]:
    named_by = told_apart(found.cells)
    for verdict in LISTED:
        cells = found.of(verdict)
        if len(cells):
            names = [f"  {name_of(row, named_by)}{_why(row)}" for row in cells.head(MOST_LISTED).itertuples()]
            more = [f"  and {count(len(cells) - MOST_LISTED)} more"] if len(cells) > MOST_LISTED else []
            yield "\n".join([f"{n_cells(len(cells))} {verdict}, so not compared:", *names, *more])


def _why(row: Any) -> str:
    """Why a cell was not compared, if that is known."""
    reasons = dict.fromkeys(plain(reason) for reason in (row.reason_a, row.reason_b) if reason)
    return f" ({'; '.join(reasons)})" if reasons else ""


def _aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """One line per row; a column is aligned to the right if each of its values begins like a number."""
    widths = [max(map(len, cells)) for cells in zip(*rows, strict=True)]
    numbers = [all(cell[0].isdigit() or cell[0] in "–<∞" for cell in cells) for cells in zip(*rows[1:], strict=True)]
    for row in rows:
        cells = (
            cell.rjust(width) if number else cell.ljust(width)
            for cell, width, number in zip(row, widths, numbers or [False] * len(widths), strict=True)
        )
        yield f"  {'  '.join(cells)}".rstrip()
