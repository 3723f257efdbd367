"""Locks that let only one timed run at a time use a machine, even if several users start runs.

A lock is an open file with flock(2). It is released when the last process that has the file open ends. So a dead
process blocks nobody, and a measured process that outlives its parent keeps its locks.
"""

import errno
import fcntl
import os
import stat
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from payoff.errors import UserError

# Not tempfile's folder: TMPDIR changes it, and studies with different folders would not see each other's locks.
FOLDER = Path("/tmp")
FOLDER_VARIABLE = "PAYOFF_LOCKS"
MACHINE = "machine"
POLL_S = 0.2  # between two attempts to take a lock


def say(message: str) -> None:
    """Print at once, so that the job's log says during the wait why the job waits."""
    print(message, flush=True)


@contextmanager
def hold(names: Sequence[str], number: int = 1, tell: Callable[[str], None] = say) -> Iterator[dict[str, int]]:
    """Hold `number` of these locks, the first that are free. Wait for them without a time limit.

    Yields name -> descriptor of the open file, which must be passed to the measured process. `tell` is called once if
    there is a wait. Raises UserError if the file of a lock cannot be opened.
    """
    descriptors = {name: _open(_path(name)) for name in names}
    held: dict[str, int] = {}
    try:
        while True:
            for name in names:
                if len(held) < number and name not in held and _taken(descriptors[name]):
                    held[name] = descriptors[name]
            if len(held) == number:
                break
            tell(f"another timed run is on this machine: waiting for {' or '.join(str(_path(name)) for name in names)}")
            tell = _nobody
            time.sleep(POLL_S)
        yield held
    finally:
        for descriptor in descriptors.values():
            os.close(descriptor)


@contextmanager
def alone_on_machine() -> Iterator[Collection[int]]:
    """Hold the lock of the machine, for work that is timed, or that would disturb timed work.

    Yields descriptors, which must be passed to the process that does the work. Raises UserError as `hold` does.
    """
    with hold([MACHINE]) as held:
        yield held.values()


def _nobody(_message: str) -> None:
    """Say nothing: a wait is reported only once."""


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _path(name: str) -> Path:
    return Path(os.environ.get(FOLDER_VARIABLE, FOLDER)) / f"payoff-{name}.lock"


def _open(path: Path) -> int:
    """Open the lock's file; create it if it is missing. Reading is enough to lock, so a file of any user works.

    A pipe under its name is refused: to open one in the usual way would wait for ever.
    """
    try:
        while True:
            try:
                descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
                if stat.S_ISREG(os.fstat(descriptor).st_mode):
                    return descriptor
                os.close(descriptor)
                raise OSError(errno.EINVAL, "found no file to lock")
            except FileNotFoundError:
                try:
                    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CREAT | os.O_EXCL)
                except FileExistsError:  # another process was faster
                    continue
                os.fchmod(descriptor, 0o644)  # for any umask: other users must be able to open it
                return descriptor
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}; {FOLDER_VARIABLE} may name another folder for the locks") from None
