"""The measured process: one run, from import to final weights, and then its turns.

`python -m payoff.runs.worker REQUEST RESULT` reads a request (JSON, see payoff.runs.entrant) and writes what it
measured. When the recipe's training is over, it says so, and from then on takes a turn each time that it is asked to.
Only the standard library and four small modules of this project are imported before the imports are timed. The exit
status is 0 if there is a result, even that of a failed run. Any other status means a fault of the program.
"""

import hashlib
import importlib
import json
import platform
import resource
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from payoff.failures import RunFailure
from payoff.machine.channel import Channel
from payoff.machine.clock import Stopwatch
from payoff.runs.result import Result, durations_of, write_result

if TYPE_CHECKING:  # the real import is timed
    from payoff.runs.turns import Turns

# reason -> words in the errors of the frameworks; the first reason that fits counts. Errors are recognised by their
# words, so that no framework must be imported for it.
FAILURE_MARKS = {
    "out_of_memory": (
        "MemoryError",
        "OutOfMemoryError",
        "out of memory",
        "can't allocate memory",
        "ALLOC_FAILED",
        "array is too big",
        "Maximum allowed dimension exceeded",
        "RESOURCE_EXHAUSTED",
    ),
    "device_failed": ("AcceleratorError", "CUDA error", "CUDA_ERROR", "cuDNN error", "CUBLAS_STATUS", "CUDNN_STATUS"),
}


def main(request_path: str, result_path: str) -> None:
    request = json.loads(Path(request_path).read_text(encoding="utf-8"))
    stopwatch = Stopwatch(started_at=request["spawned_at"])
    stopwatch.settle("start_up")
    # The parent ends this process at its limit, but it may be gone by then. This process must end even so, because it
    # holds the machine's lock. Once it has trained, it ends when it hears nothing more from the parent.
    signal.setitimer(signal.ITIMER_REAL, request["limit_s"] + 1)
    result = Result(phases_s=stopwatch.phases_s)
    turns = None
    with _failure_kept_in(result):
        turns = _measure(request, stopwatch, result)
    result.peak_memory_bytes = _peak_memory_bytes()
    result.software = software()
    if turns:
        with _failure_kept_in(result):
            _take_turns(turns, durations_of(result.epochs), Channel(*request["channel"]), stopwatch)
    write_result(result, stopwatch, Path(result_path))  # the parent measures the time from here to the end


def _measure(request: dict, stopwatch: Stopwatch, result: Result) -> "Turns | None":
    """The run itself. Fills `result` as it goes, so that a failure keeps what was measured before it.

    Returns the turns that the network can take: also one whose budget was over, but none that took no step.
    """
    with stopwatch.phase("imports"):
        model = importlib.import_module(request["module"])
        from threadpoolctl import threadpool_info

        from payoff.datasets import splits
        from payoff.datasets.examples import image_shape, make_examples
        from payoff.models.blueprint import Blueprint
        from payoff.recipes import Recipe
        from payoff.runs import training
        from payoff.runs.turns import Turns

    recipe = Recipe.from_document(request["recipe"])
    with stopwatch.phase("data"):
        dataset = splits.load(Path(request["dataset"]))
        examples = make_examples(dataset, recipe, request["seed"])

    with stopwatch.phase("build"):
        blueprint = Blueprint(
            recipe=recipe,
            image_shape=image_shape(examples["train"]),
            outputs=dataset.outputs,
            hidden_size=request["hidden_size"],
            device=request["device"],
            seed=request["seed"],
        )
        network = model.build(blueprint)
    stopwatch.device = network
    result.thread_counts |= {pool["internal_api"]: pool["num_threads"] for pool in threadpool_info()}
    if (count := network.thread_count()) is not None:
        result.thread_counts["framework"] = count

    with stopwatch.phase("transfer"):
        parts = {name: training.place(network, part) for name, part in examples.items()}
        train = parts.pop("train")
    with stopwatch.phase("first_step"):
        training.warm_up(network, recipe, train, parts.values())

    progress = training.Progress()
    try:
        training.fit(
            network,
            recipe,
            train,
            parts,
            seed=request["seed"],
            stopwatch=stopwatch,
            progress=progress,
            on_epoch=partial(tell, recipe.epochs),
            deadline=request["spawned_at"] + request["budget_s"],
        )
        result.weights_sha256 = _sha256(network.state())
        result.predictions = progress.predictions
    except RunFailure as failure:
        if failure.reason != "over_budget":
            raise
        _keep_failure(failure, result)
    finally:
        asked = recipe.epochs * training.steps_an_epoch(recipe, len(train))
        result.epochs = [asdict(epoch) for epoch in progress.epochs]
        result.steps = {"done": progress.steps, "asked": asked}
        result.step_losses = progress.step_losses
        result.device_peak_memory_bytes = network.peak_memory_bytes()
    if progress.steps == 0:
        return None
    step_s = stopwatch.phases_s["training"] / progress.steps
    with stopwatch.phase("turns"):
        return Turns(network, recipe, train, seed=request["seed"], step_s=step_s)


def _take_turns(turns: "Turns", durations_s: list[float], channel: Channel, stopwatch: Stopwatch) -> None:
    """Say that the training is over, and how long its epochs took. Then take a turn for each message, until the parent
    says no more."""
    signal.setitimer(signal.ITIMER_REAL, 0)
    channel.tell(used=_used(), durations_s=durations_s)
    stopwatch.settle()
    while channel.hear() is not None:
        stopwatch.settle("waiting")
        turn = asdict(turns.take())
        stopwatch.settle("turns")
        channel.tell(used=_used(), **turn)
    stopwatch.settle("waiting")


def _used() -> dict[str, float]:
    """What this process has used so far; the fields of payoff.machine.quiet.Used, which would cost imports here."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return {"cpu_s": used.ru_utime + used.ru_stime, "involuntary_switches": used.ru_nivcsw}


def tell(epochs: int, epoch: Any) -> None:
    """Print one line about an epoch, a payoff.runs.training.Epoch (not imported above, because imports are timed)."""
    figures = [f"{name} {value:.4f}" for name, value in asdict(epoch).items() if name != "epoch" and value is not None]
    print(f"epoch {epoch.epoch}/{epochs}: {', '.join(figures)}", flush=True)


@contextmanager
def _failure_kept_in(result: Result) -> Iterator[None]:
    """An error that makes this a failed run ends the block and is kept. Any other is raised: a fault of the program."""
    try:
        yield
    except Exception as error:
        failure = _failure(error)
        if failure is None:
            raise
        _keep_failure(failure, result)


def _keep_failure(failure: RunFailure, result: Result) -> None:
    print(failure, flush=True)
    result.failure = {"reason": failure.reason, "detail": failure.detail}


def _failure(error: Exception) -> RunFailure | None:
    """What kind of failed run this is, or None for a fault of the program."""
    if isinstance(error, RunFailure):
        return error
    words = str(error)
    for reason, marks in FAILURE_MARKS.items():
        if any(mark in f"{type(error).__name__}: {words}" for mark in marks):
            return RunFailure(reason, words)
    return None


def _sha256(state: dict) -> str:
    digest = hashlib.sha256()
    for array in state.values():
        digest.update(array.tobytes())
    return digest.hexdigest()


def _peak_memory_bytes() -> int:
    """The most resident memory of this process so far."""
    status = Path("/proc/self/status")
    if status.exists():  # Linux, where ru_maxrss starts with the memory that the parent had
        line = next(line for line in status.read_text(encoding="ascii").splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # macOS: bytes


def software() -> dict[str, str]:
    used = [name for name in ("numpy", "torch", "jax") if name in sys.modules]
    return {"python": platform.python_version(), **{name: version(name) for name in used}}


if __name__ == "__main__":
    main(*sys.argv[1:])
