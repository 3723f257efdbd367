"""One run: start the process that is measured, wait for it, and make a record of whatever became of it.

The measured process is not this one. So its threads are set before its first import, its wall clock
is taken by somebody else, and it can die without its record being lost.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from platform import python_version

from payoff.cells import Cell
from payoff.errors import UserError
from payoff.machine import describe_machine
from payoff.recipes import Recipe
from payoff.records import SCHEMA_VERSION

# A process that does not stop by itself after its budget (it hangs, or one epoch is very long)
# is ended after this many budgets.
HARD_LIMIT = 2
LOG_TAIL_LINES = 20
THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)
CRASHES = (signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGILL)


class ProgramFaultError(UserError):
    """The measured process ended in a way that is no measurement: its job fails, no record is written."""


@dataclass(frozen=True)
class Run:
    """What to measure: one repetition of one cell.

    module: the model's module; dataset: path of the prepared .npz; budget_s: seconds, from process start.
    """

    study: str
    cell: Cell
    repetition: int
    seed: int
    module: str
    recipe: Recipe
    dataset: Path
    budget_s: float


def measure(run: Run, log: Path) -> dict:
    """Measure `run` in a fresh process that prints into `log`; return its record.

    Raises ProgramFaultError if the process failed through a fault of the program, or was ended from outside.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        result_path = Path(folder) / "result.json"
        started_at = datetime.now(UTC)
        oom_kills = _oom_kills()
        spawned_at = time.monotonic()
        status = _work(run, spawned_at, result_path, Path(folder) / "request.json", log)
        reaped_at = time.monotonic()
        if status == 0:
            result = json.loads(result_path.read_text(encoding="utf-8"))
            result["phases_s"]["shutdown"] = max(0.0, reaped_at - result.pop("finished_at"))
        else:
            result = _result_of_a_dead_process(status, run, log, _oom_kills() > oom_kills)
    return {
        "schema_version": SCHEMA_VERSION,
        "study": run.study,
        "cell": asdict(run.cell),
        "repetition": run.repetition,
        "seed": run.seed,
        "recipe": asdict(run.recipe),
        "started_at": started_at.isoformat(timespec="milliseconds"),
        "wall_s": reaped_at - spawned_at,
        "machine": describe_machine(),
        "log_tail": _tail(log) if result["failure"] else "",
        **result,
    }


def _work(run: Run, spawned_at: float, result: Path, request: Path, log: Path) -> int | None:
    """Let payoff.worker do the run; its exit status, or None if it had to be ended at the hard limit."""
    document = {
        "module": run.module,
        "recipe": asdict(run.recipe),
        "dataset": str(run.dataset),
        "hidden_size": run.cell.hidden_size,
        "device": run.cell.device,
        "seed": run.seed,
        "budget_s": run.budget_s,
        "spawned_at": spawned_at,
    }
    request.write_text(json.dumps(document), encoding="utf-8")
    # -P: the working directory is not searched for modules; it is the user's, not ours.
    command = [sys.executable, "-P", "-m", "payoff.worker", str(request), str(result)]
    with log.open("w", encoding="utf-8") as output:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, env=_environment(run)
        )
        hard_limit = threading.Event()
        timer = threading.Timer(run.budget_s * HARD_LIMIT, lambda: (hard_limit.set(), process.kill()))
        timer.start()
        try:
            # Without a timeout: with one, Python would poll up to 50 ms too long, and beside the measured process.
            status = process.wait()
        finally:
            timer.cancel()
            process.kill()  # when this process is interrupted, the measured one must not go on
            process.wait()
        return None if hard_limit.is_set() else status


def _environment(run: Run) -> dict[str, str]:
    """This process's environment, with the thread count for every library that might compute."""
    threads = dict.fromkeys(THREAD_VARIABLES, str(run.cell.threads))
    # What cuBLAS needs to give the same result twice; without effect on a CPU.
    return os.environ | threads | {"CUBLAS_WORKSPACE_CONFIG": ":4096:8"}


def _result_of_a_dead_process(status: int | None, run: Run, log: Path, memory_ran_out: bool) -> dict:
    if status is None:
        failure = (
            "over_budget",
            f"ended after {run.budget_s * HARD_LIMIT:g} s without finishing an epoch in time",
        )
    elif -status == signal.SIGKILL and memory_ran_out:
        failure = ("out_of_memory", "the kernel ended the process because memory ran out")
    elif -status in CRASHES:
        failure = ("crashed", f"the process was ended by {signal.Signals(-status).name}")
    else:
        how = f"by {signal.Signals(-status).name}" if status < 0 else f"with status {status}"
        raise ProgramFaultError(f"{run.cell}, repetition {run.repetition}: ended {how}; see {log}\n{_tail(log)}")
    return {
        "failure": dict(zip(("reason", "detail"), failure, strict=True)),
        "phases_s": {},
        "epochs": [],
        "peak_memory_bytes": None,
        "device_peak_memory_bytes": None,
        "weights_sha256": None,
        "thread_counts": {},
        "software": {"python": python_version(), "numpy": version("numpy")},
    }


def _oom_kills() -> int:
    """How many processes the kernel has ended for want of memory; 0 where it does not say."""
    vmstat = Path("/proc/vmstat")
    lines = vmstat.read_text(encoding="ascii").splitlines() if vmstat.exists() else []
    return next((int(line.split()[1]) for line in lines if line.startswith("oom_kill ")), 0)


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-LOG_TAIL_LINES:])
