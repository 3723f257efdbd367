"""The ledger: where the wall clock of whole runs went, phase by phase."""

from collections.abc import Iterable

import pandas as pd

from payoff.cells import LABELS, SITED_CELL
from payoff.machine.clock import ONLY_TO_TIME, PHASES
from payoff.tables.formats import count, significant

# The parts that readers see, and the phases of each. Those ONLY_TO_TIME are in no part: wall_s is without them, too.
PARTS = {
    "start and imports": ("start_up", "imports"),
    "data and network": ("data", "build", "transfer"),
    "compiling, first steps": ("first_step",),
    "training": ("training",),
    "evaluation": ("evaluation",),
    "rest": ("bookkeeping", "writing", "ending"),
}


def ledger_table(runs: pd.DataFrame) -> pd.DataFrame:
    """One row per cell: medians over its finished runs of each phase, of each of PARTS and of wall_s, all in seconds;
    n; and training_share, the median share of training in the wall clock."""
    finished = runs[runs["failure"].isna()]
    parts = pd.DataFrame({part: _phases(finished, of).sum(axis=1) for part, of in PARTS.items()})
    share = (finished["training_phase_s"] / finished["wall_s"]).rename("training_share")
    identity = [*SITED_CELL, *(label for label in LABELS if label in runs)]
    whole = pd.concat([finished[[*identity, "wall_s"]], _phases(finished, PHASES), parts, share], axis=1)
    groups = whole.groupby(identity, sort=False)
    return groups.median().join(groups.size().rename("n")).reset_index()


def largest_gap(runs: pd.DataFrame) -> float:
    """The largest difference over all runs between the wall clock and the sum of the phases, in seconds."""
    finished = runs[runs["failure"].isna()]
    whole_run = _phases(finished, [phase for phase in PHASES if phase not in ONLY_TO_TIME])
    return float((whole_run.sum(axis=1) - finished["wall_s"]).abs().max())


def accounted(runs: pd.DataFrame) -> str:
    """How well the phases add up to the wall clock, as a sentence."""
    if runs["failure"].notna().all():
        return "No run was finished, so there are no phases to add up."
    finished = int(runs["failure"].isna().sum())
    where = "In the one finished run" if finished == 1 else f"In each of {count(finished)} finished runs"
    gap = significant(max(largest_gap(runs) * 1e3, 0.001), 1)
    return f"{where} the phases add up to the wall clock that the process's parent took, to within {gap} ms."


def _phases(runs: pd.DataFrame, phases: Iterable[str]) -> pd.DataFrame:
    """Their columns. A phase that was part of another one when the runs were measured is missing, in all of them or in
    some, and counts as 0 in a sum."""
    return runs.reindex(columns=[phase_column(phase) for phase in phases])


def phase_column(phase: str) -> str:
    """The column of the table of runs that has this phase, in seconds."""
    return f"{phase}_phase_s"
