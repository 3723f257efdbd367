"""Call a module in a process of its own: a request in, whatever it writes out.

A process of its own has its threads set before its first import, nothing else has warmed it, and what it imports costs
the calling process nothing. It can also die without the calling process.
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
        """status: as in Called."""
        if status is None:
            how = "was ended, because it took longer than it may"
        else:
            how = f"ended by {signal.Signals(-status).name}" if status < 0 else f"ended with status {status}"
        super().__init__(f"{what}: {how}; see {log}\n{tail(log)}")


@dataclass(frozen=True)
class Called:
    """What became of a process that was called.

    status: its exit status, negative for the signal that ended it, None if it was ended at its limit; written: what it
    wrote, of one that did not end well perhaps nothing or not all; spawned_at, reaped_at: just before it was started
    and just after it had ended, on time.monotonic(), which all processes of a machine share.
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
    """`python -m module REQUEST RESULT`, printing into `log`, ended after limit_s seconds if it takes longer.

    REQUEST is a JSON file with `request` and with `spawned_at`, from which on the process may count its time; it writes
    what it has to say to the path RESULT. threads: for every library that might compute; variables: more of its
    environment; descriptors: open files that it shall hold, too.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        asked, result = Path(folder) / "request.json", Path(folder) / "result"
        spawned_at = time.monotonic()
        asked.write_text(json.dumps({**request, "spawned_at": spawned_at}), encoding="utf-8")
        status = _run([module, str(asked), str(result)], threads, log, limit_s, variables or {}, descriptors)
        reaped_at = time.monotonic()
        # A process that ended well has written something: here, too, an error says so.
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
    """`python -m words…`; its status, as in Called."""
    # -P: the working directory is not searched for modules; it is the user's, not ours.
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
            # Without a timeout: with one, Python would poll up to 50 ms too long, and beside the measured process.
            status = process.wait()
        finally:
            timer.cancel()
            process.kill()  # when this process is interrupted, the other one must not go on
            process.wait()
        return None if limit_reached.is_set() else status


def _environment(threads: int) -> dict[str, str]:
    """This process's environment, with the thread count for every library that might compute."""
    variables = dict.fromkeys(THREAD_VARIABLES, str(threads))
    # What cuBLAS needs to give the same result twice; without effect on a CPU.
    return os.environ | variables | {"CUBLAS_WORKSPACE_CONFIG": ":4096:8"}
