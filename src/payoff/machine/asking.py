"""Ask a module something about this machine, in a separate process that is alone on the machine."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from payoff.errors import UserError
from payoff.machine.description import describe_machine
from payoff.machine.locks import alone_on_machine
from payoff.machine.processes import ProgramFaultError, call


def ask(
    module: str, request: Mapping[str, Any], *, what: str, threads: int, log: Path, limit_s: float
) -> dict[str, Any]:
    """The JSON object that the module wrote (see payoff.machine.processes.call). It gets three more keys: `started_at`,
    `threads` and `machine`.

    No timed run is beside it, so neither disturbs the other. what: its name in error messages. Raises UserError if it
    takes longer than limit_s seconds, ProgramFaultError if it fails.
    """
    started_at = datetime.now(UTC)
    with alone_on_machine() as held:
        called = call(module, request, threads=threads, log=log, limit_s=limit_s, descriptors=held)
    if called.status is None:
        raise UserError(f"{what} took longer than {limit_s:g} s; see {log}")
    if called.status != 0:
        raise ProgramFaultError(what, called.status, log)
    return {
        "started_at": started_at.isoformat(timespec="milliseconds"),
        "threads": threads,
        "machine": describe_machine(),
        **json.loads(called.written),
    }
