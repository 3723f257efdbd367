"""Where hidden sizes are added, so that it becomes known from which size on another way is the faster one."""

import math
from collections.abc import Iterable
from typing import NamedTuple

import pandas as pd

from payoff.cells import CELL, HERE, Cell, Contest
from payoff.comparisons.comparison import Comparison, Pair
from payoff.comparisons.compute import comparisons
from payoff.comparisons.heats import Heats
from payoff.comparisons.ways import fastest_threads, labelled
from payoff.statistics.break_even import around
from payoff.statistics.estimates import Estimate
from payoff.tables.cells import cells_table


class Crossing(NamedTuple):
    """The break-even of two ways of this study. between: the measured sizes on both sides; is_known: whether it is as
    well known as the study asks."""

    pair: Pair
    at: Estimate
    between: tuple[int, int]
    is_known: bool

    def contest(self, hidden_size: int) -> Contest:
        """The contest in which both ways take part at this size."""
        return Contest(self.pair.dataset, self.pair.recipe, self.pair.architecture, hidden_size)


def compared_here(runs: pd.DataFrame, turns: pd.DataFrame, equal_work: pd.DataFrame) -> list[Comparison]:
    """The comparisons of a study's ways on its own machine, with the names that its tables have.

    runs, turns, equal_work: tables as they are gathered.
    """
    runs = runs[runs["site"] == HERE]
    cells = cells_table(runs, {Cell(*key): None for key in runs.groupby(CELL).indices}, equal_work)
    tables = (cells, runs, equal_work.assign(site=HERE), turns)
    best = fastest_threads(cells)
    cells, runs, equal_work, turns = (labelled(table, best, several_recipes=False) for table in tables)
    return comparisons(cells, runs, equal_work, Heats(turns))


def crossings(compared: Iterable[Comparison], refine: float) -> list[Crossing]:
    """The break-evens of this study's ways.

    refine: the largest distance that is allowed from a break-even to the ends of its interval, as a fraction of it. The
    interval knows only the noise; but between two sizes time is taken for a straight line, which may be wrong if they
    lie far apart. So the measured sizes on both sides must be near each other, too: within a factor of (1 + refine)².
    """
    found = []
    for comparison in compared:
        sizes = list(comparison.ratios)
        for at in comparison.break_evens if comparison.first.site == comparison.second.site == HERE else ():
            between = around(at.median, sizes)
            is_known = at.reach <= refine and _are_near(*between, refine)
            found.append(Crossing(comparison.pair, at, between, is_known))
    return found


def sizes_to_measure(crossing: Crossing, refine: float) -> list[int]:
    """The hidden sizes that make a break-even better known: a new one between the measured sizes on both sides of it;
    or, if these are near each other already, both of them once more, against the noise.

    A new size is where the break-even seems to be, but not so near to one of the others that it would leave the gap as
    wide as it is. It is a multiple of a power of two, as large a power as `refine` allows, since that is what most
    networks have, and matrices of odd sizes are multiplied more slowly.
    """
    smaller, larger = crossing.between
    if _are_near(smaller, larger, refine):
        return [smaller, larger]
    lowest, highest = smaller * (1 + refine) ** 2, larger / (1 + refine) ** 2
    wanted = math.sqrt(smaller * larger) if lowest > highest else min(max(crossing.at.median, lowest), highest)
    unit = 2 ** max(0, math.floor(math.log2(wanted * refine / 2)))
    return [min(max(round(wanted / unit) * unit, smaller + 1), larger - 1)]


def _are_near(smaller: int, larger: int, refine: float) -> bool:
    return larger / smaller <= (1 + refine) ** 2 or larger == smaller + 1
