"""Two ways to train the same network, held against each other at every hidden size."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations

import pandas as pd

from payoff.statistics import Estimate, crossings, ratio
from payoff.ways import Way, by_way, label, place


@dataclass(frozen=True)
class Comparison:
    """ratios: hidden size (ascending) -> epoch time of `first` over that of `second`; below 1, `first` is faster."""

    place: str  # the data set, and the recipe where the study has several
    architecture: str
    first: Way
    second: Way
    ratios: Mapping[int, Estimate]

    @property
    def too_few(self) -> list[int]:
        """The sizes at which one of the two has too few runs for an interval."""
        return [size for size, r in self.ratios.items() if not r.has_interval]

    @property
    def first_wins(self) -> list[int]:
        """The sizes at which the whole interval of the ratio lies below 1."""
        return [size for size, r in self.ratios.items() if r.high < 1]

    @property
    def second_wins(self) -> list[int]:
        """The sizes at which the whole interval of the ratio lies above 1."""
        return [size for size, r in self.ratios.items() if r.low > 1]

    @property
    def unclear(self) -> list[int]:
        """The sizes at which the interval holds 1."""
        return [size for size, r in self.ratios.items() if r.low <= 1 <= r.high]

    @property
    def break_even(self) -> list[float]:
        """The hidden sizes at which the medians change places, interpolated."""
        return crossings(list(self.ratios), [r.median for r in self.ratios.values()])


def comparisons(cells: pd.DataFrame) -> list[Comparison]:
    """Every pair of ways that train the same network (data set, recipe, architecture) and differ in one thing."""
    measured = cells[cells["n"] > 0]
    found = []
    for (dataset, recipe, architecture), group in measured.groupby(["dataset", "recipe", "architecture"], sort=False):
        ways = {way: rows.set_index("hidden_size") for way, rows in by_way(group, among=cells)}
        for first, second in combinations(ways, 2):
            sizes = sorted(set(ways[first].index) & set(ways[second].index))
            ratios = {
                int(size): ratio(epoch_time(ways[first].loc[size]), epoch_time(ways[second].loc[size]))
                for size in sizes
            }
            if ratios and _differ_in_one_thing(first, second):
                found.append(Comparison(place(dataset, recipe, cells), architecture, first, second, ratios))
    return found


def _differ_in_one_thing(first: Way, second: Way) -> bool:
    """In where and by whose code it runs (numpy against torch, on the CPU or a GPU), in the mode, or in the threads."""
    things = [((way.model, way.device), way.mode, way.threads) for way in (first, second)]
    return sum(a != b for a, b in zip(*things, strict=True)) == 1


def ratios_table(compared: Iterable[Comparison]) -> pd.DataFrame:
    """A row a comparison and hidden size."""
    return pd.DataFrame(
        [
            {
                "dataset": comparison.place,
                "first": label(comparison.first),
                "second": label(comparison.second),
                "hidden_size": size,
                "ratio_median": r.median,
                "ratio_low": r.low,
                "ratio_high": r.high,
                "n": r.n,
            }
            for comparison in compared
            for size, r in comparison.ratios.items()
        ]
    )


def epoch_time(cell: pd.Series) -> Estimate:
    """The epoch time of one row of the table of cells, in seconds."""
    return Estimate(*(cell[f"epoch_time_s_{end}"] for end in ("median", "low", "high")), int(cell["n"]))
