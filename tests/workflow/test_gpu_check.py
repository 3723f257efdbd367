"""The check for a machine with a GPU, tried on the CPU at a tiny scale."""

import importlib.util
import os
import subprocess
import sys
import tarfile
import time

import pytest
from conftest import HOME, as_user, copy_project

SCRIPT = "benchmarks/gpu_check.py"


@pytest.fixture(scope="module")
def gpu_check():
    spec = importlib.util.spec_from_file_location("gpu_check", HOME / SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_each_step_is_told_and_what_it_found_is_packed(tmp_path):
    project = copy_project(tmp_path / "project")
    environment = {name: value for name, value in as_user(project).items() if name != "PAYOFF_DATA_ROOT"}
    command = [sys.executable, SCRIPT, "out", "--device", "cpu", "--tiny"]
    done = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True)
    steps = [line.split("\t") for line in (project / "out/steps.tsv").read_text().splitlines()]
    words = "".join(path.read_text() for path in (project / "out/logs").iterdir())
    assert [(name, became) for name, became, _ in steps] == [
        ("conformance", "done"),
        ("rates-and-probe", "done"),
        ("quick", "done"),
    ], words
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["\t".join(step) for step in steps]
    with tarfile.open(project / "out/found.tar.gz") as archive:
        found = set(archive.getnames())
    assert {"steps.tsv", *(f"logs/{name}.log" for name, *_ in steps)} <= found
    assert "results/sources/probe/cpu.json" in found
    assert any(name.startswith("results/tiny/heats/") for name in found)
    assert not any("datasets" in name for name in found)


def test_a_step_that_takes_too_long_is_ended_with_all_its_processes(gpu_check, tmp_path, monkeypatch):
    began = time.monotonic()
    slow = gpu_check.Step("slow", 0.5, ["sh", "-c", "sleep 60 & echo $! > pid; wait"])
    monkeypatch.chdir(tmp_path)
    assert gpu_check.run(slow, tmp_path, left_s=100) == "ended at its limit"
    assert gpu_check.run(slow._replace(limit_s=100), tmp_path, left_s=0.5) == "ended at its limit"
    assert time.monotonic() - began < 20
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)
    failing = gpu_check.Step("failing", 10, [sys.executable, "-c", "import sys; print('why'); sys.exit(3)"])
    assert gpu_check.run(failing, tmp_path, left_s=100) == "ended with status 3"
    assert (tmp_path / "failing.log").read_text() == "why\n"


def test_the_replays_are_those_whose_data_are_here(gpu_check, tmp_path):
    def asked() -> tuple[list[str], set[str]]:
        """The names of the steps, and the data sets of their heats."""
        steps = list(gpu_check.steps("cpu", str(tmp_path), tiny=False))
        heats = [word.rpartition("/")[2] for step in steps for word in step.command if "/heats/" in word]
        return [step.name for step in steps], {heat.partition("-")[0] for heat in heats}

    (tmp_path / "MNIST").mkdir()
    assert asked() == (["conformance", "rates-and-probe", "R2-R3-R4", "P1-W1-W2", "quick"], {"mnist"})
    (tmp_path / "cifar-10-batches-py").mkdir()
    assert asked() == (
        ["conformance", "rates-and-probe", "R2-R3-R4", "P1-W1-W2", "D2-D3-M1", "quick"],
        {"mnist", "cifar10"},
    )
    without = [step.name for step in gpu_check.steps("cpu", None, tiny=False)]
    assert without == ["conformance", "rates-and-probe", "quick"]
