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
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from payoff.errors import UserError
from payoff.machine.channel import Channel

LOG_TAIL_LINES = 20
CRASHES = (signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGILL)  # faults of compiled code
THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NPROC",  # for XLA, which takes it for the number of cores
    "TORCHINDUCTOR_COMPILE_THREADS",  # with 1, torch's compiler starts no processes of its own
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


class Started:
    """A process that was started by `started`. channel: for messages to it and from it."""

    def __init__(self, process: subprocess.Popen, result: Path, channel: Channel, spawned_at: float):
        self.channel = channel
        self.spawned_at = spawned_at
        self._process = process
        self._result = result
        self._limit_reached = threading.Event()

    def end(self, limit_s: float | None = None) -> Called:
        """Wait for its end. If it takes longer than limit_s seconds from now, end it."""
        timer = threading.Timer(limit_s or 0, self.end_at_limit)
        if limit_s is not None:
            timer.start()
        try:
            # No timeout here: with one, Python would poll. It would notice the end up to 50 ms late, and its polling
            # would disturb the measured process.
            status = self._process.wait()
        finally:
            timer.cancel()
        reaped_at = time.monotonic()
        # A process with status 0 must have written a result. If it did not, reading the file raises an error.
        written = self._result.read_bytes() if status == 0 or self._result.exists() else b""
        return Called(None if self._limit_reached.is_set() else status, written, self.spawned_at, reaped_at)

    def end_at_limit(self) -> None:
        """End it because it took longer than allowed."""
        self._limit_reached.set()
        self._process.kill()


@contextmanager
def started(
    module: str,
    request: Mapping[str, Any],
    *,
    threads: int,
    log: Path,
    variables: Mapping[str, str] | None = None,
    descriptors: Collection[int] = (),
) -> Iterator[Started]:
    """Start `python -m module REQUEST RESULT`, which prints into `log`. It does not outlive the block.

    REQUEST is a JSON file with `request`, with `spawned_at`, the start from which the process may count its time, and
    with `channel`, the descriptors of its end of a Channel. It writes its result to the path RESULT. threads: for every
    library that might compute; variables: more variables of its environment; descriptors: open files that it must also
    hold.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    (from_here, to_there), (from_there, to_here) = (os.pipe(), os.pipe())
    with tempfile.TemporaryDirectory() as folder, log.open("w", encoding="utf-8") as output:
        asked, result = Path(folder) / "request.json", Path(folder) / "result"
        spawned_at = time.monotonic()
        document = {**request, "spawned_at": spawned_at, "channel": [from_here, to_here]}
        asked.write_text(json.dumps(document), encoding="utf-8")
        process = subprocess.Popen(
            # -P: do not search the working directory for modules, since it belongs to the user.
            [sys.executable, "-P", "-m", module, str(asked), str(result)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=_environment(threads, folder) | dict(variables or {}),
            pass_fds=(*descriptors, from_here, to_here),
        )
        channel = Channel(from_there, to_there)
        # Only the process holds its ends now, so that each of the two notices when the other is gone.
        os.close(from_here)
        os.close(to_here)
        try:
            yield Started(process, result, channel, spawned_at)
        finally:
            process.kill()  # when this process is interrupted, the other one must not go on
            process.wait()
            channel.close()


def call(
    module: str,
    request: Mapping[str, Any],
    *,
    threads: int,
    log: Path,
    limit_s: float | None = None,
    descriptors: Collection[int] = (),
) -> Called:
    """Run a module in a process (see `started`) until it ends. End it if it takes longer than limit_s seconds."""
    with started(module, request, threads=threads, log=log, descriptors=descriptors) as process:
        return process.end(limit_s)


def tail(log: Path) -> str:
    """The last lines of a log."""
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-LOG_TAIL_LINES:])


def _environment(threads: int, folder: str) -> dict[str, str]:
    """This process's environment, with the thread count for every library that might compute. What a library compiles
    goes into the folder, so that no process finds what another one has compiled."""
    variables = dict.fromkeys(THREAD_VARIABLES, str(threads)) | {"TORCHINDUCTOR_CACHE_DIR": f"{folder}/compiled"}
    for_gpus = {
        "CUBLAS_WORKSPACE_CONFIG": ":4096:8",  # else cuBLAS need not give the same result twice
        "XLA_PYTHON_CLIENT_PREALLOCATE": "false",  # else JAX takes most of the GPU's memory at once
    }
    return os.environ | variables | for_gpus
