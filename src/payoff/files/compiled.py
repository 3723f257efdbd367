"""A contract as compiled code: whether a document surely fulfils it, for large documents and files of which there are
thousands.

It takes a thirtieth of the time of jsonschema, which finds and words the faults of a document that is not sure.
"""

import sys
from collections.abc import Callable, Iterable, Mapping
from functools import cache, reduce
from operator import getitem
from typing import Any

from payoff.files.contracts import load_schema

# Draft 4 of JSON Schema is the last in which 6.0 is no integer, as in payoff.files.contracts.
DRAFT = "http://json-schema.org/draft-04/schema"
AS_THEY_ARE = {"type", "required", "enum", "pattern", "minLength", "minItems", "minimum", "maximum"}
FOR_READERS = {"$schema", "$defs", "title", "description"}
FINITE = {"minimum": -sys.float_info.max, "maximum": sys.float_info.max}

Registries = Mapping[str, Iterable[str]]


class NotCompiledError(Exception):
    """A schema has a keyword that is not known here."""


def surely_fulfils(document: Any, schema: str, registries: Registries | None = None) -> bool:
    """Whether a document fulfils workflow/schemas/<schema>.schema.yaml. False may only mean that it is not sure, as
    for a schema with a keyword that is not known here.

    document: without nan, which JSON does not have; registries: as for payoff.files.contracts.check.
    """
    from fastjsonschema import JsonSchemaValueException  # here, since most jobs read no such document

    names = tuple((registry, tuple(allowed)) for registry, allowed in (registries or {}).items())
    try:
        _compiled(schema, names)(document)
    except (JsonSchemaValueException, NotCompiledError):
        return False
    return True


@cache
def _compiled(schema: str, registries: tuple[tuple[str, tuple[str, ...]], ...]) -> Callable[[Any], Any]:
    import fastjsonschema

    root = load_schema(schema)
    definition = _in_draft_4(root, root, dict(registries)) | {"$schema": DRAFT}
    return fastjsonschema.compile(definition, use_default=False, detailed_exceptions=False)


def _in_draft_4(schema: Mapping[str, Any], root: Mapping[str, Any], registries: Registries) -> dict[str, Any]:
    """The same contract, except that no number may be infinite. Parts that it names are put in place, because calling
    them takes ten times as long. root: the whole schema of this part."""
    while "$ref" in schema:
        schema, root = _with_named_part(schema, root)
    translated: dict[str, Any] = dict(FINITE) if "number" in schema.get("type", ()) else {}
    for keyword, value in schema.items():
        match keyword, value:
            case "properties", _:
                translated[keyword] = {name: _in_draft_4(part, root, registries) for name, part in value.items()}
            case (("items" | "additionalProperties"), Mapping()):
                translated[keyword] = _in_draft_4(value, root, registries)
            case "oneOf", _:
                translated[keyword] = [_in_draft_4(part, root, registries) for part in value]
            case (("additionalProperties" | "unevaluatedProperties"), bool()):
                translated["additionalProperties"] = value
            case "const", _:
                translated["enum"] = [value]
            case "registry", _:
                translated["enum"] = list(registries[value])
            case "exclusiveMinimum", _:
                translated |= {"minimum": value, "exclusiveMinimum": True}
            case _ if keyword in AS_THEY_ARE:
                translated[keyword] = value
            case _ if keyword not in FOR_READERS:
                raise NotCompiledError(keyword)
    return translated


def _with_named_part(schema: Mapping[str, Any], root: Mapping[str, Any]) -> tuple[dict[str, Any], Mapping[str, Any]]:
    """A schema together with the part, of this file or of another one, that it names; and the whole of that file."""
    file, _, path = schema["$ref"].partition("#/")
    root = load_schema(file.removesuffix(".schema.yaml")) if file else root
    named = reduce(getitem, filter(None, path.split("/")), root)
    both = {
        "properties": named.get("properties", {}) | schema.get("properties", {}),
        "required": [*named.get("required", ()), *schema.get("required", ())],
    }
    own = {key: value for key, value in schema.items() if key != "$ref"}
    return {**named, **own, **{key: value for key, value in both.items() if value}}, root
