"""Snakemake in a fork of a process that has imported it already, which saves two thirds of the time of a dry run.

Nothing of the project is imported here: what a fork imports is that of its own checkout.
"""

import multiprocessing
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["snakemake.cli"])


def snakemake_in_a_fork(
    words: Sequence[str], project: Path, environment: Mapping[str, str]
) -> subprocess.CompletedProcess:
    """As `python -m snakemake` with these words in the project, with this environment; all it says is in `stdout`."""
    with tempfile.NamedTemporaryFile() as said:
        process = _FORKS.Process(target=_call, args=(list(words), str(project), dict(environment), said.name))
        process.start()
        process.join()
        text = Path(said.name).read_text(encoding="utf-8", errors="replace")
    return subprocess.CompletedProcess(["snakemake", *words], process.exitcode, text)


def _call(words: list[str], project: str, environment: dict[str, str], said: str) -> None:
    with open(said, "ab") as file:  # noqa: PTH123
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    os.chdir(project)
    os.environ.clear()
    os.environ.update(environment)
    sys.path[:0] = [project, *environment["PYTHONPATH"].split(os.pathsep)]
    sys.dont_write_bytecode = "PYTHONDONTWRITEBYTECODE" in environment
    sys.argv = ["snakemake", *words]
    from snakemake.cli import main

    main()
