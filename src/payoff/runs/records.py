"""A record: the measurement of one run, as JSON that fulfils workflow/schemas/record.schema.yaml."""

from pathlib import Path

from payoff.failures import REASONS
from payoff.files.documents import read_document, write_document

SCHEMA_VERSION = 3
REGISTRIES = {"failures": REASONS}


def write_record(record: dict, path: Path) -> None:
    """Raises ContractError if it breaks its contract."""
    write_document(record, path, "record", REGISTRIES)


def read_record(path: Path) -> dict:
    """Raises ContractError that names the file if it is not one, or of another version."""
    return read_document(path, "record", "a record", REGISTRIES)
