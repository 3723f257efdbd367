"""The log of a job: what it prints, why it failed, and, where it ended well, how long it took."""

import re
import sys
import time
import traceback
from collections.abc import Collection, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path

from payoff.errors import UserError

LAST_LINE = "This job took {seconds:.3f} s.\n"
LAST_LINE_PATTERN = re.compile(r"This job took ([0-9.]+) s\.$")


@contextmanager
def logged(log: str | Path) -> Iterator[None]:
    """Send what is printed inside into the file `log`; an error ends there too, and the process with status 1.

    Without an error, the last line of the log says how long it took.
    """
    started = time.monotonic()
    Path(log).parent.mkdir(parents=True, exist_ok=True)
    with Path(log).open("w", encoding="utf-8") as stream, redirect_stdout(stream), redirect_stderr(stream):
        try:
            yield
        except UserError as error:
            print(error, file=stream)
            sys.exit(1)
        except Exception:
            traceback.print_exc(file=stream)
            sys.exit(1)
        stream.write(LAST_LINE.format(seconds=time.monotonic() - started))


def seconds_of_jobs(logs: Path, names: Collection[str] | None = None) -> list[tuple[str, float]]:
    """(rule, seconds) of every job that ended well and has its log in the folder `logs`.

    The logs of a rule are `logs`/<rule>.log or lie in the folder `logs`/<rule>. The logs of other processes, which lie
    there too, do not end as a job's does. names: if given, only of logs that are called so, without their suffix.
    """
    return [
        (log.relative_to(logs).parts[0].removesuffix(".log"), seconds)
        for log in sorted(logs.rglob("*.log"))
        if (names is None or log.stem in names) and (seconds := _seconds(log)) is not None
    ]


def _seconds(log: Path) -> float | None:
    """How long the job took by the last line of its log; None if that line does not say so."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    found = LAST_LINE_PATTERN.search(lines[-1]) if lines else None
    return float(found[1]) if found else None
