"""The log of a job: what it prints, why it failed, and, if it succeeded, how long it took."""

import re
import sys
import time
import traceback
from collections.abc import Collection, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path

from payoff.errors import UserError
from payoff.files.whole import FULL, DiskFullError

LAST_LINE = "This job took {seconds:.3f} s.\n"
LAST_LINE_PATTERN = re.compile(r"This job took ([0-9.]+) s\.$")


@contextmanager
def logged(log: str | Path) -> Iterator[None]:
    """Write what is printed inside into the file `log`. An error is written there, too, and ends the process with
    status 1.

    Without an error, the last line of the log says how long it took. If the disk is full, the log cannot say why, so it
    is said on the standard error as well.
    """
    Path(log).parent.mkdir(parents=True, exist_ok=True)
    try:
        with _written_to(Path(log)):
            yield
    except OSError as error:  # as the log is closed
        if error.errno not in FULL:
            raise
        print(DiskFullError(Path(log)), file=sys.__stderr__)
        sys.exit(1)


@contextmanager
def _written_to(log: Path) -> Iterator[None]:
    started = time.monotonic()
    with log.open("w", encoding="utf-8") as stream, redirect_stdout(stream), redirect_stderr(stream):
        try:
            yield
        except UserError as error:
            print(error, file=stream)
            if isinstance(error, DiskFullError):
                print(error, file=sys.__stderr__)
            sys.exit(1)
        except Exception as error:
            if isinstance(error, OSError) and error.errno in FULL:
                print(DiskFullError(Path(error.filename or log)), file=sys.__stderr__)
            traceback.print_exc(file=stream)
            sys.exit(1)
        stream.write(LAST_LINE.format(seconds=time.monotonic() - started))


def seconds_of_jobs(logs: Path, names: Collection[str] | None = None) -> list[tuple[str, float]]:
    """(rule, seconds) for each job that succeeded and has its log in the folder `logs`.

    The log of a rule is `logs`/<rule>.log, or its logs are in the folder `logs`/<rule>. Logs of other processes in
    these folders have no such last line and do not count. names: if given, only logs with these names, without suffix.
    """
    return [
        (log.relative_to(logs).parts[0].removesuffix(".log"), seconds)
        for log in sorted(logs.rglob("*.log"))
        if (names is None or log.stem in names) and (seconds := _seconds(log)) is not None
    ]


def _seconds(log: Path) -> float | None:
    """How long the job took, from the last line of its log; None if that line does not say it."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    found = LAST_LINE_PATTERN.search(lines[-1]) if lines else None
    return float(found[1]) if found else None
