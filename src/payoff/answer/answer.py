"""What a study answers: its comparisons, its whole runs, its control, and the circumstances of the measurement."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from payoff.comparisons.comparison import Comparison, Withheld
from payoff.comparisons.control import Control


@dataclass(frozen=True)
class Accelerator:
    """A device other than the CPU on which this study has cells.

    asked: the number of these cells; without_time: how many of them have no run with a time; reasons: why, each once.
    """

    device: str
    asked: int
    without_time: int
    reasons: Sequence[str] = ()


@dataclass(frozen=True)
class GpuBeside:
    """The GPU of another study that this study's CPU is compared with. days: of its first and its last run."""

    site: str
    names: Sequence[str]
    days: Sequence[str]


@dataclass(frozen=True)
class Circumstances:
    """What was measured where, and what disturbed it.

    runs, contended, turns, disturbed_turns: numbers of runs and of turns of this study; cells_with_a_time: their number
    over all studies; machines: device -> the machine that measured it in this study, if there are several;
    other_machines: site -> number of runs of this study that other machines measured; left_out: site -> recipes whose
    records its tables leave out.
    """

    runs: int
    contended: int
    turns: int
    disturbed_turns: int
    cells_with_a_time: int
    accelerators: Sequence[Accelerator] = ()
    gpus_beside: Sequence[GpuBeside] = ()
    machines: Mapping[str, str] = field(default_factory=dict)
    other_machines: Mapping[str, int] = field(default_factory=dict)
    left_out: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """study, title: of this study; whole_runs: one row per cell with a finished run, see `payoff.answer.compute`;
    costs, run_times, changes: which way finishes first; epoch_times: which is the fastest once started; run_prices,
    price_changes: which is the cheapest, by `prices` of an hour as the configuration gives them; for all of these see
    `payoff.answer.run_times`; step_costs: what bounds a step, see `payoff.answer.step_costs`; controls: site -> the
    control of its study."""

    study: str
    title: str
    comparisons: Sequence[Comparison]
    withheld: Sequence[Withheld]
    whole_runs: pd.DataFrame
    costs: pd.DataFrame
    run_times: pd.DataFrame
    changes: pd.DataFrame
    epoch_times: pd.DataFrame
    prices: Mapping[str, Any]
    run_prices: pd.DataFrame
    price_changes: pd.DataFrame
    step_costs: pd.DataFrame
    controls: Mapping[str, Control]
    circumstances: Circumstances
