"""Records of studies that never ran, with times that a test knows."""

from collections.abc import Collection, Sequence
from functools import cache

import numpy as np
import pandas as pd

from payoff.answer.answer import Answer
from payoff.answer.compute import answer_of
from payoff.cells import WITHOUT_THREADS, Cell
from payoff.comparisons.compute import comparisons
from payoff.comparisons.ways import labelled
from payoff.machine.clock import PHASES
from payoff.recipes import Recipe
from payoff.runs.records import is_control
from payoff.tables.cells import cells_table
from payoff.tables.runs import runs_table
from payoff.tables.samples import samples_table
from payoff.tables.turns import turns_table

RECIPE = Recipe("unit", "cross_entropy", "sgd", 0.1, 32, 3)
MACHINE = {
    "key": "0123456789ab",
    "host": "ba9876543210",
    "cpu": "A <CPU>",
    "physical_cores": 2,
    "logical_cores": 4,
    "memory_bytes": 8 * 2**30,
    "gpus": [],
    "os": "Linux",
    "architecture": "x86_64",
    "blas": {"internal_api": "openblas", "version": "0.3.30", "architecture": "Zen", "threading_layer": "pthreads"},
    "python": "3.11.0",
    "numpy": "2.0.0",
    "torch": None,
}
QUIET = {
    "label": "quiet",
    "reasons": [],
    "others_cpu": 0.0,
    "steal": 0.0,
    "involuntary_switches_per_s": 0.0,
    "unevenness": 1.0,
    "gpus": [],
}
# From run to run, in per mille: enough for an interval, too little for a doubt.
NOISE = (-5, -3, -1, 1, 3, 5, -4, 4, -2, 2)


def record(cell: Cell, repetition: int, epoch_time_s: float, failure: str | None = None) -> dict:
    epochs = [
        {
            "epoch": epoch,
            "duration_s": epoch_time_s,
            "device_duration_s": None,
            "train_loss": 1 / epoch,
            "test_loss": 1.1 / epoch,
            "test_accuracy": 0.9,
            "validation_loss": None,
            "validation_accuracy": None,
        }
        for epoch in (1, 2, 3)
    ]
    return {
        "schema_version": 5,
        "study": "planted",
        "cell": vars(cell),
        "repetition": repetition,
        "seed": repetition,
        "recipe": RECIPE.to_document(),
        "failure": failure and {"reason": failure, "detail": f"planted <{failure}>"},
        "started_at": f"2026-01-01T00:00:{repetition:02}.000+00:00",
        "process_s": 1 + 3 * epoch_time_s,
        "waited_s": {"lock": 0.0, "quiet": 0.0},
        "contention": QUIET,
        "heat": None,
        "turns": [],
        "phases_s": dict.fromkeys(PHASES, 0.0) | {"imports": 1.0, "training": 3 * epoch_time_s},
        "epochs": [] if failure else epochs,
        "steps": {"done": 0 if failure else 30, "asked": 30},
        "step_losses": [],
        "predictions": [] if failure else [3, 1, 4],
        "peak_memory_bytes": 2**27,
        "device_peak_memory_bytes": None,
        "weights_sha256": None if failure else "0" * 64,
        "thread_counts": {"openblas": 1},
        "machine": MACHINE,
        "software": {"python": "3.11.0", "numpy": "2.0.0"},
        "log_tail": "",
    }


def noisy(draw: np.random.Generator, median: float, n: int) -> np.ndarray:
    """Times as a busy machine gives them: never much below their median, sometimes far above it."""
    return median * (1 + 0.05 * (draw.lognormal(0, 0.8, n) - 1))


def runs_of(times, model: str = "numpy_mlp") -> pd.DataFrame:
    """The table of the runs of one cell, of H = 32, that took these times."""
    return as_read(runs_table([record(cell(model, 32), repetition, time) for repetition, time in enumerate(times, 1)]))


def in_heat(
    entry: dict, epochs_s: Sequence[float], *, is_control: bool = False, disturbed: Collection[int] = ()
) -> dict:
    """The same run in a heat, which all runs of its repetition share, with a turn per round that takes so long.

    disturbed: numbers of rounds, from 1.
    """
    turns = [
        {
            "round": number,
            "position": 1,
            "began_s": 0.2 * number,
            "epoch_s": seconds,
            "device_epoch_s": None,
            "blocks": 3,
            "counted_s": 3 * seconds,
            "cpu_s": 3 * seconds,
            "disturbed_by": ["other programs used the CPU"] if number in disturbed else [],
        }
        for number, seconds in enumerate(epochs_s, 1)
    ]
    started_at = f"2026-01-01T00:{entry['repetition']:02}:00.000+00:00"
    return entry | {"heat": {"started_at": started_at, "ways": 2, "is_control": is_control}, "turns": turns}


def partial_record(cell: Cell, repetition: int, step_time_s: float, steps: int) -> dict:
    """A run of 30 steps in 3 epochs that was stopped for its budget after so many steps."""
    whole = record(cell, repetition, 10 * step_time_s)
    return whole | {
        "failure": {"reason": "over_budget", "detail": "planted"},
        "phases_s": dict.fromkeys(PHASES, 0.0) | {"imports": 1.0, "training": steps * step_time_s},
        "epochs": whole["epochs"][: steps // 10],
        "steps": {"done": steps, "asked": 30},
        "predictions": [],
        "weights_sha256": None,
    }


def cell(
    model: str, hidden_size: int, device: str = "cpu", dataset: str = "digits", mode: str = "eager", threads: int = 1
) -> Cell:
    return Cell(dataset, model, mode, "short", device, hidden_size, threads)


def study(times, repetitions: int = 6, failures=(), not_applicable=None):
    """(runs, samples, cells) of a study, labelled as if they were read from its folder.

    times: cell -> its epoch time in seconds; failures: cell -> reason for which every run of it
    failed; not_applicable: cell -> reason.
    """
    asked = (times.items(), dict(failures).items(), (not_applicable or {}).items())
    return tuple(frame.copy() for frame in _study(*map(tuple, asked), repetitions))


@cache
def _study(times: tuple, failures: tuple, not_applicable: tuple, repetitions: int) -> tuple[pd.DataFrame, ...]:
    times, failures = dict(times), dict(failures)
    records = [
        record(cell, repetition, seconds * (1 + NOISE[repetition % len(NOISE)] / 1000), failures.get(cell))
        for cell, seconds in {**times, **dict.fromkeys(failures, 1.0)}.items()
        for repetition in range(1, repetitions + 1)
    ]
    runs = runs_table(records)
    cells = dict.fromkeys([*times, *failures]) | dict(not_applicable)
    return tuple(map(as_read, (runs, samples_table(records), cells_table(runs, cells))))


def as_read(frame: pd.DataFrame) -> pd.DataFrame:
    """With the labels of a study that stands alone, in which one thread is the best for all."""
    several = len(frame["recipe"].unique()) > 1
    best = pd.Series(dtype=int)
    if "threads" in frame:
        best = pd.Series(1, pd.MultiIndex.from_frame(frame[WITHOUT_THREADS]).unique())
    return labelled(frame, best, several_recipes=several)


def compared(times, **kwargs):
    """The comparisons drawn from a study with these times."""
    runs, _, cells = study(times, **kwargs)
    return comparisons(cells, runs)


def answered(times, checks=(), again=None, **kwargs) -> Answer:
    """The answer of a study with these times.

    checks: rows of the table of equal work; again: the rows of its runs that are the control's, too.
    """
    runs, _, cells = study(times, **kwargs)
    return answer_from(cells, runs, checks=checks, again=again)


def answer_from(cells: pd.DataFrame, runs: pd.DataFrame, checks=(), again=None, **kwargs) -> Answer:
    """The same from its tables."""
    equal_work = as_read(pd.DataFrame(checks, columns=CHECK_COLUMNS))
    return answer_of(cells, runs, equal_work, runs.iloc[:0] if again is None else again, **kwargs)


def answer_of_records(records: Sequence[dict], **kwargs) -> Answer:
    """The answer of a study with these records, the control's and their turns included."""
    runs, again = (
        as_read(runs_table([entry for entry in records if is_control(entry) == control] or records[:1]))
        for control in (False, True)
    )
    if not any(map(is_control, records)):
        again = again.iloc[:0]
    cells = as_read(cells_table(runs, dict.fromkeys(Cell(**entry["cell"]) for entry in records)))
    return answer_from(cells, runs, again=again, turns=as_read(turns_table(records)), **kwargs)


def contended(times, which, **kwargs) -> Answer:
    """The answer of a study where `which` says of the table of runs which were contended."""
    runs, _, cells = study(times, **kwargs)
    runs.loc[which(runs), "label"] = "contended"
    return answer_from(cells, runs)


def slow_when_contended() -> Answer:
    """Of two networks that take the same time, most runs of one were contended, and took twice as long."""
    times = race(lambda h: 0.1, lambda h: 0.1, sizes=(10,))
    runs, _, _ = study(times, repetitions=20)
    slow = (runs["model"] == "torch_mlp") & (runs["repetition"] > 6)
    runs.loc[slow, ["label", "epoch_time_s"]] = ["contended", 0.2]
    runs["epoch_time_s"] = runs["epoch_time_s"].astype(float)
    return answer_from(as_read(cells_table(runs, dict.fromkeys(times))), runs)


def short_at(times, size: int) -> Answer:
    """The answer of a study in which only four runs of torch succeeded at this size."""
    runs, _, _ = study(times)
    short = (runs["hidden_size"] == size) & (runs["model"] == "torch_mlp") & (runs["repetition"] > 4)
    runs.loc[short, "failure"] = "crashed"
    return answer_from(as_read(cells_table(runs, dict.fromkeys(times))), runs)


def race(numpy_s, torch_s, sizes=(10, 100, 1000)):
    """Times of the two MLPs over the hidden size."""
    return {cell("numpy_mlp", h): numpy_s(h) for h in sizes} | {cell("torch_mlp", h): torch_s(h) for h in sizes}


def check_of(first: tuple, second: tuple, **changes) -> dict:
    """A row of the table of equal work; a way is its model, mode and device."""
    sides = {"first": first, "second": second}
    ways = {f"{side}_{what}": sides[side][i] for side in sides for i, what in enumerate(("model", "mode", "device"))}
    row = {"site": "", "dataset": "digits", "recipe": "short", "architecture": "mlp", "hidden_size": 10, "steps": 20}
    row |= {"outputs_difference": 0.0, "gradients_difference": 0.3, "weights_difference": 0.1, "tolerance": 1e-5}
    return row | ways | {"passed": False, "reason": "gradients differ by 0.3, allowed 1e-05"} | changes


CHECK_COLUMNS = list(check_of(("",) * 3, ("",) * 3))
