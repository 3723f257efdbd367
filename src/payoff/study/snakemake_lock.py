"""Snakemake's lock on a working directory, removed if the workflow that left it there is dead.

A workflow that was killed leaves the lock behind, and the same command would refuse to go on. So beside it is a lock of
our own, a file with flock(2), which ends with the processes that hold it. Every process of a workflow shares it: who
gets it alone is the only one here.
"""

import fcntl
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TextIO

from payoff.errors import UserError

OURS = "payoff.lock"


def share_lock(folder: Path, *, remove_stale: bool, when_alone: Callable[[], None] = lambda: None) -> TextIO:
    """Share our lock in Snakemake's `folder` for as long as the file that is returned stays open.

    remove_stale: remove Snakemake's own locks first if nobody else shares ours, and call `when_alone`. Not for a job on
    another machine, which may not meet the locks of the workflow that started it. Raises UserError if our lock cannot
    be opened for writing, as in a folder that is only read.
    """
    try:
        folder.mkdir(exist_ok=True)
        # not to wait for ever if it is a pipe
        ours = os.fdopen(os.open(folder / OURS, os.O_RDWR | os.O_CREAT | os.O_NONBLOCK, 0o666), "r+")
    except OSError as error:  # also for a pipe, in which no position can be told
        raise UserError(f"{folder / OURS}: {error.strerror or 'found no file to lock'}") from None
    # an OSError: another workflow is here, or the file system has no such locks; Snakemake's own lock holds
    with suppress(OSError):
        if remove_stale:
            fcntl.flock(ours, fcntl.LOCK_EX | fcntl.LOCK_NB)
            for stale in (folder / "locks").glob("*"):
                stale.unlink()
            when_alone()
    with suppress(OSError):
        fcntl.flock(ours, fcntl.LOCK_SH)
    return ours
