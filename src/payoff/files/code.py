"""Which source files a job's result depends on.

Snakemake watches the files that a rule names, not the modules that a script imports. So the rules name these modules,
too, and this module finds them: nobody must keep a list of them.
"""

import ast
import json
import os
from collections.abc import Iterable
from functools import cache
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

import grimp


def code_behind(*adapters: Path, modules: Iterable[str] = ()) -> list[Path]:
    """The files of this package that these scripts or notebooks import, directly or not, and those behind `modules`."""
    found = set(modules).union(*map(_imported, adapters))
    graph = _graph()
    for module in list(found):
        found |= graph.find_upstream_modules(module)
    found |= {parent for module in found for parent in _packages_of(module)}
    return sorted(map(_file_of, found))


@cache
def code_of(home: Path, *adapters: str, modules: tuple[str, ...] = ()) -> list[str]:
    """The adapters at these paths in `home` and the code behind them, as the inputs of their rule.

    Relative to the working directory, so that results stay fresh when the whole folder moves.
    """
    paths = [home / adapter for adapter in adapters]
    return [os.path.relpath(file) for file in [*paths, *code_behind(*paths, modules=modules)]]


@cache
def hash_of_code(home: Path, *adapters: str, modules: tuple[str, ...] = ()) -> str:
    """A hash of the same files, as a parameter of their rule: for a rule with thousands of jobs, since Snakemake looks
    at each input of each job. It stays the same when the whole folder moves."""
    files = [Path(file) for file in code_of(home, *adapters, modules=modules)]
    return sha256(b"".join(file.name.encode() + sha256(file.read_bytes()).digest() for file in files)).hexdigest()[:12]


def _imported(adapter: Path) -> set[str]:
    """The modules of this package that the source of a script or a notebook imports."""
    tree = ast.parse(_source(adapter))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names & _graph().modules


def _source(adapter: Path) -> str:
    text = adapter.read_text(encoding="utf-8")
    if adapter.suffix != ".ipynb":
        return text
    cells = json.loads(text)["cells"]
    return "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")


def _file_of(module: str) -> Path:
    spec = find_spec(module)
    assert spec
    assert spec.origin, f"{module} has no file"
    return Path(spec.origin)


def _packages_of(module: str) -> Iterable[str]:
    """payoff.models.registry -> payoff.models, payoff: importing a module runs these first."""
    while "." in module:
        module = module.rpartition(".")[0]
        yield module


@cache
def _graph() -> grimp.ImportGraph:
    return grimp.build_graph("payoff", cache_dir=None)
