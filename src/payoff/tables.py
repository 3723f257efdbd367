"""Records -> tidy frames: a row a run, a row a timed epoch, a row a cell."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields
from pathlib import Path

import numpy as np
import pandas as pd

from payoff.cells import Cell
from payoff.files import appearing_whole
from payoff.models.registry import MODELS
from payoff.statistics import median_interval

CELL_COLUMNS = [field.name for field in fields(Cell)]
RUN_COLUMNS = [*CELL_COLUMNS, "repetition"]

# What a cell says of its runs: each as <quantity>_median, _low, _high (the interval of the median)
# and _spread (interquartile range over median).
SUMMARISED = ["epoch_time_s", "wall_s", "test_accuracy", "peak_memory_bytes"]


def runs_table(records: Iterable[dict]) -> pd.DataFrame:
    """A row a run, failed ones included (their figures are missing, their reason is not)."""
    return pd.DataFrame([_run_row(record) for record in records]).sort_values(RUN_COLUMNS, ignore_index=True)


def samples_table(records: Iterable[dict]) -> pd.DataFrame:
    """A row a timed epoch of every run, in the order in which they were timed."""
    rows = [
        {**record["cell"], "repetition": record["repetition"], **epoch}
        for record in records
        for epoch in record["epochs"]
    ]
    columns = [*RUN_COLUMNS, "epoch", "epoch_time_s", "train_loss", "test_loss", "test_accuracy"]
    return pd.DataFrame(rows, columns=columns).sort_values([*RUN_COLUMNS, "epoch"], ignore_index=True)


def cells_table(runs: pd.DataFrame, cells: Mapping[Cell, str | None]) -> pd.DataFrame:
    """A row a cell in the order of `cells`, those that were never run included.

    cells: every cell of the study -> why it is not applicable, or None. `relative` compares a cell
    with the fastest that trains the same network: same data set, recipe, architecture and hidden
    size. Only runs that were finished count.
    """
    by_cell = {Cell(*key): group for key, group in runs.groupby(CELL_COLUMNS)}
    nothing = runs.iloc[:0]
    table = pd.DataFrame([_cell_row(cell, by_cell.get(cell, nothing), reason) for cell, reason in cells.items()])
    network = ["dataset", "recipe", "architecture", "hidden_size"]
    table["relative"] = table["epoch_time_s_median"] / table.groupby(network)["epoch_time_s_median"].transform("min")
    return table


def write_table(table: pd.DataFrame, parquet: Path, csv: Path) -> None:
    with appearing_whole(parquet) as temporary:
        table.to_parquet(temporary, index=False)
    with appearing_whole(csv) as temporary:
        table.to_csv(temporary, index=False)


def _run_row(record: dict) -> dict:
    epochs = record["epochs"]
    failure = record["failure"] or {"reason": None, "detail": None}
    measured = bool(epochs) and record["failure"] is None
    times = [epoch["epoch_time_s"] for epoch in epochs]
    return {
        **record["cell"],
        "repetition": record["repetition"],
        "seed": record["seed"],
        "failure": failure["reason"],
        "failure_detail": failure["detail"],
        "started_at": record["started_at"],
        "epochs": len(epochs),
        "epoch_time_s": float(np.median(times)) if measured else np.nan,
        "train_s": float(np.sum(times)) if measured else np.nan,
        "wall_s": record["wall_s"],
        "train_loss": epochs[-1]["train_loss"] if measured else np.nan,
        "test_loss": epochs[-1]["test_loss"] if measured else np.nan,
        "test_accuracy": epochs[-1]["test_accuracy"] if measured else np.nan,
        "peak_memory_bytes": record["peak_memory_bytes"],
        "device_peak_memory_bytes": record["device_peak_memory_bytes"],
        "weights_sha256": record["weights_sha256"],
        **{f"machine_{fact}": _text(value) for fact, value in record["machine"].items()},
        **{f"version_{name}": version for name, version in record["software"].items()},
        **{f"{phase}_phase_s": seconds for phase, seconds in record["phases_s"].items()},
    }


def _text(value: object) -> object:
    """One cell of a table: the GPUs of a machine, a list, become a text."""
    return ", ".join(gpu["name"] or "a GPU" for gpu in value) if isinstance(value, list) else value


def _cell_row(cell: Cell, runs: pd.DataFrame, not_applicable: str | None) -> dict:
    finished = runs[runs["failure"].isna()]
    failures = runs[runs["failure"].notna()]
    row = {
        **asdict(cell),
        "architecture": MODELS[cell.model].architecture,
        "status": _status(len(finished), len(failures), not_applicable),
        "reason": not_applicable or "; ".join(failures["failure"].drop_duplicates()) or None,
        "n": len(finished),
        "n_failed": len(failures),
    }
    for quantity in SUMMARISED:
        estimate = median_interval(finished[quantity])
        lower, upper = finished[quantity].quantile([0.25, 0.75])
        row[f"{quantity}_median"] = estimate.median
        row[f"{quantity}_low"] = estimate.low
        row[f"{quantity}_high"] = estimate.high
        row[f"{quantity}_spread"] = (upper - lower) / estimate.median
    return row


def _status(finished: int, failed: int, not_applicable: str | None) -> str:
    if not_applicable:
        return "not applicable"
    if finished == 0:
        return "failed" if failed else "not run"
    return "partly" if failed else "measured"
