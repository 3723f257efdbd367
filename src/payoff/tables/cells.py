"""The table of runs -> the table of cells: one row per cell, with medians and their intervals."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace

import pandas as pd

from payoff.cells import HERE, IMPLEMENTATION, SITED_CELL, TASK, Cell
from payoff.models.registry import MODELS
from payoff.statistics.estimates import median_interval
from payoff.statistics.stability import far_out
from payoff.tables.runs import is_contended, sample_of

# The quantities of a cell's runs that the table summarises: each as <quantity>_median, _low, _high (the interval of the
# median) and _spread (interquartile range over median).
SUMMARISED = [
    "epoch_time_s",
    "train_s",
    "wall_s",
    "epoch_energy_j",
    "test_accuracy",
    "validation_accuracy",
    "test_error",
    "peak_memory_bytes",
    "device_peak_memory_bytes",
]


def cells_table(
    runs: pd.DataFrame, cells: Mapping[Cell, str | None], equal_work: pd.DataFrame | None = None
) -> pd.DataFrame:
    """One row per cell, in the order of `cells`, including those that were never run; then one row per cell that
    another machine measured, machine by machine. A cell of `runs` that is not in `cells`, since its hidden size was
    added, has its row among those of its way.

    cells: every cell of the study -> the reason why it is not applicable, or None; equal_work: the table of the checks
    for equal work. `relative` compares a cell with the fastest that trains the same network: same data set, recipe,
    architecture and hidden size. A way that failed the check against the network's first way has no `relative`. `n`
    counts the runs that have a time, `n_finished` those that also have an accuracy; `unsteady` cells are
    those whose epoch times spread far more than the other cells' of their site.
    """
    by_cell = {(site, Cell(*cell)): group for (site, *cell), group in runs.groupby(SITED_CELL)}
    cells = _with_added(cells, {cell for _, cell in by_cell})
    sites = [HERE, *sorted({site for site, _ in by_cell} - {HERE})]
    nothing = runs.iloc[:0]
    table = pd.DataFrame(
        [
            {"site": site} | _cell_row(cell, by_cell.get((site, cell), nothing), reason)
            for site in sites
            for cell, reason in cells.items()
            if site == HERE or (site, cell) in by_cell
        ]
    )
    network = ["site", *TASK, "architecture", "hidden_size"]
    others = _does_other_work(equal_work) if equal_work is not None else set()
    equal = ~pd.Series([tuple(row) in others for _, row in table[[*TASK, *IMPLEMENTATION]].iterrows()], dtype=bool)
    times = table["epoch_time_s_median"].where(equal)
    table["unsteady"] = table.groupby("site")["epoch_time_s_spread"].transform(far_out)
    table["relative"] = times / times.groupby([table[name] for name in network]).transform("min")
    return table


def _with_added(cells: Mapping[Cell, str | None], measured: Iterable[Cell]) -> Mapping[Cell, str | None]:
    """The cells and those that were measured besides, which follow the cell of their way with the next smaller size."""
    added = sorted(set(measured) - set(cells))
    if not added:
        return cells
    places = {cell: place for place, cell in enumerate(cells)}
    for cell in added:
        smaller = [own for own in places if replace(own, hidden_size=cell.hidden_size) == cell and own < cell]
        places[cell] = places[max(smaller)] if smaller else len(cells)
    return {cell: cells.get(cell) for cell in sorted(places, key=lambda cell: (places[cell], cell.hidden_size))}


def _does_other_work(equal_work: pd.DataFrame) -> set[tuple]:
    """The ways (values of TASK and IMPLEMENTATION) that failed the check against the first way of their network."""
    ends = [[*TASK, *(f"{end}_{part}" for part in IMPLEMENTATION)] for end in ("first", "second")]
    first, second = ([tuple(row) for row in equal_work[end].itertuples(index=False)] for end in ends)
    seconds = set(second)
    rows = zip(first, second, equal_work["passed"], strict=True)
    return {after for before, after, passed in rows if before not in seconds and not passed}


def _cell_row(cell: Cell, runs: pd.DataFrame, reason: str | None) -> dict:
    finished = runs[runs["failure"].isna()]
    partial = runs[runs["extrapolated"].astype(bool)]
    failed = runs.drop([*finished.index, *partial.index])
    timed = sample_of(runs, "epoch_time_s")
    failures = [*failed["failure"].drop_duplicates(), *partial["failure"].drop_duplicates()]
    row = {
        **asdict(cell),
        "architecture": MODELS[cell.model].architecture,
        "status": _status(len(finished), len(partial), len(failed), reason),
        "reason": reason or "; ".join(failures) or None,
        "n": len(finished) + len(partial),
        "n_finished": len(finished),
        "n_partial": len(partial),
        "n_failed": len(failed),
        "n_contended": int(is_contended(runs.loc[timed.index]).sum()),
    }
    for quantity in SUMMARISED:
        sample = sample_of(runs, quantity)
        estimate = median_interval(sample)
        lower, upper = sample.quantile([0.25, 0.75])
        row[f"{quantity}_median"] = estimate.median
        row[f"{quantity}_low"] = estimate.low
        row[f"{quantity}_high"] = estimate.high
        row[f"{quantity}_spread"] = (upper - lower) / estimate.median
    return row


def _status(finished: int, partial: int, failed: int, reason: str | None) -> str:
    if reason:
        return "not applicable"
    if failed:
        return "partly" if finished or partial else "failed"
    if partial:
        return "extrapolated"
    return "measured" if finished else "not run"
