"""How a workflow ends when it is told to, as batch systems and `docker stop` do: by SIGTERM.

Snakemake itself would finish the jobs in hand, which may take minutes, and its handler waits for a lock that the code
it interrupts may hold: then it never ends. So its jobs are ended, and it goes on as after Ctrl-C: they are not done.
"""

import os
import signal
from contextlib import suppress


def end_when_told() -> None:
    """From now on, end at once on SIGTERM. Only the main thread of the main process may call this."""
    signal.signal(signal.SIGTERM, _end)


def _end(*_: object) -> None:
    import psutil

    for child in psutil.Process(os.getpid()).children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            child.kill()
    raise KeyboardInterrupt
