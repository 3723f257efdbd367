"""The contracts: check a document against its schema, and report each fault in words that help to correct it."""

import difflib
from collections.abc import Iterable, Mapping
from functools import cache, partial
from math import isfinite
from typing import Any

import jsonschema
import yaml
from referencing import Registry, Resource

from payoff.errors import MOST_LETTERS, UserError, few
from payoff.files.home import SCHEMAS

# JSON Schema counts 6.0 as an integer, but integers become parts of file names. And YAML has .inf.
TYPES = jsonschema.Draft202012Validator.TYPE_CHECKER.redefine_many(
    {
        "integer": lambda _, value: isinstance(value, int) and not isinstance(value, bool),
        "number": lambda _, value: isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value),
    }
)


# in C if the installed yaml has it: ten times as fast
FASTEST = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

MOST_ALLOWED = 30  # names of which a user may choose one
A_LINE = r"^.*\S.*$"
MOST_UNKNOWN = 5  # keys that are each told with what they may have meant


class ContractError(UserError):
    """One line per fault: file, key, what was found, what is allowed."""


def check(document: Any, schema: str, file: str, registries: Mapping[str, Iterable[str]] | None = None) -> None:
    """Raise ContractError unless `document`, read from `file`, fulfils workflow/schemas/<schema>.schema.yaml.

    The schemas use one keyword that is not standard: `{registry: models}` allows exactly the names in
    `registries["models"]`, so that only the registry lists the names.
    """
    names = {registry: sorted(allowed) for registry, allowed in (registries or {}).items()}
    validator = jsonschema.validators.extend(
        jsonschema.Draft202012Validator, {"registry": partial(_check_registry, names)}, type_checker=TYPES
    )
    errors = list(validator(load_schema(schema), registry=OTHERS).iter_errors(document))
    # a document of another version has many faults, but only its version helps the user
    telling = [error for error in errors if list(error.absolute_path) == ["schema_version"]] or errors
    if telling:
        raise ContractError("\n".join(_in_words(error, file) for error in telling))


def fault(file: str, key: str, found: Any, allowed: str) -> str:
    """The message about a wrong value. All such messages have this form."""
    return f"{file}: {key}: found {_shown(found)}; allowed: {allowed}"


def did_you_mean(found: Any, allowed: Iterable[str]) -> str:
    """The allowed names, with a suggestion if `found` looks like a misspelling of one of them."""
    allowed = sorted(allowed)
    plain = {name.casefold(): name for name in allowed}
    near = [plain[name] for name in difflib.get_close_matches(str(found)[:MOST_LETTERS].casefold(), plain, n=1)]
    return few(allowed, MOST_ALLOWED) + (f" (did you mean {near[0]}?)" if near else "")


@cache
def load_schema(name: str) -> dict:
    return yaml.load((SCHEMAS / f"{name}.schema.yaml").read_text(encoding="utf-8"), FASTEST)


def _named(address: str) -> Resource:
    return Resource.from_contents(load_schema(address.removesuffix(".schema.yaml")))


OTHERS: Registry = Registry(retrieve=_named)  # type: ignore[call-arg]  # schemas name each other by file


def _check_registry(registries, _validator, registry: str, instance: Any, _schema):
    if instance not in registries[registry]:
        yield jsonschema.ValidationError(did_you_mean(instance, registries[registry]))


def _in_words(error: jsonschema.ValidationError, file: str) -> str:
    error = _innermost(error)
    key = ".".join(str(part) for part in error.absolute_path) or "(top level)"
    match error.validator:
        case "registry":
            allowed = error.message
        case "additionalProperties":
            known = error.schema.get("properties", {})
            unknown = [name for name in error.instance if name not in known]
            prefix = "" if key == "(top level)" else f"{key}."
            lines = [
                f"{file}: {prefix}{name}: unknown key; allowed: {did_you_mean(name, known)}" for name in unknown[:5]
            ]
            if len(unknown) > len(lines):
                lines.append(f"{file}: {len(unknown) - len(lines):,} more unknown keys")
            return "\n".join(lines)
        case "required":
            missing = [name for name in error.validator_value if name not in error.instance]
            return f"{file}: {key}: missing {few(missing)}; found {few(error.instance) or 'nothing'}"
        case "type":
            allowed = _types(error.validator_value)
        case "const":
            allowed = str(error.validator_value)
        case "enum":
            allowed = ", ".join(map(str, error.validator_value))
        case "minimum":
            allowed = f"at least {error.validator_value}"
        case "exclusiveMinimum":
            allowed = f"more than {error.validator_value}"
        case "maximum":
            allowed = f"at most {error.validator_value:,}"
        case "exclusiveMaximum":
            allowed = f"less than {error.validator_value}"
        case "maxLength":
            allowed = f"a text of at most {error.validator_value} letters"
        case "minLength":
            allowed = "a text that is not empty"
        case "minItems" | "minProperties":
            number = error.validator_value
            allowed = "at least one entry" if number == 1 else f"at least {number} entries"
        case "maxItems" | "maxProperties":
            allowed = f"at most {error.validator_value:,} entries"
        case "uniqueItems":
            allowed = "each entry once"
        case "pattern":
            is_line = error.validator_value == A_LINE
            allowed = "one line of text, not empty" if is_line else f"a text like {error.validator_value}"
        case "oneOf":
            allowed = error.schema["description"]
        case _:
            allowed = error.message
    return fault(file, key, error.instance, allowed)


def _innermost(error: jsonschema.ValidationError) -> jsonschema.ValidationError:
    """For a `oneOf`, the fault in the branch that the user meant: the one whose type (or form of text) fits."""
    meant = [inner for inner in error.context or () if inner.validator not in ("type", "const", "pattern")]
    return _innermost(meant[0]) if meant else error


def _types(types: str | list[str]) -> str:
    names = {"integer": "a whole number", "number": "a number", "string": "a text", "array": "a list"}
    names |= {"object": "keys with values", "null": "null", "boolean": "true or false"}
    return " or ".join(names[name] for name in ([types] if isinstance(types, str) else types))


def _shown(value: Any) -> str:
    kinds = {str: "text", bool: "truth value", list: "list", dict: "mapping"}
    text = repr(value) if len(repr(value)) <= 80 else repr(value)[:77] + "…"
    kind = next((name for type_, name in kinds.items() if isinstance(value, type_)), None)
    return f"{text} (a {kind})" if kind else text
