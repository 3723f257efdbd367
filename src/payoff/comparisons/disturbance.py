"""How quiet the machine was while a study was measured: the labels of the runs, and the figures behind them."""

import pandas as pd

from payoff.cells import HERE, SITED_CELL
from payoff.tables.columns import column
from payoff.tables.formats import count
from payoff.tables.runs import is_contended, sample_of

FIGURES = ["others_cpu", "steal", "involuntary_switches_per_s", "unevenness"]


def labels(runs: pd.DataFrame) -> str:
    """For each study: how many runs were quiet, contended (and why) or measured once more; how long they waited."""
    by_site = runs.groupby("site")
    return " ".join(f"{site}: {_labels(site_runs)}" if site else _labels(site_runs) for site, site_runs in by_site)


def _labels(runs: pd.DataFrame) -> str:
    contended = runs[is_contended(runs)]
    again = int(runs["repeated"].sum())
    quiet = len(runs) - len(contended)
    told = [f"{count(quiet)} of {count(len(runs))} runs {'was' if quiet == 1 else 'were'} quiet"]
    if len(contended):
        reasons = contended["disturbed_by"].str.split("; ").explode().value_counts()
        told.append(f"{count(len(contended))} contended ({', '.join(f'{why}: {n}' for why, n in reasons.items())})")
    if again:
        told.append(f"{count(again)} {'was' if again == 1 else 'were'} contended at first and measured once more")
    for_quiet, for_others = runs["waited_for_quiet_s"].sum(), runs["waited_for_lock_s"].sum()
    return (
        f"{', '.join(told)}. Before they began, the runs waited {count(round(for_quiet))} s in all for other "
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


def _shown(figure: str, value: float) -> str:
    unit = column(figure).unit
    return f"{column(figure).text(value)}{f' {unit}' if unit else ''}"
