"""Published records, which other machines measured: finds and checks them.

No numpy or pandas here: the workflow imports this module.
"""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from payoff.files.contracts import ContractError, fault
from payoff.recipes import Recipe
from payoff.runs.records import Record, is_control, numbered_records

# What says to which study, device and machine a line belongs. Quotation marks within texts have a backslash, so these
# patterns match only keys.
WHOSE = {
    "study": re.compile(rb'"study":\s*"([^"]+)"'),
    "device": re.compile(rb'"device":\s*"([^"]+)"'),
    "machine.key": re.compile(rb'"key":\s*"([0-9a-f]{12})"'),
}


def accelerated(files: Iterable[Path], study: str) -> dict[str, list[str]]:
    """Name of a file -> keys of the machines that measured records of this study in it on an accelerator.

    files: *.jsonl. Called whenever the workflow is: it looks for three keys in each line, and leaves the rest to
    `read_published`. Raises ContractError that names the file and the line if one is not there.
    """
    found: dict[str, set[str]] = {}
    for path in sorted(files):
        with path.open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                found_here = {name: match[1] for name, pattern in WHOSE.items() if (match := pattern.search(line))}
                if missing := [name for name in WHOSE if name not in found_here]:
                    raise ContractError(f"{path}: line {number}: not a record: missing {', '.join(missing)}")
                whose, device, machine = (value.decode(errors="replace") for value in found_here.values())
                if whose == study and device != "cpu":
                    found.setdefault(path.stem, set()).add(machine)
    return {name: sorted(machines) for name, machines in found.items()}


def read_published(path: Path, study: str) -> dict[str, list[Record]]:
    """Key of a machine -> the records of this study that it measured, in the order of their lines. Those of a control,
    which repeat a cell, are left out.

    Raises ContractError that names the file and the line if any line is wrong, also one of another study.
    """
    machines: dict[str, list[Record]] = {}
    for record in _read_lines(path):
        if record["study"] == study and not is_control(record):
            machines.setdefault(_machine_key(record), []).append(record)
    return dict(sorted(machines.items()))


def fits(record: Mapping[str, Any], recipes: Mapping[str, Recipe]) -> bool:
    """Whether the recipe of a record is one of these, by name and with the same settings."""
    recipe = recipes.get(record["cell"]["recipe"])
    try:
        return recipe is not None and Recipe.from_document(record["recipe"]) == recipe
    except TypeError:  # it has a field that recipes no longer have
        return False


def _read_lines(path: Path) -> list[Record]:
    records: list[Record] = []
    seen: dict[tuple, str] = {}
    for where, record in numbered_records(path):
        whose = (_machine_key(record), record["study"], tuple(record["cell"].values()), record["repetition"])
        run = (*whose, is_control(record))
        if run in seen:
            allowed = f"each run once; {seen[run]} has it"
            raise ContractError(fault(where, "repetition", record["repetition"], allowed))
        seen[run] = where.removeprefix(f"{path}: ")
        records.append(record)
    return records


def _machine_key(record: Mapping[str, Any]) -> str:
    return record["machine"]["key"]
