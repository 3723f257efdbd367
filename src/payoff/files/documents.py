"""JSON files that fulfil a contract: written whole or not at all, and checked whenever they are read."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from payoff.files.compiled import surely_fulfils
from payoff.files.contracts import ContractError, check
from payoff.files.whole import appearing_whole

LARGE = 200_000  # characters: to check so many takes about as long as to compile a contract


def write_document(
    document: Any, path: Path, schema: str, registries: Mapping[str, Iterable[str]] | None = None
) -> None:
    """Write the document. Raises ContractError if it breaks its contract, workflow/schemas/<schema>.schema.yaml."""
    try:
        text = json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError):  # not JSON: the check says where, in words
        check(document, schema, str(path), registries)
        raise
    _check(document, len(text), schema, path, registries)
    with appearing_whole(path) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")


def read_document(path: Path, schema: str, what: str, registries: Mapping[str, Iterable[str]] | None = None) -> Any:
    """Read a document. Raises ContractError, naming the file and `what` it should be, if it is something else or of
    another version."""
    document = read_json(path, what)
    _check(document, path.stat().st_size, schema, path, registries)
    return document


def read_json(path: Path, what: str) -> Any:
    """The unchecked content of a file. Raises ContractError, naming file and `what` it should be, if it is not JSON."""
    try:
        # NaN is read as a text, since JSON has no such number
        return json.loads(path.read_text(encoding="utf-8"), parse_constant=str)
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ContractError(f"{path}: not {what}: {error}") from None


def _check(document: Any, size: int, schema: str, path: Path, registries: Mapping[str, Iterable[str]] | None) -> None:
    """Raise ContractError if a document without nan breaks its contract. size: in characters."""
    if size < LARGE or not surely_fulfils(document, schema, registries):
        check(document, schema, str(path), registries)
