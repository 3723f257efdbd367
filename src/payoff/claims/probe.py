"""The probe: questions to the framework itself, answered in a fresh process."""

from collections.abc import Iterable
from pathlib import Path

from payoff.failures import REASONS
from payoff.files.documents import read_document, write_document
from payoff.machine.asking import ask

SCHEMA_VERSION = 1
REGISTRIES = {"failures": REASONS}


def probe(questions: Iterable[dict], threads: int, budget_s: float, log: Path) -> dict:
    """Ask in a fresh process that prints into `log`; return a document that fulfils probe.schema.yaml.

    questions: as payoff.claims.claim.questions makes them. Raises UserError if the process takes longer than budget_s,
    in seconds, and ProgramFaultError if it fails.
    """
    answered = ask(
        "payoff.claims.probe_worker",
        {"questions": list(questions)},
        what="the probe",
        threads=threads,
        log=log,
        limit_s=budget_s,
    )
    return {"schema_version": SCHEMA_VERSION, **answered}


def write_probe(document: dict, path: Path) -> None:
    """Write the document. Raises ContractError if it breaks its contract."""
    write_document(document, path, "probe", REGISTRIES)


def read_probe(path: Path) -> dict:
    """Read the document. Raises ContractError that names the file if it is no probe, or of another version."""
    return read_document(path, "probe", "a probe", REGISTRIES)
