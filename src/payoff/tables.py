"""Records -> tidy frames: a row a run, a row a timed epoch, a row a cell."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, fields
from pathlib import Path

import numpy as np
import pandas as pd

from payoff.cells import Cell
from payoff.files import appearing_whole
from payoff.models.registry import MODELS
from payoff.statistics import instability, median_interval
from payoff.timing import PHASES

CELL_COLUMNS = [field.name for field in fields(Cell)]
WAY_COLUMNS = ["dataset", "recipe", "model", "mode", "device"]
RUN_COLUMNS = [*CELL_COLUMNS, "repetition"]

# The site of a row: "" is what a device's own machine measured in this study (own_machines), else it is the key of
# another machine, whose runs are in no median of the first. payoff.beside names them, and puts other studies beside.
HERE = ""

# What a cell says of its runs: each as <quantity>_median, _low, _high (the interval of the median)
# and _spread (interquartile range over median).
SUMMARISED = [
    "epoch_time_s",
    "train_s",
    "wall_s",
    "test_accuracy",
    "validation_accuracy",
    "peak_memory_bytes",
    "device_peak_memory_bytes",
]

# A run that was stopped for its budget has a rate: its times stand, extrapolated; its accuracy does not.
PARTIAL = "over_budget"
LOSSES = ["train_loss", "test_loss", "validation_loss"]
ACCURACIES = ["test_accuracy", "validation_accuracy"]
TIMES_OF_PARTIAL = ["epoch_time_s", "train_s"]


def own_machines(records: Iterable[dict]) -> dict[str, str]:
    """device -> key of the machine that has measured the most of its runs; of two with as many, the one that began
    first. A machine after an update of its software is another one."""
    starts = defaultdict(lambda: defaultdict(list))
    for record in records:
        starts[record["cell"]["device"]][record["machine"]["key"]].append(record["started_at"])
    return {
        device: min(by_machine, key=lambda key: (-len(by_machine[key]), min(by_machine[key]), key))
        for device, by_machine in starts.items()
    }


def runs_table(records: Sequence[dict], own: Mapping[str, str] | None = None) -> pd.DataFrame:
    """A row a run, failed ones included (their figures are missing, their reason is not).

    own: device -> key of the machine whose runs are HERE; that of own_machines(records) if not given.

    Of a run over its budget, `epoch_time_s` is that of its finished epochs, else extrapolated from
    its steps, and `train_s` is extrapolated to all steps; `extrapolated` says so.
    """
    own = own_machines(records) if own is None else own
    rows = [{"site": _site(record, own)} | _run_row(record) for record in records]
    return pd.DataFrame(rows).sort_values(RUN_COLUMNS, ignore_index=True)


def samples_table(records: Sequence[dict]) -> pd.DataFrame:
    """A row an epoch of every run, in the order in which they were timed; epoch 0 is before the training."""
    own = own_machines(records)
    rows = [
        {**record["cell"], "site": _site(record, own), "repetition": record["repetition"], **epoch}
        for record in records
        for epoch in record["epochs"]
    ]
    figures = ["epoch_time_s", "device_time_s", *LOSSES, *ACCURACIES]
    table = pd.DataFrame(rows, columns=["site", *RUN_COLUMNS, "epoch", *figures])
    return table.astype(dict.fromkeys(figures, float)).sort_values([*RUN_COLUMNS, "epoch"], ignore_index=True)


def steps_table(records: Sequence[dict]) -> pd.DataFrame:
    """A row a step of those runs whose recipe keeps the loss of each step."""
    own = own_machines(records)
    rows = [
        {
            **record["cell"],
            "site": _site(record, own),
            "repetition": record["repetition"],
            "step": step,
            "step_loss": loss,
        }
        for record in records
        for step, loss in enumerate(record["step_losses"], 1)
    ]
    return pd.DataFrame(rows, columns=["site", *RUN_COLUMNS, "step", "step_loss"])


def cells_table(
    runs: pd.DataFrame, cells: Mapping[Cell, str | None], equal_work: pd.DataFrame | None = None
) -> pd.DataFrame:
    """A row a cell in the order of `cells`, those that were never run included; then those that other machines
    measured, machine by machine.

    cells: every cell of the study -> why it is not applicable, or None; equal_work: the table of the gate.
    `relative` compares a cell with the fastest that trains the same network: same data set, recipe,
    architecture and hidden size; one that does other work than the network's first way has none.
    `n` counts the runs that have a time, `n_finished` those that have an accuracy, too; `unstable`
    says what is suspect in the epoch times of its runs.
    """
    by_cell = {(site, Cell(*cell)): group for (site, *cell), group in runs.groupby(["site", *CELL_COLUMNS])}
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
    network = ["site", "dataset", "recipe", "architecture", "hidden_size"]
    others = _does_other_work(equal_work) if equal_work is not None else set()
    equal = ~pd.Series([tuple(row) in others for _, row in table[WAY_COLUMNS].iterrows()], dtype=bool)
    times = table["epoch_time_s_median"].where(equal)
    table["relative"] = times / times.groupby([table[name] for name in network]).transform("min")
    return table


def sample_of(runs: pd.DataFrame, quantity: str) -> pd.Series:
    """The values of a quantity that count: of finished runs, and of a time those of stopped runs as well."""
    counts = runs["failure"].isna()
    if quantity in TIMES_OF_PARTIAL:
        counts |= runs["failure"] == PARTIAL
    return runs.loc[counts, quantity].dropna().astype(float)


def _does_other_work(equal_work: pd.DataFrame) -> set[tuple]:
    """The ways (values of WAY_COLUMNS) that the gate did not pass beside the first way to their network."""
    ends = [["dataset", "recipe", *(f"{end}_{part}" for part in WAY_COLUMNS[2:])] for end in ("first", "second")]
    first, second = ([tuple(row) for row in equal_work[end].itertuples(index=False)] for end in ends)
    seconds = set(second)
    rows = zip(first, second, equal_work["passed"], strict=True)
    return {after for before, after, passed in rows if before not in seconds and not passed}


def write_table(table: pd.DataFrame, parquet: Path, csv: Path) -> None:
    with appearing_whole(parquet) as temporary:
        table.to_parquet(temporary, index=False)
    with appearing_whole(csv) as temporary:
        table.to_csv(temporary, index=False)


def _run_row(record: dict) -> dict:
    failure = record["failure"] or {"reason": None, "detail": None}
    finished = record["failure"] is None
    last = record["epochs"][-1] if finished else {}
    return {
        **record["cell"],
        "repetition": record["repetition"],
        "seed": record["seed"],
        "failure": failure["reason"],
        "failure_detail": failure["detail"],
        "started_at": record["started_at"],
        "epochs": len(_timed(record)),
        "steps": record["steps"]["done"],
        "extrapolated": failure["reason"] == PARTIAL and record["steps"]["done"] > 0,
        **_times(record),
        "wall_s": record["wall_s"] - record["phases_s"].get("repeats", 0),
        **_quiet(record),
        **{figure: _number(last.get(figure)) for figure in (*LOSSES, *ACCURACIES)},
        "peak_memory_bytes": record["peak_memory_bytes"],
        "device_peak_memory_bytes": record["device_peak_memory_bytes"],
        "weights_sha256": record["weights_sha256"],
        "predictions": " ".join(map(str, record["predictions"])),
        **{f"machine_{fact}": _text(value) for fact, value in record["machine"].items()},
        **{f"version_{name}": version for name, version in record["software"].items()},
        **{f"{phase}_phase_s": record["phases_s"].get(phase, np.nan) for phase in PHASES},
    }


def _site(record: dict, own: Mapping[str, str]) -> str:
    key = record["machine"]["key"]
    return HERE if own.get(record["cell"]["device"]) == key else key


def _timed(record: dict) -> list[float]:
    return [epoch["epoch_time_s"] for epoch in record["epochs"] if epoch["epoch"] > 0]


def _times(record: dict) -> dict[str, float]:
    """epoch_time_s and train_s, by the rate of the steps that were done if the run was stopped."""
    epochs, steps = _timed(record), record["steps"]
    if record["failure"] is None:
        return {"epoch_time_s": float(np.median(epochs + record["repeats_s"])), "train_s": float(np.sum(epochs))}
    if record["failure"]["reason"] != PARTIAL or steps["done"] == 0:
        return {"epoch_time_s": np.nan, "train_s": np.nan}
    train_s = record["phases_s"]["training"] / steps["done"] * steps["asked"]
    epoch_time_s = float(np.median(epochs)) if epochs else train_s / record["recipe"]["epochs"]
    return {"epoch_time_s": epoch_time_s, "train_s": train_s}


def _quiet(record: dict) -> dict[str, object]:
    """What the run was kept waiting for, and what disturbed it."""
    contention = record["contention"]
    figures = ("others_cpu", "steal", "involuntary_switches_per_s", "unevenness")
    return {
        **{f"waited_for_{what}_s": seconds for what, seconds in record["waited_s"].items()},
        "label": contention["label"],
        "disturbed_by": "; ".join(contention["reasons"]),
        "repeated": record["before_repeat"] is not None,
        **{figure: _number(contention[figure]) for figure in figures},
    }


def _number(value: float | None) -> float:
    return np.nan if value is None else value


def _text(value: object) -> object:
    """One cell of a table: the GPUs of a machine, a list, become a text, as does what is known of its BLAS."""
    if isinstance(value, Mapping):
        return " ".join(part for part in value.values() if part)
    return ", ".join(gpu["name"] or "a GPU" for gpu in value) if isinstance(value, list) else value


def _cell_row(cell: Cell, runs: pd.DataFrame, not_applicable: str | None) -> dict:
    finished = runs[runs["failure"].isna()]
    partial = runs[runs["extrapolated"].astype(bool)]
    failed = runs.drop([*finished.index, *partial.index])
    reasons = [*failed["failure"].drop_duplicates(), *partial["failure"].drop_duplicates()]
    row = {
        **asdict(cell),
        "architecture": MODELS[cell.model].architecture,
        "status": _status(len(finished), len(partial), len(failed), not_applicable),
        "reason": not_applicable or "; ".join(reasons) or None,
        "n": len(finished) + len(partial),
        "n_finished": len(finished),
        "n_partial": len(partial),
        "n_failed": len(failed),
        "unstable": instability(sample_of(runs, "epoch_time_s")),
    }
    row["n_contended"] = int((runs.loc[sample_of(runs, "epoch_time_s").index, "label"] == "contended").sum())
    for quantity in SUMMARISED:
        sample = sample_of(runs, quantity)
        estimate = median_interval(sample)
        lower, upper = sample.quantile([0.25, 0.75])
        row[f"{quantity}_median"] = estimate.median
        row[f"{quantity}_low"] = estimate.low
        row[f"{quantity}_high"] = estimate.high
        row[f"{quantity}_spread"] = (upper - lower) / estimate.median
    return row


def _status(finished: int, partial: int, failed: int, not_applicable: str | None) -> str:
    if not_applicable:
        return "not applicable"
    if failed:
        return "partly" if finished or partial else "failed"
    if partial:
        return "extrapolated"
    return "measured" if finished else "not run"
