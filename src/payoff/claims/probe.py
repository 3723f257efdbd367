"""The probe: what the framework itself answers, asked in a fresh process with its threads set.

A process of its own, as for a run: its threads are set before its first import, and nothing else has warmed it.
"""

import json
import tempfile
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from payoff.contracts import ContractError, check
from payoff.errors import UserError
from payoff.failures import REASONS
from payoff.files import appearing_whole
from payoff.locks import MACHINE, hold
from payoff.machine import describe_machine
from payoff.processes import ProgramFaultError, run_module

SCHEMA_VERSION = 1
REGISTRIES = {"failures": REASONS}


def probe(questions: Iterable[dict], threads: int, budget_s: float, log: Path) -> dict:
    """Ask in a fresh process that prints into `log`; return a document that fulfils probe.schema.yaml.

    questions: as payoff.claims.claim.questions makes them. Raises UserError if the process takes longer than budget_s,
    in seconds, and ProgramFaultError if it fails.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    started_at = datetime.now(UTC)
    with tempfile.TemporaryDirectory() as folder:
        request, result = Path(folder) / "request.json", Path(folder) / "result.json"
        request.write_text(json.dumps(list(questions)), encoding="utf-8")
        with hold([MACHINE]) as held:
            status = run_module(
                "payoff.claims.probe_worker",
                request,
                result,
                threads=threads,
                log=log,
                limit_s=budget_s,
                descriptors=held.values(),
            )
        if status is None:
            raise UserError(f"the probe took longer than {budget_s:g} s; see {log}")
        if status != 0:
            raise ProgramFaultError("the probe", status, log)
        answered = json.loads(result.read_text(encoding="utf-8"))
    return {
        "schema_version": SCHEMA_VERSION,
        "started_at": started_at.isoformat(timespec="milliseconds"),
        "threads": threads,
        "machine": describe_machine(),
        **answered,
    }


def write_probe(document: dict, path: Path) -> None:
    """Write it whole or not at all. Raises ContractError if it breaks its contract."""
    check(document, "probe", str(path), REGISTRIES)
    with appearing_whole(path) as temporary:
        temporary.write_text(json.dumps(document, indent=1, allow_nan=False) + "\n", encoding="utf-8")


def read_probe(path: Path) -> dict:
    """Read a probe. Raises ContractError that names the file if it is not one, or of another version."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ContractError(f"{path}: not a probe: {error}") from None
    check(document, "probe", str(path), REGISTRIES)
    return document
