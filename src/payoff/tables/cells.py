"""The table of runs -> the table of cells: one row per cell, with medians and their intervals."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from payoff.cells import HERE, IMPLEMENTATION, SITED_CELL, TASK, Cell
from payoff.models.registry import MODELS
from payoff.statistics.estimates import columns_of, median_interval
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
    by_cell = {(site, Cell(*cell)): rows for (site, *cell), rows in runs.groupby(SITED_CELL).indices.items()}
    cells = _with_added(cells, {cell for _, cell in by_cell})
    sites = [HERE, *sorted({site for site, _ in by_cell} - {HERE})]
    columns = _Columns(runs)
    table = pd.DataFrame(
        [
            {"site": site} | _cell_row(cell, columns, by_cell.get((site, cell), []), reason)
            for site in sites
            for cell, reason in cells.items()
            if site == HERE or (site, cell) in by_cell
        ]
    )
    network = ["site", *TASK, "architecture", "hidden_size"]
    others = _does_other_work(equal_work) if equal_work is not None else set()
    ways = table[[*TASK, *IMPLEMENTATION]].itertuples(index=False, name=None)
    equal = ~pd.Series([way in others for way in ways], dtype=bool)
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


class _Columns:
    """The columns of the table of runs as arrays. A study has thousands of cells, and to cut a frame takes a thousand
    times as long as to cut an array.

    samples: quantity -> its values, nan where a value does not count; contended: of the runs with a time.
    """

    def __init__(self, runs: pd.DataFrame):
        runs = runs.reset_index(drop=True)
        self.failure = runs["failure"].to_numpy(object)
        self.finished = runs["failure"].isna().to_numpy()
        self.partial = runs["extrapolated"].to_numpy(bool)
        self.samples = {
            quantity: sample_of(runs, quantity).reindex(runs.index).to_numpy(float) for quantity in SUMMARISED
        }
        self.contended = is_contended(runs).to_numpy(bool) & ~np.isnan(self.samples["epoch_time_s"])

    def sample(self, quantity: str, rows: Sequence[int] | np.ndarray) -> np.ndarray:
        """The values of these rows that count."""
        values = self.samples[quantity][rows]
        return values[~np.isnan(values)]


def _cell_row(cell: Cell, runs: _Columns, rows: Sequence[int] | np.ndarray, reason: str | None) -> dict:
    """rows: the positions of the cell's runs."""
    rows = np.asarray(rows, dtype=int)
    finished, partial = (int(which[rows].sum()) for which in (runs.finished, runs.partial))
    failed = rows[~runs.finished[rows] & ~runs.partial[rows]]
    failures = dict.fromkeys([*runs.failure[failed], *runs.failure[rows[runs.partial[rows]]]])
    row = {
        **vars(cell),
        "architecture": MODELS[cell.model].architecture,
        "status": _status(finished, partial, len(failed), reason),
        "reason": reason or "; ".join(failures) or None,
        "n": finished + partial,
        "n_finished": finished,
        "n_partial": partial,
        "n_failed": len(failed),
        "n_contended": int(runs.contended[rows].sum()),
    }
    for quantity in SUMMARISED:
        sample = runs.sample(quantity, rows)
        estimate = median_interval(sample)
        lower, upper = np.quantile(sample, [0.25, 0.75]) if len(sample) else (np.nan, np.nan)
        row |= columns_of(quantity, estimate)
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
