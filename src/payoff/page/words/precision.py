"""Which precision a study has reached that asks for one, in sentences."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from payoff.cells import HERE
from payoff.comparisons.comparison import Comparison
from payoff.comparisons.ways import in_prose, label, way_of
from payoff.page.words.sentences import listed, sizes_of
from payoff.statistics.estimates import Estimate, estimate_of
from payoff.study.refine import Crossing, crossings
from payoff.tables.formats import about, count, significant

# Why no further block was measured.
ENDED = {
    "precise": None,
    "budget": "The budget of {until_s} s was spent",
    "repetitions": "No cell gets more runs than that",
}


def precision(
    cells: pd.DataFrame,
    compared: Iterable[Comparison],
    plans: Sequence[Mapping[str, Any]],
    titles: Mapping[str, str] | None = None,
) -> str:
    """Whether the study is as precise as it asks to be, which hidden sizes it added for that, and why it measured no
    more.

    plans: of all its blocks, see payoff.study.effort.plan_block; titles: data set -> its name for readers.
    """
    last = plans[-1]
    parts = [] if last["until"] is None else _medians(cells, last["until"])
    if last["refine"] is not None:
        parts += _break_evens(compared, last["refine"], plans, titles or {})
    if why := ENDED[last["stopped"]]:
        parts.append(why.format(until_s=count(last["until_s"])))
    return f"{'. '.join(parts)}."


def _medians(cells: pd.DataFrame, until: float) -> list[str]:
    """Which cells have a median epoch time that is as well known as asked."""
    cells = cells[cells["site"] == HERE]
    asked = cells[cells["status"] != "not applicable"]
    distances = pd.Series([_epoch_time(cell).reach for _, cell in asked.iterrows()], asked.index, dtype=float)
    near = asked[distances <= until]
    parts = [f"The study asked for median epoch times to ± {until * 100:g} %", _near(near, len(asked))]
    missed = distances.drop(near.index).sort_values(ascending=False, na_position="first")
    if len(missed):
        shown = listed([_missed(asked.loc[row], reached) for row, reached in missed.head(3).items()])
        parts.append(f"{shown} did not" if len(missed) <= 3 else f"{len(missed)} did not; the farthest are {shown}")
    return parts


def _break_evens(
    compared: Iterable[Comparison], refine: float, plans: Sequence[Mapping[str, Any]], titles: Mapping[str, str]
) -> list[str]:
    """Which hidden sizes were added, and which break-evens are as well known as asked."""
    added: dict[str, list[int]] = {}
    for heat in sorted((heat for plan in plans for heat in plan["heats"]), key=lambda heat: heat["hidden_size"]):
        if heat["repetition"] == 1:  # of a size of the study's own, it is not in any plan
            network = f"{heat['architecture'].upper()} on {titles.get(heat['dataset'], heat['dataset'])}"
            added.setdefault(network, []).append(heat["hidden_size"])
    found = crossings(compared, refine)
    missed = [_told(crossing) for crossing in found if not crossing.is_known]
    parts = [f"The study asked for break-evens to ± {refine * 100:g} %"]
    if added:
        parts.append(f"For them it added {listed([f'{sizes_of(sizes)} ({name})' for name, sizes in added.items()])}")
    if not found:
        parts.append("No two ways change places between the sizes that were measured")
    elif not missed:
        all_of_them = "The break-even is" if len(found) == 1 else f"All {count(len(found))} break-evens are"
        parts.append(f"{all_of_them} known that well now")
    else:
        known = f"{count(len(found) - len(missed))} of {count(len(found))} break-evens"
        parts.append(
            f"{known} {'is' if len(found) - len(missed) == 1 else 'are'} known that well; not {listed(missed)}"
        )
    return parts


def _told(crossing: Crossing) -> str:
    pair = crossing.pair
    sizes = " and ".join(map(count, crossing.between))
    ways = f"{in_prose(pair.first)} and {in_prose(pair.second)} ({pair.architecture.upper()} on {pair.task})"
    return f"that of {ways} at H = {about(crossing.at.median)}, between the measured {sizes}"


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
