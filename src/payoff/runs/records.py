"""A record: the measurement of one run, as JSON that fulfils workflow/schemas/record.schema.yaml.

A file holds the records of one heat, one per line.
"""

import json
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from payoff.failures import REASONS
from payoff.files.compiled import surely_fulfils
from payoff.files.contracts import ContractError, check
from payoff.files.whole import DiskFullError, appearing_whole

SCHEMA_VERSION = 5
REGISTRIES = {"failures": REASONS}
WAITS_S = (1, 5, 20, 60)  # for room on a full disk

Record = dict[str, Any]


def write_records(records: Sequence[Record], path: Path) -> None:
    """Write the records, one per line. If the disk is full, try again for a while: they took long to measure. Raises
    ContractError if one breaks its contract, DiskFullError."""
    for number, record in enumerate(records, 1):
        check(record, "record", f"{path}: line {number}", REGISTRIES)
    lines = [json.dumps(record, ensure_ascii=False, allow_nan=False) for record in records]
    for wait_s in (*WAITS_S, None):
        try:
            with appearing_whole(path) as temporary:
                temporary.write_text("\n".join([*lines, ""]), encoding="utf-8")
            return
        except DiskFullError as error:
            if wait_s is None:
                raise
            print(f"{error}; trying again in {wait_s} s", file=sys.__stderr__)
            time.sleep(wait_s)


def read_records(path: Path) -> list[Record]:
    """Read the records of a file. Raises ContractError that names the file and the line, if it is no record, or of an
    unknown version."""
    return [record for _, record in numbered_records(path)]


def numbered_records(path: Path) -> Iterator[tuple[str, Record]]:
    """(file and line, record) of each line, see `read_records`."""
    with path.open("rb") as lines:  # in bytes only a newline ends a line; in text, other characters do, too
        for number, line in enumerate(lines, start=1):
            where = f"{path}: line {number}"
            yield where, _record_of(line, where)


def _record_of(line: bytes, where: str) -> Record:
    import orjson  # here, since only what reads thousands of records needs it: it takes a third of json's time

    # It refuses NaN, and makes whole numbers beyond 64 bits floats: what is no record to it, json reads again.
    with suppress(orjson.JSONDecodeError, ContractError):
        return as_record(orjson.loads(line), where)
    try:
        document = json.loads(line, parse_constant=str)  # NaN is a text, which the check finds
    except ValueError as error:
        raise ContractError(f"{where}: not a record: {error}") from None
    return as_record(document, where)


def is_control(record: Record) -> bool:
    """Whether this is the second run of its cell in a heat, only there to be compared with the first."""
    return record["heat"] is not None and record["heat"]["is_control"]


def as_record(document: Any, where: str) -> Record:
    """Bring a record of any known version to the current version. Raises ContractError, which names `where`."""
    if isinstance(document, dict) and document.get("schema_version") == 3:
        document = _from_version_3(document)
    if isinstance(document, dict) and document.get("schema_version") == 4:
        document = _from_version_4(document)
    if not surely_fulfils(document, "record", REGISTRIES):
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
    return record


def _from_version_4(record: Record) -> Record:
    """A run that was measured by itself, not in a heat, and a second time if other programs disturbed it. Where its
    epochs took less than 0.1 s, it trained more of them only for their timing."""
    record = record | {"schema_version": 5, "heat": None, "turns": []}
    record.pop("before_repeat", None)
    record["phases_s"] = _renamed(record.get("phases_s"), {"repeats": "turns"})
    return record


def _renamed(values: Any, names: dict[str, str]) -> Any:
    return {names.get(name, name): value for name, value in values.items()} if isinstance(values, dict) else values
