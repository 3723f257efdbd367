"""Ask a module in a process of its own, alone on the machine: a JSON request in, a JSON answer out.

A process of its own, as for a run: its threads are set before its first import, nothing else has warmed it, and what
it imports costs the asking process nothing. The machine's lock is held, so that it disturbs no timed run and none it.
"""

import json
import tempfile
from pathlib import Path
from typing import Any

from payoff.errors import UserError
from payoff.machine.locks import MACHINE, hold
from payoff.machine.processes import ProgramFaultError, run_module


def ask(module: str, request: Any, *, what: str, threads: int, log: Path, limit_s: float) -> Any:
    """`python -m module REQUEST ANSWER`, printing into `log`; what it wrote into ANSWER.

    what: how an error calls it. Raises UserError if it takes longer than limit_s seconds, ProgramFaultError if it
    fails.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        asked, answered = Path(folder) / "request.json", Path(folder) / "answer.json"
        asked.write_text(json.dumps(request), encoding="utf-8")
        with hold([MACHINE]) as held:
            status = run_module(
                module, asked, answered, threads=threads, log=log, limit_s=limit_s, descriptors=held.values()
            )
        if status is None:
            raise UserError(f"{what} took longer than {limit_s:g} s; see {log}")
        if status != 0:
            raise ProgramFaultError(what, status, log)
        return json.loads(answered.read_text(encoding="utf-8"))
