"""How quiet the machine was while a study was measured: the labels of the runs, and the figures behind them."""

import numpy as np
import pandas as pd

from payoff.cells import CELL, HERE, SITED_CELL
from payoff.tables.columns import column
from payoff.tables.formats import count
from payoff.tables.runs import is_contended, sample_of
from payoff.tables.turns import undisturbed

FIGURES = ["others_cpu", "steal", "involuntary_switches_per_s", "unevenness"]
MOST_CELLS = 20  # in a table of the cells whose runs spread most


def labels(runs: pd.DataFrame) -> str:
    """For each study: how many runs were quiet or contended, and why; how long they waited."""
    by_site = runs.groupby("site")
    return " ".join(f"{site}: {_labels(site_runs)}" if site else _labels(site_runs) for site, site_runs in by_site)


def _labels(runs: pd.DataFrame) -> str:
    contended = runs[is_contended(runs)]
    quiet = len(runs) - len(contended)
    told = [f"{count(quiet)} of {count(len(runs))} runs {'was' if quiet == 1 else 'were'} quiet"]
    if len(contended):
        reasons = contended["disturbed_by"].str.split("; ").explode().value_counts()
        told.append(f"{count(len(contended))} contended ({', '.join(f'{why}: {n}' for why, n in reasons.items())})")
    for_quiet, for_others = runs["waited_for_quiet_s"].sum(), runs["waited_for_lock_s"].sum()
    return (
        f"{', '.join(told)}. Before they began, the heats waited {count(round(for_quiet))} s in all for other "
        f"programs to be quiet, and {count(round(for_others))} s for other timed runs. No run was left out: "
        f"contended runs are in every figure and table."
    )


def figures_table(runs: pd.DataFrame) -> pd.DataFrame:
    """One row per figure that decides on a run's label: its median and its largest value over this study's runs."""
    runs = runs[runs["site"] == HERE]
    return pd.DataFrame(
        [
            {
                "figure": column(figure).label,
                "meaning": column(figure).description,
                "usual": _shown(figure, runs[figure].median()),
                "worst": _shown(figure, runs[figure].max()),
            }
            for figure in FIGURES
        ]
    )


def relative_to_cell(runs: pd.DataFrame) -> pd.DataFrame:
    """The runs that have a time, in the order of their start, with `minutes` since the first run of their study began
    and `deviation`, the run's epoch time over the median of its cell."""
    in_order = runs.loc[sample_of(runs, "epoch_time_s").index].sort_values("started_at")
    started = pd.to_datetime(in_order["started_at"])
    median = in_order.groupby(SITED_CELL)["epoch_time_s"].transform("median")
    first = started.groupby(in_order["site"]).transform("min")
    return in_order.assign(
        minutes=(started - first).dt.total_seconds() / 60, deviation=in_order["epoch_time_s"] / median
    )


def taken(turns: pd.DataFrame) -> str:
    """How many turns were taken, in how many heats, and what disturbed them."""
    heats = turns["heat"].nunique()
    told = f"{count(len(turns))} turns in {count(heats)} heat{'' if heats == 1 else 's'}"
    reasons = turns.loc[turns["disturbed_by"] != "", "disturbed_by"].str.split("; ").explode().value_counts()
    if reasons.empty:
        return f"{told}. None of them was disturbed by anything that this machine could see."
    disturbed = len(turns) - len(undisturbed(turns))
    each = ", ".join(f"{why}: {count(number)}" for why, number in reasons.items())
    return f"{told}. {count(disturbed)} {'was' if disturbed == 1 else 'were'} disturbed ({each})."


def most_disturbed_heat(turns: pd.DataFrame) -> pd.DataFrame:
    """The turns of the heat of this study whose times varied most, with `deviation`, the time of a turn over the median
    of its way in the heat. Without rows if no heat has two ways.

    How much a heat varied is the median over its ways of the standard deviation of the logarithms of their times.
    """
    here = turns[turns["site"] == HERE]
    of_way = here.groupby([*CELL, "heat", "is_control"])["epoch_s"]
    here = here.assign(deviation=here["epoch_s"] / of_way.transform("median"))
    logs = np.log(here["deviation"]).groupby([here["heat"], *(here[part] for part in CELL), here["is_control"]])
    varied = logs.std().groupby("heat").agg(["median", "size"])
    varied = varied[(varied["size"] > 1) & varied["median"].notna()]
    return here[here["heat"] == (varied["median"].idxmax() if len(varied) else None)]


def spreads(cells: pd.DataFrame) -> str:
    """How far the epoch times of one cell's runs lie apart, over the cells of this study that have several runs."""
    spread = cells.loc[(cells["site"] == HERE) & (cells["n"] > 1), "epoch_time_s_spread"]
    if spread.empty:
        return "No cell has several runs."
    usual, most = (_shown("epoch_time_s_spread", value) for value in (spread.median(), spread.max()))
    told = (
        f"The middle half of a cell's runs spans {usual} of their median (the median over the cells; at most {most})."
    )
    unsteady = int(cells.loc[spread.index, "unsteady"].sum())
    if not unsteady:
        return f"{told} No cell spreads far more than the others."
    return f"{told} {count(unsteady)} {'cell spreads' if unsteady == 1 else 'cells spread'} far more than the others."


def widest(cells: pd.DataFrame, most: int = MOST_CELLS) -> pd.DataFrame:
    """The cells of this study that have several runs, at most so many, those whose runs spread most first."""
    several = cells[(cells["site"] == HERE) & (cells["n"] > 1)]
    return several.sort_values("epoch_time_s_spread", ascending=False, kind="stable").head(most)


def _shown(figure: str, value: float) -> str:
    unit = column(figure).unit
    return f"{column(figure).text(value)}{f' {unit}' if unit else ''}"
