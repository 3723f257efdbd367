"""Call a module in a separate process: it reads a request and writes a result.

In a separate process, the number of threads is set before the first import, and no earlier work has warmed anything up.
Its imports take no time of the calling process. It can also die without ending the calling process.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from payoff.errors import UserError

LOG_TAIL_LINES = 20
CRASHES = (signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGILL)  # faults of compiled code
THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)


class ProgramFaultError(UserError):
    """A process failed. Its job also fails, and writes no result."""

    def __init__(self, what: str, status: int | None, log: Path):
        """status: as in Called."""
        if status is None:
            how = "was ended because it took longer than allowed"
        else:
            how = f"ended by {signal.Signals(-status).name}" if status < 0 else f"ended with status {status}"
        super().__init__(f"{what}: {how}; see {log}\n{tail(log)}")


@dataclass(frozen=True)
class Called:
    """How a called process ended, and what it wrote.

    status: its exit status; negative if a signal ended it; None if it was ended at its time limit; written: what it
    wrote, which may be incomplete if it failed; spawned_at, reaped_at: just before its start and just after its end, on
    time.monotonic(), which all processes of a machine share.
    """

    status: int | None
    written: bytes
    spawned_at: float
    reaped_at: float


def call(
    module: str,
    request: Mapping[str, Any],
    *,
    threads: int,
    log: Path,
    limit_s: float | None = None,
    variables: Mapping[str, str] | None = None,
    descriptors: Collection[int] = (),
) -> Called:
    """Run `python -m module REQUEST RESULT`, which prints into `log`. End it if it takes longer than limit_s seconds.

    REQUEST is a JSON file with `request` and with `spawned_at`, the start from which the process may count its time. It
    writes its result to the path RESULT. threads: for every library that might compute; variables: more variables of
    its environment; descriptors: open files that it must also hold.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        asked, result = Path(folder) / "request.json", Path(folder) / "result"
        spawned_at = time.monotonic()
        asked.write_text(json.dumps({**request, "spawned_at": spawned_at}), encoding="utf-8")
        status = _run([module, str(asked), str(result)], threads, log, limit_s, variables or {}, descriptors)
        reaped_at = time.monotonic()
        # A process with status 0 must have written a result. If it did not, reading the file raises an error.
        written = result.read_bytes() if status == 0 or result.exists() else b""
        return Called(status, written, spawned_at, reaped_at)


def tail(log: Path) -> str:
    """The last lines of a log."""
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-LOG_TAIL_LINES:])


def _run(
    words: Sequence[str],
    threads: int,
    log: Path,
    limit_s: float | None,
    variables: Mapping[str, str],
    descriptors: Collection[int],
) -> int | None:
    """Run `python -m words…`; return its status, as in Called."""
    # -P: do not search the working directory for modules, since it belongs to the user.
    command = [sys.executable, "-P", "-m", *words]
    with log.open("w", encoding="utf-8") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=_environment(threads) | dict(variables),
            pass_fds=tuple(descriptors),
        )
        limit_reached = threading.Event()

        def end() -> None:
            limit_reached.set()
            process.kill()

        timer = threading.Timer(limit_s or 0, end)
        if limit_s is not None:
            timer.start()
        try:
            # No timeout here: with one, Python would poll. It would notice the end up to 50 ms late, and its polling
            # would disturb the measured process.
            status = process.wait()
        finally:
            timer.cancel()
            process.kill()  # when this process is interrupted, the other one must not go on
            process.wait()
        return None if limit_reached.is_set() else status


def _environment(threads: int) -> dict[str, str]:
    """This process's environment, with the thread count for every library that might compute."""
    variables = dict.fromkeys(THREAD_VARIABLES, str(threads))
    # cuBLAS needs this to give the same result twice. It has no effect on a CPU.
    return os.environ | variables | {"CUBLAS_WORKSPACE_CONFIG": ":4096:8"}
