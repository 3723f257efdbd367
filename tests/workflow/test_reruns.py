"""What the same command does again: nothing, or what an edit made stale; and how it ends."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from conftest import as_user, copy_project, snakemake
from twin import ALL_HEATS, RESULTS, TWIN, heats_in, planned_rules


def test_a_second_call_does_nothing(tiny):
    done = snakemake(*TWIN, project=tiny)
    assert done.returncode == 0
    assert "Nothing to be done" in done.stdout


@pytest.fixture
def edited(tiny):
    """Edit a file of the project, so that its meaning stays; put it back afterwards, its time too."""
    originals, times = {}, {}

    def edit(name: str) -> None:
        path = tiny / name
        originals[path], times[path] = path.read_text(), path.stat().st_mtime_ns
        if path.suffix == ".ipynb":
            notebook = json.loads(originals[path])
            notebook["cells"][0]["source"].append(" Edited.")
            path.write_text(json.dumps(notebook))
        else:
            path.write_text(originals[path] + "\n# edited\n")

    yield edit
    for path, text in originals.items():
        path.write_text(text)
        os.utime(path, ns=(times[path], times[path]))


def of(*architectures: str, sizes: tuple[str, ...] = ("8", "32")) -> set:
    """The heats of these networks."""
    return {heat for heat in ALL_HEATS if heat[0] in architectures and heat[1] in sizes}


MLP, CNN = of("mlp"), of("cnn")
WITH_FUSED = of("mlp", sizes=("8",))  # the mode that only the smaller network has


# What follows the heats, each with the results of those before it.
FOLLOWING = ("gather_runs", "summarise", "compare_ways", "run_notebooks", "render_report")
CHECKED = ("check_equal_work", *FOLLOWING)


@pytest.mark.parametrize(
    ("file", "heats", "others"),
    [
        ("src/payoff/models/torch_mlp.py", MLP, CHECKED),
        ("src/payoff/models/torch_cnn.py", CNN, FOLLOWING),  # which has no twin to be checked against
        ("src/payoff/models/numpy_mlp.py", MLP, CHECKED),
        ("src/payoff/models/torch_network.py", ALL_HEATS, CHECKED),
        ("src/payoff/models/torch_fused_mlp.py", WITH_FUSED, CHECKED),
        ("src/payoff/models/handwritten_mlp.py", MLP, CHECKED),
        ("src/payoff/runs/training.py", ALL_HEATS, CHECKED),
        ("src/payoff/runs/worker.py", ALL_HEATS, FOLLOWING),
        ("scripts/run_heat.py", ALL_HEATS, FOLLOWING),
        # a new entry in a registry, another format of a column: no heat is stale
        ("src/payoff/models/registry.py", set(), CHECKED),  # the check finds the modules of the pairs there
        ("src/payoff/datasets/registry.py", set(), ()),
        ("src/payoff/tables/columns.py", set(), ("run_notebooks", "render_report")),
        ("src/payoff/study/configuration.py", set(), ()),
        ("src/payoff/tables/runs.py", set(), FOLLOWING),
        ("src/payoff/tables/cells.py", set(), ("summarise", "compare_ways", "run_notebooks", "render_report")),
        ("src/payoff/comparisons/comparison.py", set(), ("compare_ways", "run_notebooks", "render_report")),
        ("notebooks/scaling.ipynb", set(), ("run_notebooks", "render_report")),
        ("report/style.css", set(), ("render_report",)),
        ("README.md", set(), ()),
    ],
)
def test_an_edit_runs_again_exactly_what_depends_on_it(tiny, edited, file, heats, others):
    edited(file)
    done = snakemake("--dry-run", *TWIN, project=tiny)
    assert done.returncode == 0, done.stdout
    assert heats_in(done.stdout) == heats
    assert ("run_heat" in planned_rules(done.stdout)) == bool(heats)
    assert planned_rules(done.stdout) - {"run_heat"} == set(others)
    if not heats and not others:
        assert "Nothing to be done" in done.stdout


def test_an_edit_that_is_taken_back_runs_nothing(tiny):
    module = tiny / "src/payoff/runs/training.py"
    module.write_text(module.read_text())  # newer, but the same
    done = snakemake("--dry-run", *TWIN, project=tiny)
    assert "Nothing to be done" in done.stdout


def test_a_recipe_that_changes_makes_its_heats_stale_and_another_budget_does_not(tiny, edited):
    done = snakemake("--dry-run", *TWIN, "--config", "budget_s=77", project=tiny)
    assert "Nothing to be done" in done.stdout
    study = tiny / "tests/tiny/tiny.yaml"
    edited("tests/tiny/tiny.yaml")
    study.write_text(study.read_text().replace("epochs: 2", "epochs: 3"))
    done = snakemake("--dry-run", *TWIN, project=tiny)
    assert heats_in(done.stdout) == ALL_HEATS


def test_a_lost_data_set_costs_no_finished_heat(tiny):
    """Snakemake would make it again and measure all of its heats again, with the first job that needs it."""
    tables, heats = tiny / RESULTS / "tables", sorted((tiny / RESULTS / "heats").iterdir())
    lost = [tiny / RESULTS / "../datasets/digits.npz", tables / "runs.parquet"]
    aside = [file.rename(file.with_suffix(".aside")) for file in lost]
    measured = {heat: (heat.read_bytes(), heat.stat().st_mtime_ns) for heat in heats}
    try:
        done = snakemake(*TWIN, project=tiny)
        assert done.returncode != 0
        assert "digits.npz: missing." in done.stdout
        assert f"measure {len(ALL_HEATS)} finished heats in results/tiny/heats again" in done.stdout
        assert {heat: (heat.read_bytes(), heat.stat().st_mtime_ns) for heat in heats} == measured
        # what it says to do
        assert snakemake(*TWIN, "datasets", project=tiny).returncode == 0
        as_large = ("--dry-run", "--max-checksum-file-size", "0")  # small data sets are also compared by their content
        assert heats_in(snakemake(*as_large, *TWIN, project=tiny).stdout) == ALL_HEATS
        for heat in heats:
            heat.touch()
        planned = planned_rules(snakemake(*as_large, *TWIN, project=tiny).stdout)
        assert "gather_runs" in planned
        assert "run_heat" not in planned
    finally:
        for file, kept in zip(lost, aside, strict=True):
            kept.replace(file)
        for heat, (_, when) in measured.items():
            os.utime(heat, ns=(when, when))


@dataclass
class Ended:
    """A study that was ended before it was done: the heats that it had just before the end, as they were.

    second: what a second workflow was told while the first was at work; after, processes: the heats after the end, and
    the processes of the project that were left; next: what the next call said.
    """

    second: subprocess.CompletedProcess
    before: dict[Path, bytes]
    after: dict[Path, bytes]
    processes: list[str]
    next: subprocess.CompletedProcess


@pytest.fixture(scope="module")
def ended(tmp_path_factory) -> Ended:
    """Begin; meet the workflow with a second one; end it by SIGTERM, as batch systems and `docker stop` do, to the main
    process alone. The torture kills it in other ways, and goes on to the end."""
    project = copy_project(tmp_path_factory.mktemp("ended") / "project")
    command = [sys.executable, "-m", "snakemake", *TWIN, "tables"]
    nowhere = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(command, cwd=project, env=as_user(project), start_new_session=True, **nowhere)

    def wait_until(there) -> None:
        deadline = time.monotonic() + 120
        while not there() and time.monotonic() < deadline:
            time.sleep(0.02)

    def heats() -> dict[Path, bytes]:
        return {path: path.read_bytes() for path in (project / RESULTS / "heats").glob("*.jsonl")}

    try:
        locks = project / "tests/tiny/.snakemake/locks"
        wait_until(lambda: locks.is_dir() and any(locks.iterdir()))
        snakemake("--dry-run", *TWIN, project=project)  # looks in, and must not spoil the lock either
        second = snakemake(*TWIN, project=project)
        assert process.poll() is None, "the first workflow ended before the second could meet its lock"
        wait_until(heats)
        time.sleep(0.5)  # into the next heat
        before = heats()
        process.terminate()
        assert process.wait(10) != 0  # after which `docker stop` kills it
        after = heats()
        # a zombie has no command line
        commands = [" ".join(other.info["cmdline"] or []) for other in psutil.process_iter(["cmdline"])]
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    processes = [words for words in commands if str(project) in words]
    return Ended(second, before, after, processes, snakemake(*TWIN, "datasets", project=project))


def test_a_live_workflow_keeps_its_lock_and_a_dead_one_does_not(ended):
    assert ended.second.returncode != 0
    assert "lock" in ended.second.stdout.lower()
    assert ended.next.returncode == 0, ended.next.stdout


def test_sigterm_ends_it_at_once_and_the_heat_in_hand_is_not_done(ended):
    assert 1 <= len(ended.before) < len(ALL_HEATS)
    assert ended.after == ended.before, "it did not wait for the heat in hand, and spoilt none"
    assert not ended.processes
