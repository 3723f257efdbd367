"""What the tests share."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HOME = Path(__file__).parents[1]


def snakemake(*words: str, cwd: Path = HOME, **kwargs) -> subprocess.CompletedProcess:
    """Run snakemake as a user would, with this environment's programs first on the path."""
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    return subprocess.run(
        [sys.executable, "-m", "snakemake", *words], cwd=cwd, env=environment, capture_output=True, text=True, **kwargs
    )


@pytest.fixture(scope="session")
def tiny_study(tmp_path_factory) -> Path:
    """The tiny twin, run whole in a folder of its own; its results are in `results/tiny`."""
    folder = tmp_path_factory.mktemp("tiny")
    for file in (HOME / "tests" / "tiny").glob("*.yaml"):
        shutil.copy(file, folder)
    done = snakemake("--directory", str(folder), "--cores", "all")
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture
def copy_of_the_project(tmp_path) -> Path:
    """What git would clone, with local changes, for tests that edit the source."""
    names = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=HOME,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    for name in names:
        if (HOME / name).is_file():
            target = tmp_path / "project" / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(HOME / name, target)
    return tmp_path / "project"
