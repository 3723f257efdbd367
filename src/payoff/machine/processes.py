"""A module of this package in a process of its own, whose threads are set before its first import."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Collection, Mapping
from pathlib import Path

from payoff.errors import UserError

LOG_TAIL_LINES = 20
CRASHES = (signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGILL)  # of compiled code
THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)


class ProgramFaultError(UserError):
    """A process ended without what it was started for: its job fails, no result is written."""

    def __init__(self, what: str, status: int | None, log: Path):
        """status: as run_module gives it."""
        if status is None:
            how = "was ended, because it took longer than it may"
        else:
            how = f"ended by {signal.Signals(-status).name}" if status < 0 else f"ended with status {status}"
        super().__init__(f"{what}: {how}; see {log}\n{tail(log)}")


def run_module(
    module: str,
    *words: Path,
    threads: int,
    log: Path,
    limit_s: float | None = None,
    variables: Mapping[str, str] | None = None,
    descriptors: Collection[int] = (),
) -> int | None:
    """`python -m module words…`, printing into `log`; its exit status, or None if it was ended after limit_s seconds.

    threads: for every library that might compute; variables: more of its environment; descriptors: open files that it
    shall hold, too.
    """
    # -P: the working directory is not searched for modules; it is the user's, not ours.
    command = [sys.executable, "-P", "-m", module, *map(str, words)]
    with log.open("w", encoding="utf-8") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=_environment(threads) | dict(variables or {}),
            pass_fds=tuple(descriptors),
        )
        limit_reached = threading.Event()
        timer = threading.Timer(limit_s or 0, lambda: (limit_reached.set(), process.kill()))
        if limit_s is not None:
            timer.start()
        try:
            # Without a timeout: with one, Python would poll up to 50 ms too long, and beside the measured process.
            status = process.wait()
        finally:
            timer.cancel()
            process.kill()  # when this process is interrupted, the other one must not go on
            process.wait()
        return None if limit_reached.is_set() else status


def tail(log: Path) -> str:
    """The last lines of a log."""
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-LOG_TAIL_LINES:])


def _environment(threads: int) -> dict[str, str]:
    """This process's environment, with the thread count for every library that might compute."""
    variables = dict.fromkeys(THREAD_VARIABLES, str(threads))
    # What cuBLAS needs to give the same result twice; without effect on a CPU.
    return os.environ | variables | {"CUBLAS_WORKSPACE_CONFIG": ":4096:8"}
