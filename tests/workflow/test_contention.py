"""Contention that is really there."""

import subprocess
import sys
import time

import pytest

from payoff.cells import Cell
from payoff.machine.cpus import usable_cpus
from payoff.machine.quiet import LIMITS, WINDOW_S, wait_for_quiet, why_contended
from payoff.models.registry import MODELS
from payoff.recipes import Recipe
from payoff.runs.attempt import Run
from payoff.runs.measure import measure

pytestmark = pytest.mark.alone

ROUNDS = 10


@pytest.fixture
def short_run(digits, tmp_path):
    """Measure a run of half a second."""
    cell = Cell("digits", "numpy_mlp", "eager", "short", "cpu", 8, 1)
    recipe = Recipe("unit", "cross_entropy", "sgd", learning_rate=0.1, batch_size=128, epochs=2)

    def measured(number: int, quiet_wait_s: float = 0) -> dict:
        module = MODELS["numpy_mlp"].modules["eager"]
        run = Run("test", cell, 1, 4, module, recipe, digits, budget_s=60, quiet_wait_s=quiet_wait_s)
        return measure(run, tmp_path / f"{number}.log")

    return measured


@pytest.fixture
def hog():
    """A program that uses a whole CPU, beside this test; of a large machine that is too little, so there are more."""
    many = 1 + len(usable_cpus()) // 10
    processes = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(many)]
    time.sleep(0.2)
    yield
    for process in processes:
        process.kill()
        process.wait()


def test_a_run_beside_a_hog_is_contended_every_time(hog, short_run, tmp_path):
    for number in range(ROUNDS):
        record = short_run(number)
        assert record["contention"]["label"] == "contended"
        assert LIMITS["others_cpu"][1] in record["contention"]["reasons"]
        assert record["before_repeat"]["contention"]["label"] == "contended"
        assert len(record["before_repeat"]["epoch_durations_s"]) == len(record["epochs"])
        assert record["before_repeat"]["started_at"] < record["started_at"]
        assert "epoch 1" in (tmp_path / f"{number}.contended.log").read_text()


def test_runs_without_a_hog_are_labelled_and_shown(short_run, capsys):
    """What else runs on a shared machine is not ours to say: the labels are printed, and follow from the figures."""
    records = [short_run(number, quiet_wait_s=2) for number in range(2)]
    found = [record["contention"] for record in records]
    with capsys.disabled():
        print(f"\n{len(found)} runs without a hog:", ", ".join(f"{c['label']} ({c['others_cpu']:.1%})" for c in found))
    for record in records:
        reasons = why_contended(record["contention"])
        assert record["contention"]["reasons"] == reasons
        assert record["contention"]["label"] == ("contended" if reasons else "quiet")
        assert (record["before_repeat"] is not None) or not reasons


def test_before_a_run_one_waits_for_a_hog_to_end_but_not_for_ever(hog):
    assert 0.5 <= wait_for_quiet(0.5) < 0.5 + 2 * WINDOW_S
    assert wait_for_quiet(0) < 0.1
