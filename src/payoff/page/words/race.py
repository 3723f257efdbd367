"""What one heat has found, in lines for a terminal."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from payoff.cells import WAY
from payoff.comparisons.ways import Way, fastest_threads, in_prose, label, labelled, way_of
from payoff.runs.records import Record
from payoff.statistics.estimates import median_interval
from payoff.tables.columns import column
from payoff.tables.formats import significant
from payoff.tables.ledger import PARTS, phase_column
from payoff.tables.runs import runs_table
from payoff.tables.turns import turns_table

BEFORE_TRAINING = ("start and imports", "data and network", "compiling, first steps")
START = [phase_column(phase) for part in BEFORE_TRAINING for phase in PARTS[part]]
PROVISIONAL = "One heat only: in other processes of these ways, the ratio may be a few per cent different."


def told(records: Sequence[Record]) -> list[str]:
    """One line per way with its times, then one for the fastest against each of the others."""
    runs, turns = runs_table(records), turns_table(records)
    best = fastest_threads(runs, "epoch_time_s")
    if len(set(runs["threads"])) > 1:
        best = best.iloc[:0]  # so that each way is named with its number
    runs, turns = (labelled(table, best, several_recipes=False) for table in (runs, turns))
    runs = runs.assign(start_s=runs[START].sum(axis=1)).sort_values("epoch_time_s")
    rounds = {way_of(own.iloc[0]): own.set_index("round")["epoch_s"] for _, own in turns.groupby(WAY)}
    return ["", *_table(runs), "", *_ratios(runs, rounds)]


def _table(runs: pd.DataFrame) -> Iterator[str]:
    learnt = "test_error" if runs["test_error"].notna().any() else "test_accuracy"
    head = ["", "epoch", "start-up", "whole run", column(learnt).label.lower()]
    rows = [head, *(_row(run, learnt) for _, run in runs.iterrows())]
    widths = [max(map(len, texts)) for texts in zip(*rows, strict=True)]
    for name, *texts in rows:
        padded = (text.rjust(width) for text, width in zip(texts, widths[1:], strict=True))
        yield "   ".join([name.ljust(widths[0]), *padded]).rstrip()


def _row(run: pd.Series, learnt: str) -> list[str]:
    name = label(way_of(run))
    if pd.isna(run["epoch_time_s"]):
        return [name, run["failure"].replace("_", " "), "", "", ""]
    epoch, whole, result = (_with_unit(run, quantity) for quantity in ("epoch_time_s", "wall_s", learnt))
    return [name, epoch, f"{significant(run['start_s'])} s", whole, result]


def _with_unit(run: pd.Series, quantity: str) -> str:
    shown = column(quantity)
    return "–" if pd.isna(run[quantity]) else f"{shown.text(run[quantity])} {shown.unit}".rstrip()


def _ratios(runs: pd.DataFrame, rounds: dict[Way, pd.Series]) -> Iterator[str]:
    timed = [run for _, run in runs.iterrows() if way_of(run) in rounds]
    if len(timed) < 2:
        yield "There is nothing to compare: fewer than two ways were timed."
        return
    fastest, *others = timed
    for other in others:
        first, second = way_of(fastest), way_of(other)
        ratio = median_interval(np.exp(np.log(rounds[second] / rounds[first]).dropna()))
        ends = f" [{ratio.low:.2f}, {ratio.high:.2f}]" if ratio.has_interval else ""
        yield (
            f"{in_prose(first)} is {ratio.median:.2f} times{ends} as fast as {in_prose(second)} "
            f"({ratio.n} rounds), start-up {significant(fastest['start_s'], 2)} s against "
            f"{significant(other['start_s'], 2)} s."
        )
    yield PROVISIONAL
