"""A record: the measurement of one run, as JSON that fulfils workflow/schemas/record.schema.yaml."""

from pathlib import Path
from typing import Any

from payoff.failures import REASONS
from payoff.files.contracts import check
from payoff.files.documents import read_json, write_document

SCHEMA_VERSION = 4
REGISTRIES = {"failures": REASONS}

Record = dict[str, Any]


def write_record(record: Record, path: Path) -> None:
    """Write the record. Raises ContractError if it breaks its contract."""
    write_document(record, path, "record", REGISTRIES)


def read_record(path: Path) -> Record:
    """Read a record. Raises ContractError that names the file if it is no record, or of an unknown version."""
    return as_record(read_json(path, "a record"), str(path))


def as_record(document: Any, where: str) -> Record:
    """Bring a record of any known version to the current version. Raises ContractError, which names `where`."""
    if isinstance(document, dict) and document.get("schema_version") == 3:
        document = _from_version_3(document)
    check(document, "record", where, REGISTRIES)
    return document


def _from_version_3(record: Record) -> Record:
    """Rename the fields that have other names in version 3. There, an epoch's duration had the name of a run's epoch
    time, and the time of the process (with repeats) had the name of the time of a whole run. If a field is missing, the
    check finds it later."""
    names = {"epoch_time_s": "duration_s", "device_time_s": "device_duration_s"}
    record = _renamed(record, {"wall_s": "process_s"}) | {"schema_version": 4}
    if isinstance(epochs := record.get("epochs"), list):
        record["epochs"] = [_renamed(epoch, names) for epoch in epochs]
    record["before_repeat"] = _renamed(
        record.get("before_repeat"), {"wall_s": "process_s", "epoch_times_s": "epoch_durations_s"}
    )
    return record


def _renamed(values: Any, names: dict[str, str]) -> Any:
    return {names.get(name, name): value for name, value in values.items()} if isinstance(values, dict) else values
