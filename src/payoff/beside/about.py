"""What the tables of a study are of, so that it can be compared with another study.

No numpy or pandas here: the workflow imports this module.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from payoff.files.contracts import ContractError, fault
from payoff.files.documents import read_document, write_document

SCHEMA_VERSION = 3
FILE = "about.json"

About = Mapping[str, Any]


def about(
    records: Sequence[Mapping[str, Any]],
    machines: Mapping[str, str],
    *,
    study: str,
    title: str,
    datasets: Mapping[str, Mapping[str, Any]],
    recipes: Mapping[str, Mapping[str, Any]],
    chosen: Mapping[str, Sequence[str]] | None = None,
) -> dict[str, Any]:
    """The document beside the tables of these records; workflow/schemas/about.schema.yaml describes it.

    machines: device -> key of the study's own machine (payoff.tables.sites.own_machines); datasets: name ->
    its `title` and `md5`, and where numbers are predicted its `error_of_mean` and `unit`; recipes: name -> what it
    states; chosen: name -> those of its fields that a replayed source leaves out.
    """
    starts = sorted(record["started_at"] for record in records)
    by_machine = defaultdict(list)
    for record in records:
        by_machine[record["machine"]["key"]].append(record)
    return {
        "schema_version": SCHEMA_VERSION,
        "study": study,
        "title": title,
        "datasets": {name: dict(facts) for name, facts in datasets.items()},
        "recipes": {name: dict(stated) for name, stated in recipes.items()},
        "chosen": {name: list(fields) for name, fields in (chosen or {}).items() if name in recipes},
        "machines": [_machine(measured, machines) for _, measured in sorted(by_machine.items())],
        "first_start": starts[0] if starts else None,
        "last_start": starts[-1] if starts else None,
    }


def _machine(measured: Sequence[Mapping[str, Any]], machines: Mapping[str, str]) -> dict[str, Any]:
    """The facts about a machine that distinguish it from others, from the records that it measured."""
    machine = measured[0]["machine"]
    return {
        **{fact: machine[fact] for fact in ("key", "host", "cpu", "os", "python", "numpy", "torch")},
        "gpus": [gpu["name"] or "a GPU" for gpu in machine["gpus"]],
        "runs": dict(sorted(Counter(record["cell"]["device"] for record in measured).items())),
        "own": sorted(device for device, key in machines.items() if key == machine["key"]),
        "first_start": min(record["started_at"] for record in measured),
    }


def write_about(document: Mapping[str, Any], path: Path) -> None:
    """Write the document. Raises ContractError if it breaks its contract."""
    write_document(document, path, "about")


def read_about(tables: Path) -> dict[str, Any]:
    """What the tables in a folder are of; its `schema_version` is theirs, which may be an earlier one that can be read.

    Raises ContractError that names the file, if it is missing or of another version.
    """
    if not (tables / FILE).is_file():
        raise ContractError(f"{tables}: missing {FILE}; allowed: the tables of a study that this version has measured")
    return _upgraded(read_document(tables / FILE, "about", "what tables are of"))


def _upgraded(document: dict[str, Any]) -> dict[str, Any]:
    """The document as this version writes it, except `schema_version`. Version 2 kept `chosen` in each recipe."""
    recipes = {name: dict(stated) for name, stated in document["recipes"].items()}
    chosen = {name: stated.pop("chosen") for name, stated in recipes.items() if "chosen" in stated}
    return document | {"recipes": recipes, "chosen": document.get("chosen", chosen)}


def check_compared(folders: Sequence[str], study: str, file: str) -> None:
    """Raise ContractError unless each folder holds the results of a different study, with tables that can be read.

    study: the name of this one; file: the configuration, which lists the folders under `compare`.
    """
    here = Path("results", study)
    seen = {here.resolve(): "a study other than this one"}
    known = []
    with suppress(ContractError):  # not measured yet, or by an older version, so that it will be measured again
        known.append((str(here), read_about(here / "tables")))
    for position, folder in enumerate(folders):
        key, path = f"compare.{position}", Path(folder)
        if path.resolve() in seen:
            raise ContractError(fault(file, key, folder, seen[path.resolve()]))
        seen[path.resolve()] = "each study once"
        if not (path / "tables" / FILE).is_file():
            allowed = f"a folder such as results/quick, with the tables of a study and their {FILE}"
            raise ContractError(fault(file, key, folder, allowed))
        known.append((folder, read_about(path / "tables")))
        refuse_same_runs(known, key, file)


def have_same_runs(one: About, other: About) -> bool:
    """Whether two folders of tables hold the same runs: one is a copy, or both are the same folder."""
    identity = ("study", "title", "machines", "first_start", "last_start")
    return bool(one["first_start"]) and all(one[fact] == other[fact] for fact in identity)


def refuse_same_runs(known: Sequence[tuple[str, Mapping[str, Any]]], key: str, file: str) -> None:
    """Raise ContractError if the last of these (folder, what its tables are of) holds the same runs as an earlier one.

    file, key: the file and its key that name the last folder, for the message.
    """
    *others, (folder, last) = known
    for other, document in others:
        if have_same_runs(last, document):
            raise ContractError(fault(file, key, folder, f"other runs than those of {other}"))
