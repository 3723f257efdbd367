"""Snakemake's lock on a working directory, removed if the workflow that left it there is dead.

A workflow that was killed leaves the lock behind, and the same command would refuse to go on. So beside it is a lock of
our own, a file with flock(2), which ends with the processes that hold it. Every process of a workflow shares it: who
gets it alone is the only one here.
"""

import fcntl
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TextIO

OURS = "payoff.lock"


def share_lock(folder: Path, *, remove_stale: bool, when_alone: Callable[[], None] = lambda: None) -> TextIO:
    """Share our lock in Snakemake's `folder` for as long as the file that is returned stays open.

    remove_stale: remove Snakemake's own locks first if nobody else shares ours, and call `when_alone`. Not for a job on
    another machine, which may not meet the locks of the workflow that started it.
    """
    folder.mkdir(exist_ok=True)
    ours = (folder / OURS).open("w")
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
