"""The log of a job: what it prints, and why it failed."""

import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path

from payoff.errors import UserError


@contextmanager
def logged(log: str) -> Iterator[None]:
    """Send what is printed inside into the file `log`; an error ends there too, and the process with status 1."""
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
