"""Records -> the table of runs: one row per run."""

from collections.abc import Mapping, Sequence
from statistics import median

import numpy as np
import pandas as pd

from payoff.cells import RUN
from payoff.machine.clock import ONLY_TO_TIME, PHASES
from payoff.machine.quiet import CONTENDED
from payoff.runs.result import durations_of
from payoff.tables.sites import own_machines, site_of

# A run that was stopped for its budget has a rate. Its times are extrapolated from that; it has no accuracy.
PARTIAL = "over_budget"
LOSSES = ["train_loss", "test_loss", "validation_loss"]
ACCURACIES = ["test_accuracy", "validation_accuracy"]
TIMES_OF_PARTIAL = ["epoch_time_s", "epoch_energy_j", "train_s"]  # and what follows from them


def runs_table(records: Sequence[dict], machines: Mapping[str, str] | None = None) -> pd.DataFrame:
    """One row per run, failed ones included: they have a reason, but no figures.

    machines: device -> key of the machine whose runs are HERE; own_machines(records) if not given.

    For a run over its budget, `train_s` is extrapolated to all steps, and so is `epoch_time_s` if it took no turn and
    finished no epoch; `extrapolated` is true.
    """
    machines = own_machines(records) if machines is None else machines
    rows = [{"site": site_of(record, machines)} | _run_row(record) for record in records]
    return pd.DataFrame(rows).sort_values(RUN, ignore_index=True)


def sample_of(runs: pd.DataFrame, quantity: str) -> pd.Series:
    """The values of a quantity that count: those of finished runs; if it is a time, also those of stopped runs."""
    counts = runs["failure"].isna()
    if quantity in TIMES_OF_PARTIAL:
        counts |= runs["failure"] == PARTIAL
    return runs.loc[counts, quantity].dropna().astype(float)


def besides_s(runs: pd.DataFrame) -> pd.Series:
    """The seconds of each run besides training and evaluation: its start, its imports, its data, its ending."""
    phases = runs.reindex(columns=["training_phase_s", "evaluation_phase_s"]).fillna(0).sum(axis=1)
    return runs["wall_s"] - phases


def is_contended(runs: pd.DataFrame) -> pd.Series:
    """Whether other programs disturbed a run, for each run."""
    return runs["label"] == CONTENDED


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
        "heat": record["heat"] and record["heat"]["started_at"],
        "epochs": len(durations_of(record["epochs"])),
        "steps": record["steps"]["done"],
        "extrapolated": failure["reason"] == PARTIAL and record["steps"]["done"] > 0,
        **(times := _times(record)),
        "epoch_energy_j": _mean_power_w(record) * times["epoch_time_s"],
        "wall_s": record["process_s"] - sum(record["phases_s"].get(phase, 0) for phase in ONLY_TO_TIME),
        **_quiet(record),
        **{figure: _number(last.get(figure)) for figure in (*LOSSES, *ACCURACIES)},
        "test_error": _error(last),
        "peak_memory_bytes": record["peak_memory_bytes"],
        "device_peak_memory_bytes": record["device_peak_memory_bytes"],
        "weights_sha256": record["weights_sha256"],
        "predictions": " ".join(map(str, record["predictions"])),
        **{f"machine_{fact}": _text(value) for fact, value in record["machine"].items()},
        **{f"version_{name}": version for name, version in record["software"].items()},
        **{f"{phase}_phase_s": record["phases_s"].get(phase, np.nan) for phase in PHASES},
    }


def _times(record: dict) -> dict[str, float]:
    """epoch_time_s, the median over the run's turns, or without turns over its epochs, and train_s. Those of a stopped
    run are extrapolated from the rate of its steps."""
    epochs, steps = durations_of(record["epochs"]), record["steps"]
    failure = record["failure"] and record["failure"]["reason"]
    if failure not in (None, PARTIAL) or steps["done"] == 0:
        return {"epoch_time_s": np.nan, "train_s": np.nan}
    train_s = sum(epochs) if failure is None else record["phases_s"]["training"] / steps["done"] * steps["asked"]
    if record["turns"]:
        times = [turn["epoch_s"] for turn in record["turns"]]
    else:
        times = epochs + record.get("repeats_s", []) or [train_s / record["recipe"]["epochs"]]
    return {"epoch_time_s": float(median(times)), "train_s": float(train_s)}  # np.median takes twenty times as long


def _mean_power_w(record: dict) -> float:
    """Over the run's turns; NaN where it was not measured."""
    powers = [turn["power_w"] for turn in record["turns"] if turn.get("power_w") is not None]
    return float(np.mean(powers)) if powers else np.nan


def _quiet(record: dict) -> dict[str, object]:
    """What the run waited for, and what disturbed it."""
    contention = record["contention"]
    figures = ("others_cpu", "steal", "involuntary_switches_per_s", "unevenness")
    return {
        **{f"waited_for_{what}_s": seconds for what, seconds in record["waited_s"].items()},
        "label": contention["label"],
        "disturbed_by": "; ".join(contention["reasons"]),
        **{figure: _number(contention[figure]) for figure in figures},
    }


def _error(last: Mapping[str, float | None]) -> float:
    """Where numbers are predicted, the loss is the mean squared error, so this is its root."""
    loss, has_numbers = last.get("test_loss"), last.get("test_accuracy") is None
    return float(np.sqrt(loss)) if loss is not None and has_numbers else np.nan


def _number(value: float | None) -> float:
    return np.nan if value is None else value


def _text(value: object) -> object:
    """A value for a table: lists of GPUs and of their faults and a description of the BLAS become texts, other values
    stay as they are."""
    if isinstance(value, Mapping):
        return " ".join(part for part in value.values() if part)
    if isinstance(value, list):
        return ", ".join(entry if isinstance(entry, str) else entry["name"] or "a GPU" for entry in value)
    return value
