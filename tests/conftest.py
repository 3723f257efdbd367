"""What the tests share: the project as a user has it, and snakemake as a user calls it."""

import contextlib
import fcntl
import io
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from chromium import browser as browser
from chromium import open_file as open_file
from chromium import opened as opened
from chromium import report_file as report_file
from forked import snakemake_in_a_fork
from planted_page import open_planted as open_planted
from planted_page import planted_address as planted_address
from pretend.install import TITLES, install

from payoff.commands.main import main
from payoff.datasets.prepare import prepare_dataset
from payoff.datasets.registry import DATASETS
from payoff.machine.locks import FOLDER_VARIABLE
from payoff.models.registry import MODELS, ModelSpec

HOME = Path(__file__).parents[1]

# Of the tests' own processes, and not of those that they start. Their networks are small, and the other cores have
# tests to run; to compile them well would take longer than they run.
OF_THE_TESTS = {
    "OMP_NUM_THREADS": "1",
    "TORCHINDUCTOR_COMPILE_THREADS": "1",
    "XLA_FLAGS": "--xla_backend_optimization_level=0",
}


def as_user(project: Path) -> dict[str, str]:
    """The environment of a user of this checkout: its library and this Python's programs come first."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = os.environ | {"PATH": path, "PYTHONPATH": str(project / "src")}
    for variable in OF_THE_TESTS:
        environment.pop(variable, None)
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # else each of hundreds of processes compiles the library
    return environment


def snakemake(*words: str, project: Path = HOME, **variables: str) -> subprocess.CompletedProcess:
    """Run snakemake in a checkout, with these variables of the environment, and wait; its words are in `stdout`."""
    if variables:  # which some modules read when they are imported
        return snakemake_of_a_user(*words, project=project, **variables)
    return snakemake_in_a_fork(words, project, as_user(project))


def snakemake_of_a_user(*words: str, project: Path = HOME, **variables: str) -> subprocess.CompletedProcess:
    """As `snakemake` does it, in a new process."""
    return subprocess.run(
        [sys.executable, "-m", "snakemake", *words],
        cwd=project,
        env=as_user(project) | variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def copy_project(target: Path) -> Path:
    """What git would clone, with local changes, for tests that edit it or fill it with results."""
    listing = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    for name in subprocess.run(listing, cwd=HOME, capture_output=True, text=True, check=True).stdout.splitlines():
        if (HOME / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(HOME / name, target / name)
    return target


@pytest.fixture(scope="session")
def digits(tmp_path_factory) -> Path:
    """The prepared digits."""
    path = tmp_path_factory.mktemp("datasets") / "digits.npz"
    prepare_dataset(DATASETS["digits"], None, path.parent, path)
    return path


@pytest.fixture(scope="session")
def tiny(tmp_path_factory) -> Path:
    """A copy of the project in which the tiny twin was run whole; results are in tests/tiny/results/tiny."""
    return run_once(tmp_path_factory, "tiny")


@pytest.fixture(scope="session")
def pretend(tmp_path_factory) -> Path:
    """A copy of the project with the pretend device, in which the study with planted truth was run whole."""
    return run_once(tmp_path_factory, "pretend", install)


@pytest.fixture
def registered(monkeypatch) -> None:
    """The pretend models are in the registry of this process, too."""
    for name, title in TITLES.items():
        monkeypatch.setitem(MODELS, name, ModelSpec(title, "mlp", {"eager": f"payoff.models.{name}"}))


def run_once(tmp_path_factory, study: str, prepare: Callable[[Path], None] = lambda project: None) -> Path:
    """A copy of the project in which the study in tests/<study> was run whole, after `prepare` has changed the copy.

    Of the workers of pytest-xdist the first that asks runs it, while the others wait; each has a copy of its own, which
    its tests may edit.
    """
    own = tmp_path_factory.mktemp(study) / "project"
    shared = tmp_path_factory.getbasetemp().parent if is_worker() else own.parent
    original = shared / f"{study}-original"
    with (shared / f"{study}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not original.exists():
            shutil.rmtree(shared / f"{study}-under-way", ignore_errors=True)  # of a worker whose run failed
            project = copy_project(shared / f"{study}-under-way")
            prepare(project)
            done = snakemake_of_a_user("--directory", f"tests/{study}", "--cores", "all", project=project)
            assert done.returncode == 0, done.stdout
            project.rename(original)
    return Path(shutil.copytree(original, own, symlinks=True))


def is_worker() -> bool:
    """Whether this process is one of several of pytest-xdist that share the tests."""
    return "PYTEST_XDIST_WORKER" in os.environ


# The files that take longest, in the order in which they begin, so that no process has one left at the end.
LONGEST = [
    "test_slurm",
    "test_planted",
    "test_beside_in_the_workflow",
    "test_torture",
    "test_runs",
    "test_effort_in_the_workflow",
    "test_models",
    "test_claims_in_the_workflow",
    "test_workflow",
    "test_reruns",
    "test_large_study",
    "test_accessibility",
    "test_own_data_in_the_workflow",
    "test_published_in_the_workflow",
    "test_heats",
    "test_equal_work",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    first = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: first.get(item.path.stem, len(first)))


def pytest_configure() -> None:
    for variable, value in OF_THE_TESTS.items():
        os.environ.setdefault(variable, value)


@pytest.fixture(scope="session", autouse=True)
def own_locks(tmp_path_factory) -> None:
    """The workers of pytest-xdist do not wait for each other's timed runs."""
    if is_worker():
        os.environ[FOLDER_VARIABLE] = str(tmp_path_factory.mktemp("locks"))


@pytest.fixture(scope="session")
def called():
    """Call `payoff` with these words within this process, which spares the imports of a new one: as `command` does."""

    def call(*words) -> subprocess.CompletedProcess:
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                status = main([str(word) for word in words])
            except SystemExit as wrong_words:
                status = wrong_words.code
        return subprocess.CompletedProcess(words, status, out.getvalue(), err.getvalue())

    return call


@pytest.fixture(scope="session")
def command():
    """Run a module of the package as a user does, and wait; its words are in `stdout` and `stderr`.

    loaded: a package; whether the process has loaded it is then its last line.
    """

    def run(module: str, *words, loaded: str | None = None) -> subprocess.CompletedProcess:
        call = [sys.executable, "-m", module]
        if loaded:
            tell = f"import atexit, runpy, sys; atexit.register(lambda: print('{loaded}:', '{loaded}' in sys.modules))"
            call = [sys.executable, "-c", f"{tell}; runpy.run_module('{module}', run_name='__main__', alter_sys=True)"]
        environment = as_user(HOME) | {"OMP_NUM_THREADS": "1"}
        return subprocess.run([*call, *map(str, words)], env=environment, capture_output=True, text=True)

    return run
