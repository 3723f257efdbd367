"""Which files of the package a Python loads for some statements, in a process that has loaded none of them before.

A fork server makes one process per question. It has imported the slow packages, but nothing of payoff. This module must
not import payoff either, because each of those processes imports it.
"""

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

SLOW_TO_IMPORT = ["torch", "pandas", "pyarrow.parquet", "scipy.stats", "matplotlib.pyplot"]


@pytest.fixture(scope="module")
def loaded_by() -> Iterator[Callable[[str], set[Path]]]:
    """The files of the package that are loaded for these statements."""
    server = get_context("forkserver")
    server.set_forkserver_preload(SLOW_TO_IMPORT)
    with ProcessPoolExecutor(1, mp_context=server, max_tasks_per_child=1) as processes:
        yield lambda statements: processes.submit(_loaded_by, statements).result()


def _loaded_by(statements: str) -> set[Path]:
    assert not _files_of_the_package()
    exec(statements, {})
    return _files_of_the_package()


def _files_of_the_package() -> set[Path]:
    return {Path(module.__file__) for name, module in sys.modules.items() if name.split(".")[0] == "payoff"}
