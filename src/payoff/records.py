"""A record: the measurement of one run, as JSON that fulfils workflow/schemas/record.schema.yaml."""

import json
from pathlib import Path

from payoff.contracts import ContractError, check
from payoff.failures import REASONS
from payoff.files import appearing_whole

SCHEMA_VERSION = 3
REGISTRIES = {"failures": REASONS}


def write_record(record: dict, path: Path) -> None:
    """Write the record whole or not at all. Raises ContractError if it breaks its contract."""
    check(record, "record", str(path), REGISTRIES)
    with appearing_whole(path) as temporary:
        temporary.write_text(json.dumps(record, indent=1, allow_nan=False) + "\n", encoding="utf-8")


def read_record(path: Path) -> dict:
    """Read a record. Raises ContractError that names the file if it is not one, or of another version."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ContractError(f"{path}: not a record: {error}") from None
    check(record, "record", str(path), REGISTRIES)
    return record
