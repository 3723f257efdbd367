"""Which precision a study has reached that asks for one, in sentences."""

import pandas as pd

from payoff.cells import HERE
from payoff.comparisons.ways import label, way_of
from payoff.page.words.sentences import listed
from payoff.statistics.estimates import Estimate, estimate_of
from payoff.study.effort import distance
from payoff.tables.formats import count, significant

# Why no further block was measured.
ENDED = {
    "precise": None,
    "budget": "The budget of {until_s} s was spent",
    "repetitions": "No cell gets more runs than that",
}


def precision(cells: pd.DataFrame, until: float, until_s: float, reason: str) -> str:
    """Which cells have reached the precision that the study asks for, and why it measured no more.

    until: how far the ends of an interval may lie from its median, as a fraction of it; until_s: seconds of measured
    time that it could spend; reason: `stopped` of payoff.study.effort.plan_block.
    """
    cells = cells[cells["site"] == HERE]
    asked = cells[cells["status"] != "not applicable"]
    distances = pd.Series([distance(_epoch_time(cell)) for _, cell in asked.iterrows()], asked.index, dtype=float)
    near = asked[distances <= until]
    parts = [f"The study asked for median epoch times to ± {until * 100:g} %", _near(near, len(asked))]
    missed = distances.drop(near.index).sort_values(ascending=False, na_position="first")
    if len(missed):
        shown = listed([_missed(asked.loc[row], reached) for row, reached in missed.head(3).items()])
        parts.append(f"{shown} did not" if len(missed) <= 3 else f"{len(missed)} did not; the farthest are {shown}")
    if why := ENDED[reason]:
        parts.append(why.format(until_s=count(until_s)))
    return f"{'. '.join(parts)}."


def _near(near: pd.DataFrame, asked: int) -> str:
    """How many of the cells reached the precision, and after how many runs."""
    if near.empty:
        return "No cell reached that"
    fewest, most = near["n"].min(), near["n"].max()
    runs = count(fewest) if most == fewest else f"{count(fewest)} to {count(most)}"
    return f"{'Every cell' if len(near) == asked else f'{len(near)} of {asked} cells'} reached that after {runs} runs"


def _missed(cell: pd.Series, reached: float) -> str:
    if cell["n"] == 0:
        what = "no run has a time"
    else:
        runs = f"{cell['n']} {'run' if cell['n'] == 1 else 'runs'}"
        what = f"{'no interval' if pd.isna(reached) else f'± {significant(reached * 100, 2)} %'} after {runs}"
    return f"{label(way_of(cell))}, H = {count(cell['hidden_size'])} on {cell['task']} ({what})"


def _epoch_time(cell: pd.Series) -> Estimate:
    """In seconds, of one row of the table of cells."""
    return estimate_of(cell, "epoch_time_s")
