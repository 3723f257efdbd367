"""The control, A against A: one cell of a study, measured a second time under another name."""

from dataclasses import dataclass

import pandas as pd

from payoff.comparisons.ways import WAY_COLUMNS, Way, place, way_of
from payoff.models.registry import MODELS
from payoff.statistics.bootstrap import ratio
from payoff.statistics.estimates import Estimate
from payoff.tables.runs import CELL_COLUMNS, HERE, sample_of


@dataclass(frozen=True)
class Control:
    """A cell measured against itself under two names: the ratio of its epoch times, which is 1 but for chance."""

    place: str
    architecture: str
    way: Way
    hidden_size: int
    ratio: Estimate

    @property
    def visible(self) -> float | None:
        """The smallest difference that can be seen at this cell, as a fraction of its time; None if there is no
        interval to tell it from."""
        return max(self.ratio.high - 1, 1 - self.ratio.low) if self.ratio.has_interval else None

    @property
    def finds_a_difference(self) -> bool:
        """Where there is none."""
        return self.ratio.low > 1 or self.ratio.high < 1


def same_cell(runs: pd.DataFrame, again: pd.DataFrame) -> pd.DataFrame:
    """The runs of the study that are of the control's cell."""
    identity = ["site", *CELL_COLUMNS]
    return runs[(runs[identity] == again.iloc[0][identity]).all(axis=1)]


def control(runs: pd.DataFrame, again: pd.DataFrame | None, site: str = HERE) -> Control | None:
    """A study's A/A control: the runs of one cell of `runs` over those of the same cell in `again`; None if there are
    none.

    Both are tables of runs; `again` has those of one cell of each study, measured between the others.
    """
    again = None if again is None else again[again["site"] == site]
    if again is None or again.empty:
        return None
    cell = again.iloc[0]
    own = same_cell(runs, again)
    samples = [sample_of(table, "epoch_time_s") for table in (own, again)]
    if any(sample.empty for sample in samples):
        return None
    way = way_of(tuple(cell[WAY_COLUMNS]), runs)
    architecture = MODELS[cell["model"]].architecture
    return Control(
        place(cell["dataset"], cell["recipe"], runs), architecture, way, int(cell["hidden_size"]), ratio(*samples)
    )
