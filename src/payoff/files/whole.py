"""Files that are written whole or not at all, also if the power fails, and what is left where a process was killed."""

import errno
import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from payoff.errors import UserError

FULL = (errno.ENOSPC, errno.EDQUOT)


class DiskFullError(UserError):
    """There was no room for a file."""

    def __init__(self, path: Path):
        free = shutil.disk_usage(path.parent).free
        super().__init__(f"{path}: found no room for it ({free / 1e6:,.1f} MB are free); allowed: a disk with room")


@contextmanager
def appearing_whole(path: str | os.PathLike) -> Iterator[Path]:
    """Yield a temporary path beside `path`. On success the file is renamed to `path`, on an error it is removed.

    A process that is killed in between leaves `path` as it was, so no half-written file counts as done. The content is
    on the disk before the name is: after a power cut, a file with this name is whole. Raises DiskFullError.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=_litter_of(path.name)) as folder:
            temporary = Path(folder) / path.name
            yield temporary
            _onto_disk(temporary)
            temporary.replace(path)
        _onto_disk(path.parent)
    except OSError as error:
        if error.errno in FULL:
            raise DiskFullError(path) from None
        raise


def clear_litter(folder: Path) -> None:
    """Remove the temporary folders under `folder` of processes of this host that have died."""
    for litter in folder.rglob(f".*-{socket.gethostname()}-*-*"):
        pid = litter.name.split("-")[-2]
        if litter.is_dir() and pid.isdigit() and not _lives(int(pid)):
            shutil.rmtree(litter, ignore_errors=True)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # of another user
        return True
    return True


def _litter_of(name: str) -> str:
    """How the temporary folder of a file is called: with the process that will remove it."""
    return f".{name[:80]}-{socket.gethostname()}-{os.getpid()}-"


def _onto_disk(path: Path) -> None:
    """Wait until the file, or the names in the folder, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
