"""Records -> the table of runs: one row per run."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from payoff.cells import RUN
from payoff.machine.clock import PHASES
from payoff.tables.sites import own_machines, site_of

# A run that was stopped for its budget has a rate: its times stand, extrapolated; its accuracy does not.
PARTIAL = "over_budget"
LOSSES = ["train_loss", "test_loss", "validation_loss"]
ACCURACIES = ["test_accuracy", "validation_accuracy"]
TIMES_OF_PARTIAL = ["epoch_time_s", "train_s"]


def runs_table(records: Sequence[dict], own: Mapping[str, str] | None = None) -> pd.DataFrame:
    """One row per run, failed ones included (their figures are missing, their reason is not).

    own: device -> key of the machine whose runs are HERE; that of own_machines(records) if not given.

    Of a run over its budget, `epoch_time_s` is that of its finished epochs, else extrapolated from
    its steps, and `train_s` is extrapolated to all steps; `extrapolated` says so.
    """
    own = own_machines(records) if own is None else own
    rows = [{"site": site_of(record, own)} | _run_row(record) for record in records]
    return pd.DataFrame(rows).sort_values(RUN, ignore_index=True)


def sample_of(runs: pd.DataFrame, quantity: str) -> pd.Series:
    """The values of a quantity that count: of finished runs, and of a time those of stopped runs as well."""
    counts = runs["failure"].isna()
    if quantity in TIMES_OF_PARTIAL:
        counts |= runs["failure"] == PARTIAL
    return runs.loc[counts, quantity].dropna().astype(float)


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
        "wall_s": record["process_s"] - record["phases_s"].get("repeats", 0),
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


def _timed(record: dict) -> list[float]:
    return [epoch["duration_s"] for epoch in record["epochs"] if epoch["epoch"] > 0]


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
