"""The control, A against A: one cell of a study, which is in its heats twice, under two names."""

from dataclasses import dataclass

import pandas as pd

from payoff.cells import HERE, SITED_CELL
from payoff.comparisons.heats import Heats
from payoff.comparisons.ways import Way, way_of
from payoff.models.registry import MODELS
from payoff.statistics.bootstrap import ratio
from payoff.statistics.estimates import Estimate
from payoff.statistics.pairs import ratio_of_heats
from payoff.tables.runs import sample_of


@dataclass(frozen=True)
class Control:
    """One cell, measured twice under two names: the ratio of its epoch times, which differs from 1 only by chance."""

    dataset: str
    recipe: str
    task: str
    architecture: str
    way: Way
    threads: int
    hidden_size: int
    ratio: Estimate

    @property
    def visible(self) -> float | None:
        """The smallest difference that this cell can show, as a fraction of its time; None without an interval."""
        return max(self.ratio.high, 1 / self.ratio.low) - 1 if self.ratio.has_interval else None

    @property
    def finds_a_difference(self) -> bool:
        """Whether the interval excludes 1, although the code is identical."""
        return self.ratio.low > 1 or self.ratio.high < 1


def same_cell(runs: pd.DataFrame, again: pd.DataFrame) -> pd.DataFrame:
    """The study's runs of the cell that the control measures again."""
    return runs[(runs[SITED_CELL] == again.iloc[0][SITED_CELL]).all(axis=1)]


def control(runs: pd.DataFrame, again: pd.DataFrame, site: str = HERE, heats: Heats | None = None) -> Control | None:
    """A study's A/A control: the runs of one cell of `runs` over those of the same cell in `again`; None if there are
    none.

    Both are labelled tables of runs; `again` has those of one cell of each study. heats: if the cell took turns with
    itself, the ratio comes from these.
    """
    again = again[again["site"] == site]
    if again.empty:
        return None
    cell = again.iloc[0]
    samples = [sample_of(table, "epoch_time_s") for table in (same_cell(runs, again), again)]
    if any(sample.empty for sample in samples):
        return None
    logs = heats.logs_of_control(tuple(cell[SITED_CELL])) if heats else ()
    return Control(
        dataset=cell["dataset"],
        recipe=cell["recipe"],
        task=cell["task"],
        architecture=MODELS[cell["model"]].architecture,
        way=way_of(cell),
        threads=int(cell["threads"]),
        hidden_size=int(cell["hidden_size"]),
        ratio=ratio_of_heats(logs) if len(logs) else ratio(*samples),
    )
