"""One timed run at a time on a machine, whoever starts it: locks that every user of the machine meets.

A lock is an open file with flock(2): it ends with the last process that has the file open, so a dead holder
blocks nobody, and a measured process that outlives its parent still holds what it uses.
"""

import fcntl
import os
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from payoff.errors import UserError

# Not tempfile's folder, which TMPDIR moves: a lock that one study looks for elsewhere locks nothing.
FOLDER = Path("/tmp")
FOLDER_VARIABLE = "PAYOFF_LOCKS"
MACHINE = "machine"
POLL_S = 0.2  # between two looks at a lock that another process holds


def say(message: str) -> None:
    """Print it at once: whoever wonders at the wait can read it in the job's log while it lasts."""
    print(message, flush=True)


@contextmanager
def hold(names: Sequence[str], number: int = 1, tell: Callable[[str], None] = say) -> Iterator[dict[str, int]]:
    """Hold so many of these locks, the first that are free, and wait for them as long as it takes.

    -> name -> descriptor of the open file, to be handed to the process that is measured. `tell` hears of a wait.
    Raises UserError if the file of a lock cannot be opened.
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
    """Hold the machine: whoever times something, or would disturb what is timed, waits for the others.

    -> descriptors, to be handed to the process that works. Raises UserError as `hold` does.
    """
    with hold([MACHINE]) as held:
        yield held.values()


def _nobody(_message: str) -> None:
    """Whoever was told once knows it."""


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _path(name: str) -> Path:
    return Path(os.environ.get(FOLDER_VARIABLE, FOLDER)) / f"payoff-{name}.lock"


def _open(path: Path) -> int:
    """The lock's file, made if it is not there. Reading is enough to lock, so that any user's file will do."""
    try:
        while True:
            try:
                return os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
            except FileNotFoundError:
                try:
                    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CREAT | os.O_EXCL)
                except FileExistsError:  # somebody was faster
                    continue
                os.fchmod(descriptor, 0o644)  # whatever the umask: the others must be able to open it
                return descriptor
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}; {FOLDER_VARIABLE} may name another folder for the locks") from None
