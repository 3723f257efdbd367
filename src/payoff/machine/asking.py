"""Ask a module in a process of its own, alone on the machine: a request in, a JSON answer out."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from payoff.errors import UserError
from payoff.machine.locks import alone_on_machine
from payoff.machine.processes import ProgramFaultError, call


def ask(module: str, request: Mapping[str, Any], *, what: str, threads: int, log: Path, limit_s: float) -> Any:
    """What the module wrote, as payoff.machine.processes.call has it, read as JSON.

    It is alone on the machine: it disturbs no timed run, and no timed run disturbs it. what: how an error calls it.
    Raises UserError if it takes longer than limit_s seconds, ProgramFaultError if it fails.
    """
    with alone_on_machine() as held:
        called = call(module, request, threads=threads, log=log, limit_s=limit_s, descriptors=held)
    if called.status is None:
        raise UserError(f"{what} took longer than {limit_s:g} s; see {log}")
    if called.status != 0:
        raise ProgramFaultError(what, called.status, log)
    return json.loads(called.written)
