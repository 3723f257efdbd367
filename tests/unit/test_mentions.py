"""Files and modules that are named in words: what no import and no test of behaviour would miss."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import HOME

FOLDERS = ("src", "workflow", "scripts", "docs", "notebooks", "report", "benchmarks", "profiles")
KINDS = ("*.py", "*.smk", "*.yaml", "*.md", "*.j2", "*.ipynb")
SOURCES = [path for folder in FOLDERS for kind in KINDS for path in sorted((HOME / folder).rglob(kind))]
TEXTS = {path: path.read_text() for path in [*SOURCES, HOME / "README.md", HOME / "config.yaml"]}
SCHEMAS = HOME / "workflow/schemas"
NO_MODULES = {"payoff.sif", "payoff.lock"}  # files that look like some


def mentions(pattern: str) -> Iterator[tuple[Path, str]]:
    return ((path, found) for path, text in TEXTS.items() for found in sorted(set(re.findall(pattern, text))))


def test_every_schema_that_is_named_exists():
    named = [*mentions(r"\b(\w+)\.schema\.yaml\b")]
    assert {schema for _, schema in named} >= {"record", "config", "study"}
    assert [(path, schema) for path, schema in named if not (SCHEMAS / f"{schema}.schema.yaml").exists()] == []


def test_every_module_that_is_named_exists():
    named = [*mentions(r"\bpayoff(?:\.[a-zA-Z_]\w*)+")]
    assert {name for _, name in named} >= {"payoff.runs.worker"}
    assert [(path, name) for path, name in named if name not in NO_MODULES and not exists(name)] == []


def exists(name: str) -> bool:
    """Whether this is a module of the package, or something that is defined in one."""
    path, attributes = HOME / "src/payoff", name.split(".")[1:]
    while attributes and (path / attributes[0]).is_dir():
        path /= attributes.pop(0)
    if not attributes:
        return True
    module = path / f"{attributes.pop(0)}.py"
    if not module.is_file():
        return False
    defined = rf"^(?:(?:def|class) {attributes[0]}\b|{attributes[0]}\b.*=)" if attributes else ""
    return re.search(defined, module.read_text(), flags=re.MULTILINE) is not None


@pytest.mark.parametrize(
    ("name", "there"),
    [
        ("payoff.runs", True),
        ("payoff.runs.worker", True),
        ("payoff.cells.Cell", True),
        ("payoff.machine.clock.PHASES", True),
        ("payoff.nothing", False),
        ("payoff.runs.nothing", False),
        ("payoff.cells.nothing", False),
    ],
)
def test_what_exists(name, there):
    assert exists(name) == there
