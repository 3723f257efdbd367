"""JSON files that fulfil a contract: written whole or not at all, and checked whenever they are read."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from payoff.files.contracts import ContractError, check
from payoff.files.whole import appearing_whole


def write_document(
    document: Any, path: Path, schema: str, registries: Mapping[str, Iterable[str]] | None = None
) -> None:
    """Write the document. Raises ContractError if it breaks its contract, workflow/schemas/<schema>.schema.yaml."""
    check(document, schema, str(path), registries)
    with appearing_whole(path) as temporary:
        text = json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False)
        temporary.write_text(text + "\n", encoding="utf-8")


def read_document(path: Path, schema: str, what: str, registries: Mapping[str, Iterable[str]] | None = None) -> Any:
    """Read a document. Raises ContractError, naming the file and `what` it should be, if it is something else or of
    another version."""
    document = read_json(path, what)
    check(document, schema, str(path), registries)
    return document


def read_json(path: Path, what: str) -> Any:
    """The unchecked content of a file. Raises ContractError, naming file and `what` it should be, if it is not JSON."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ContractError(f"{path}: not {what}: {error}") from None
