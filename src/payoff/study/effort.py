"""How much is measured where a study asks for a precision: further blocks of runs, until the medians are known so well.

Looking again and again has a price: an interval that was taken because it is narrow covers the median a little less
often than that of a number of runs fixed before. The loss vanishes as the precision gets finer (Chow and Robbins, On
the asymptotic theory of fixed-width sequential confidence intervals for the mean, Ann. Math. Statist. 36, 1965). Here
it covers 92 to 97 %, simulated with normal and exponential noise of 0.5 to 3 times the precision that was asked for.
"""

from dataclasses import asdict
from pathlib import Path

import pandas as pd

from payoff.cells import CELL, HERE, Cell
from payoff.files.documents import read_document, write_document
from payoff.statistics.estimates import Estimate, median_interval
from payoff.study.study import MOST_REPETITIONS


def plan_block(
    block: int, runs: pd.DataFrame, *, control: Cell, until: float, until_s: float, measured_s: float
) -> dict:
    """What block number `block` (it holds that repetition) measures after `runs`, and where the study stands.

    runs: the table of all runs of the blocks before; control: the cell that is measured twice; until: how far the ends
    of the interval of a cell's median epoch time may lie from it, as a fraction of it; until_s, measured_s: seconds
    of measured time, all that may be spent and what was. The result fulfils workflow/schemas/plan.schema.yaml:
    `runs` and `control` are the cells to be measured once more, none if `stopped` says why the study ends.

    Who is faster decides nothing, only how wide an interval is. A cell that has never had a time gets no further run;
    one of which some runs failed gets them like any other.
    """
    of_own_machine = runs[runs["site"] == HERE]
    cells = [_reached(key, own["epoch_time_s"].dropna()) for key, own in of_own_machine.groupby(CELL)]
    again = [cell["cell"] for cell in cells if cell["n"] and (cell["distance"] is None or cell["distance"] > until)]
    stopped = None
    if not again:
        stopped = "precise"
    elif measured_s >= until_s:
        stopped = "budget"
    elif block > MOST_REPETITIONS:
        stopped = "repetitions"
    return {
        "block": block,
        "until": until,
        "until_s": until_s,
        "measured_s": measured_s,
        "cells": cells,
        "stopped": stopped,
        "runs": [] if stopped else again,
        "control": [] if stopped or asdict(control) not in again else [asdict(control)],
    }


def distance(estimate: Estimate) -> float:
    """How far the farther end of a median's interval lies from it, as a fraction of it; nan without an interval."""
    return max(estimate.high - estimate.median, estimate.median - estimate.low) / estimate.median


def read_plan(path: Path) -> dict:
    return read_document(path, "plan", "a plan")


def write_plan(plan: dict, path: Path) -> None:
    write_document(plan, path, "plan")


def _reached(key: tuple, epoch_times_s: pd.Series) -> dict:
    estimate = median_interval(epoch_times_s)
    return {
        "cell": asdict(Cell.from_wildcards(dict(zip(CELL, key, strict=True)))),
        "n": estimate.n,
        "distance": distance(estimate) if estimate.has_interval else None,
    }
