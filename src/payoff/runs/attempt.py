"""One measurement of a run: start the measured process, wait for it, and report how it ended.

The measured process is not this one. So its number of threads is set before its first import, another process takes its
wall-clock time, and its record is not lost if it dies.
"""

import signal
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from platform import python_version

from payoff.cells import Cell
from payoff.machine.nvml import Gpu
from payoff.machine.processes import CRASHES, Called, ProgramFaultError, call, tail
from payoff.machine.quiet import Watch, wait_for_quiet
from payoff.recipes import Recipe
from payoff.runs.result import Result, read_result

# A process that does not stop by itself after its budget (it hangs, or one epoch is very long)
# is ended after this many budgets.
HARD_LIMIT = 2


@dataclass(frozen=True)
class Run:
    """What to measure: one repetition of one cell.

    module: the model's module; dataset: path of the prepared .npz; budget_s: seconds, from process start;
    quiet_wait_s: the most seconds to wait until other programs are quiet; gpus: how many it needs.
    """

    study: str
    cell: Cell
    repetition: int
    seed: int
    module: str
    recipe: Recipe
    dataset: Path
    budget_s: float
    quiet_wait_s: float = 0
    gpus: int = 0


@dataclass(frozen=True)
class Place:
    """Where a run is measured.

    descriptors: open files that hold the locks of the machine and of these GPUs; waited_s: seconds it waited for them.
    """

    gpus: Sequence[Gpu]
    descriptors: Sequence[int]
    waited_s: float


def attempt(run: Run, place: Place, log: Path) -> dict:
    """Measure `run` in a fresh process that prints into `log`; return the part of its record that this measures.

    Raises ProgramFaultError if a fault of the program made the process fail, or if it was ended from outside.
    """
    uuids = [gpu.uuid for gpu in place.gpus]
    quiet_s = wait_for_quiet(run.quiet_wait_s, uuids)
    started_at = datetime.now(UTC)
    oom_kills = _oom_kills()
    watch = Watch(uuids)
    called = _work(run, place, log)
    if called.status == 0:
        result = read_result(called.written, called.reaped_at)
    else:
        result = _result_of_a_dead_process(called.status, run, log, _oom_kills() > oom_kills)
    epochs = [epoch["duration_s"] for epoch in result.epochs if epoch["epoch"] > 0]
    return {
        "started_at": started_at.isoformat(timespec="milliseconds"),
        "process_s": called.reaped_at - called.spawned_at,
        "waited_s": {"lock": place.waited_s, "quiet": quiet_s},
        "contention": watch.stop([*epochs, *result.repeats_s]),
        "log_tail": tail(log) if result.failure else "",
        **vars(result),
    }


def _work(run: Run, place: Place, log: Path) -> Called:
    """Run payoff.runs.worker, until the hard limit at the latest."""
    limit_s = run.budget_s * HARD_LIMIT
    request = {
        "module": run.module,
        "recipe": run.recipe.to_document(),
        "dataset": str(run.dataset),
        "hidden_size": run.cell.hidden_size,
        "device": run.cell.device,
        "seed": run.seed,
        "budget_s": run.budget_s,
        "limit_s": limit_s,
    }
    return call(
        "payoff.runs.worker",
        request,
        threads=run.cell.threads,
        log=log,
        limit_s=limit_s,
        variables={"CUDA_VISIBLE_DEVICES": ",".join(gpu.entry for gpu in place.gpus)} if place.gpus else {},
        descriptors=place.descriptors,
    )


def _result_of_a_dead_process(status: int | None, run: Run, log: Path, memory_ran_out: bool) -> Result:
    if status is None:
        failure = (
            "over_budget",
            f"ended from outside after {run.budget_s * HARD_LIMIT:g} s, because it did not stop by itself",
        )
    elif -status == signal.SIGKILL and memory_ran_out:
        failure = ("out_of_memory", "the kernel ended the process because memory ran out")
    elif -status in CRASHES:
        failure = ("crashed", f"the process was ended by {signal.Signals(-status).name}")
    else:
        raise ProgramFaultError(f"{run.cell}, repetition {run.repetition}", status, log)
    return Result(
        failure=dict(zip(("reason", "detail"), failure, strict=True)),
        software={"python": python_version(), "numpy": version("numpy")},
    )


def _oom_kills() -> int:
    """How many processes the kernel has ended because memory ran out; 0 if it does not report this."""
    vmstat = Path("/proc/vmstat")
    lines = vmstat.read_text(encoding="ascii").splitlines() if vmstat.exists() else []
    return next((int(line.split()[1]) for line in lines if line.startswith("oom_kill ")), 0)
