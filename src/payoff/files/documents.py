"""JSON files that fulfil a contract: written whole or not at all, and never read unchecked."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from payoff.files.contracts import ContractError, check
from payoff.files.whole import appearing_whole


def write_document(
    document: Any, path: Path, schema: str, registries: Mapping[str, Iterable[str]] | None = None
) -> None:
    """Write it. Raises ContractError if it breaks its contract, workflow/schemas/<schema>.schema.yaml."""
    check(document, schema, str(path), registries)
    with appearing_whole(path) as temporary:
        text = json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False)
        temporary.write_text(text + "\n", encoding="utf-8")


def read_document(path: Path, schema: str, what: str, registries: Mapping[str, Iterable[str]] | None = None) -> Any:
    """Read it. Raises ContractError that names the file and `what` it should be, if it is not one, or of another
    version."""
    document = read_json(path, what)
    check(document, schema, str(path), registries)
    return document


def read_json(path: Path, what: str) -> Any:
    """What a file holds, whatever its contract. Raises ContractError that names the file and `what` it should be."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ContractError(f"{path}: not {what}: {error}") from None
