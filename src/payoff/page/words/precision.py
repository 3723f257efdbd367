"""What a study that asks for a precision has reached, as a sentence."""

import pandas as pd

from payoff.cells import HERE
from payoff.comparisons.ways import label, way_of
from payoff.page.words.sentences import listed
from payoff.statistics.estimates import Estimate, estimate_of
from payoff.study.effort import distance
from payoff.tables.columns import count, significant

# Why no further block was measured.
ENDED = {
    "precise": None,
    "budget": "the budget of {until_s} s was spent",
    "repetitions": "a cell gets no more runs than that",
}


def precision(cells: pd.DataFrame, until: float, until_s: float, reason: str) -> str:
    """What a study that asks for a precision has reached, and why it went no further.

    until: how far the ends of an interval may lie from its median, as a fraction of it; until_s: seconds of measured
    time that it could spend; reason: `stopped` of payoff.study.effort.plan_block.
    """
    cells = cells[cells["site"] == HERE]
    asked = cells[cells["status"] != "not applicable"]
    distances = pd.Series([distance(_epoch_time(cell)) for _, cell in asked.iterrows()], asked.index, dtype=float)
    near = asked[distances <= until]
    parts = [f"Asked for median epoch times to ± {until * 100:g} %: reached by {_near(near, len(asked))}"]
    missed = distances.drop(near.index).sort_values(ascending=False, na_position="first")
    if len(missed):
        shown = listed([_missed(asked.loc[row], reached) for row, reached in missed.head(3).items()])
        parts.append(f"not by {shown}" if len(missed) <= 3 else f"not by {len(missed)}, the farthest of them {shown}")
    if why := ENDED[reason]:
        parts.append(why.format(until_s=count(until_s)))
    return f"{'; '.join(parts)}."


def _near(near: pd.DataFrame, asked: int) -> str:
    """How many cells of those that were asked for are known so well, and after how many runs."""
    if near.empty:
        return "no cell"
    fewest, most = near["n"].min(), near["n"].max()
    cells = "every cell" if len(near) == asked else f"{len(near)} of {asked} cells"
    return f"{cells} after {count(fewest)}{f' to {count(most)}' if most > fewest else ''} runs"


def _missed(cell: pd.Series, reached: float) -> str:
    if cell["n"] == 0:
        what = "no run has a time"
    else:
        what = f"{'no interval' if pd.isna(reached) else f'± {significant(reached * 100, 2)} %'} after {cell['n']}"
    return f"{label(way_of(cell))}, H = {count(cell['hidden_size'])} on {cell['task']} ({what})"


def _epoch_time(cell: pd.Series) -> Estimate:
    """In seconds, of one row of the table of cells."""
    return estimate_of(cell, "epoch_time_s")
