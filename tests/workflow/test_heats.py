"""Heats of several runs: when each of their processes computes, and what becomes of the others if one fails."""

import json
import subprocess
import sys
import time
from dataclasses import replace
from itertools import groupby, pairwise

import psutil
import pytest
from measured import check_contract
from measured import module_of as module_of
from measured import run as run

from payoff.cells import CELL
from payoff.comparisons.heats import Heats
from payoff.runs.heat import measure_heat
from payoff.runs.turns import COUNTED_S, UNCOUNTED_S
from payoff.tables.runs import runs_table
from payoff.tables.turns import turns_table

# A model whose network notes when it begins and ends to train.
NOTING = """
import json, os, time
from {module} import build as really_build

def noting(work):
    def noted(*given):
        began = time.monotonic()
        done = work(*given)
        with open({notes!r}, "a") as file:
            file.write(json.dumps([os.getpid(), began, time.monotonic()]) + "\\n")
        return done
    return noted

def build(blueprint):
    network = noting(really_build)(blueprint)
    network.train = noting(network.train)
    return network
"""


@pytest.fixture
def three(run):
    """The runs of a heat: a way in numpy, one in torch, and the first again as a control."""
    first = run()
    return [first, run("torch_mlp"), replace(first, is_control=True)]


def test_the_ways_of_a_heat_train_one_after_the_other_and_then_take_turns(three, module_of, tmp_path):
    """At most one process computes at a time, in the order that the records say."""
    notes, rounds = tmp_path / "notes", 6
    runs = [
        replace(one, module=module_of(f"noting_{name}", NOTING.format(module=one.module, notes=str(notes))))
        for one, name in zip(three, ("numpy", "torch", "numpy"), strict=True)
    ]
    records = measure_heat(runs, tmp_path / "logs", rounds=rounds)
    check_contract(*records, folder=tmp_path)
    assert [record["cell"]["model"] for record in records] == ["numpy_mlp", "torch_mlp", "numpy_mlp"]
    assert [record["heat"]["is_control"] for record in records] == [False, False, True]
    assert {record["heat"]["ways"] for record in records} == {3}
    assert len({record["heat"]["started_at"] for record in records}) == 1
    assert {record["failure"] for record in records} == {None}
    assert {path.name for path in (tmp_path / "logs").iterdir()} == {
        "numpy_mlp-eager-cpu-t1.log",
        "numpy_mlp-eager-cpu-t1-again.log",
        "torch_mlp-eager-cpu-t1.log",
    }

    noted = sorted(map(json.loads, notes.read_text().splitlines()), key=lambda entry: entry[1])
    assert all(before[2] <= after[1] for before, after in pairwise(noted))
    computed = [pid for pid, _ in groupby(pid for pid, *_ in noted)]
    assert len(set(computed[:3])) == 3, "each has trained to the end before the next one is there"
    by_start = sorted(records, key=lambda record: record["started_at"])
    order = [
        by_start.index(record)
        for number in range(rounds)
        for record in sorted(by_start, key=lambda record: record["turns"][number]["position"])
    ]
    told = [at for at, _ in groupby([0, 1, 2, *order])]  # the last of a round may be the first of the next
    assert computed == [computed[at] for at in told]
    assert len({tuple(order[3 * number : 3 * number + 3]) for number in range(rounds)}) > 1, "drawn for each round"


def test_the_turns_and_phases_of_a_heat_add_up(three, tmp_path):
    rounds = 4
    records = measure_heat(three, tmp_path, rounds=rounds)
    for record in records:
        assert [turn["round"] for turn in record["turns"]] == list(range(1, rounds + 1))
        phases = record["phases_s"]
        assert sum(phases.values()) == pytest.approx(record["process_s"], abs=1e-6)
        assert phases["turns"] >= rounds * (UNCOUNTED_S + COUNTED_S)
        assert sum(turn["cpu_s"] for turn in record["turns"]) <= phases["turns"]
    for number in range(rounds):
        turns = sorted((record["turns"][number] for record in records), key=lambda turn: turn["began_s"])
        assert [turn["position"] for turn in turns] == [1, 2, 3]
    in_turns = sum(record["phases_s"]["turns"] for record in records)
    first, *_, last = sorted(records, key=lambda record: record["started_at"])
    for record in records:  # who takes no turn waits, and the first waits for the others to train, too
        assert record["phases_s"]["waiting"] > in_turns - record["phases_s"]["turns"]
    assert first["phases_s"]["waiting"] > last["phases_s"]["waiting"] + last["phases_s"]["training"]
    rows = runs_table(records).sort_values("started_at")
    for record, wall_s in zip(sorted(records, key=lambda record: record["started_at"]), rows["wall_s"], strict=True):
        phases = record["phases_s"]
        assert wall_s == pytest.approx(record["process_s"] - phases["turns"] - phases["waiting"])
        assert wall_s > phases["imports"] + phases["training"]


def test_turns_change_nothing_that_was_trained(three, tmp_path):
    without, with_turns = (measure_heat(three, tmp_path, rounds=rounds) for rounds in (0, 3))
    for before, after in zip(without, with_turns, strict=True):
        assert (len(before["turns"]), len(after["turns"])) == (0, 3)
        assert before["weights_sha256"] == after["weights_sha256"] is not None
        assert [epoch["test_loss"] for epoch in before["epochs"]] == [epoch["test_loss"] for epoch in after["epochs"]]
    assert with_turns[0]["weights_sha256"] == with_turns[2]["weights_sha256"] != with_turns[1]["weights_sha256"]


# A numpy network that meets its end in its training, or when it begins the second turn.
FAULTY = """
import os, signal
from payoff.models.numpy_mlp import build as really_build

def build(blueprint):
    network = really_build(blueprint)
    restore, restored = network.restore, []

    def fail(*given):
        {fault}

    def restore_until_second_turn(state):
        restored.append(state)
        return fail() if len(restored) == {last} else restore(state)

    if {last}:
        network.restore = restore_until_second_turn
    else:
        network.train = fail
    return network
"""
CRASH = "os.kill(os.getpid(), signal.SIGSEGV)"
SECOND_TURN = 3  # what the first steps, which do not count, have changed is restored before the training


@pytest.mark.parametrize(
    ("fault", "last", "reason", "turns"),
    [
        (None, 0, "device_missing", 0),
        (CRASH, 0, "crashed", 0),
        (CRASH, SECOND_TURN, "crashed", 1),
        ("__import__('time').sleep(600)", SECOND_TURN, "over_budget", 1),
        ("raise RuntimeError('CUDA error: planted')", SECOND_TURN, "device_failed", 1),
    ],
    ids=["cannot be built", "crashes in training", "crashes in a turn", "hangs in a turn", "device fails in a turn"],
)
def test_a_way_that_fails_leaves_its_reason_and_the_others_take_all_their_turns(
    run, module_of, tmp_path, monkeypatch, fault, last, reason, turns
):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")  # also where there is one
    if fault:
        failing = run(module=module_of("faulty", FAULTY.format(fault=fault, last=last)), threads=2, budget_s=3)
    else:
        failing = run("torch_mlp", device="cuda")
    first, failed, second = measure_heat([run(), failing, run("torch_mlp")], tmp_path, rounds=4)
    check_contract(first, failed, second, folder=tmp_path)
    assert (failed["failure"]["reason"], len(failed["turns"])) == (reason, turns)
    for record in (first, second):
        assert record["failure"] is None
        assert [turn["round"] for turn in record["turns"]] == [1, 2, 3, 4]
        assert record["weights_sha256"]
    positions = [sorted(record["turns"][number]["position"] for record in (first, second)) for number in (2, 3)]
    assert positions == [[1, 2]] * 2, "who is gone leaves no gap"


# A network that needs more memory than there is as long as another process of the heat is alive.
GREEDY = """
import os
import psutil
from payoff.failures import RunFailure
from payoff.models.numpy_mlp import build as really_build

def build(blueprint):
    alive = psutil.Process(os.getppid()).children()
    if sum("payoff.runs.worker" in process.cmdline() for process in alive) > 1:
        raise RunFailure("out_of_memory", "planted")
    return really_build(blueprint)
"""
GREEDY_ALWAYS = GREEDY.replace("> 1", "> 0")


@pytest.mark.parametrize(("model", "fails"), [(GREEDY, False), (GREEDY_ALWAYS, True)])
def test_a_way_without_memory_beside_the_others_is_measured_in_a_heat_of_its_own(
    run, module_of, tmp_path, model, fails
):
    greedy = run(module=module_of("greedy", model), threads=2)
    records = measure_heat([run(), greedy, run("torch_mlp")], tmp_path, rounds=2)
    check_contract(*records, folder=tmp_path)
    first, apart, second = records
    assert [len(record["turns"]) for record in records] == [2, 0 if fails else 2, 2]
    assert [record["heat"]["ways"] for record in records] == [3, 1, 3]
    assert first["heat"]["started_at"] == second["heat"]["started_at"] < apart["heat"]["started_at"]
    assert apart["heat"]["apart"] == "out of memory beside 2 other ways: planted"
    assert "apart" not in first["heat"]
    assert bool(apart["failure"]) == fails
    assert bool(apart["weights_sha256"]) != fails
    turns = turns_table(records).assign(site="")
    of_first, of_greedy = ((("", *(record["cell"][part] for part in CELL))) for record in (first, apart))
    assert len(Heats(turns).logs(of_first, of_greedy)) == 0, "no turn of the one is beside one of the other"


MEASURER = """
from dataclasses import replace
from pathlib import Path
from payoff.cells import Cell
from payoff.recipes import Recipe
from payoff.runs.heat import Run, measure_heat
recipe = Recipe("unit", "cross_entropy", "sgd", learning_rate=0.1, batch_size=128, epochs=1)
cell = Cell("digits", "numpy_mlp", "eager", "short", "cpu", 8, 1)
run = Run("test", cell, 1, 4, "payoff.models.numpy_mlp", recipe, Path({digits!r}), 600)
measure_heat([run, replace(run, is_control=True)], Path({logs!r}), rounds=10**6)
"""


def test_processes_that_sleep_between_turns_end_when_their_parent_dies(digits, tmp_path):
    """Long before their limit: each hears the end of its channel, which none of the others holds open."""
    text = MEASURER.format(digits=str(digits), logs=str(tmp_path / "logs"))
    measurer = subprocess.Popen([sys.executable, "-c", text])
    try:
        deadline = time.monotonic() + 60
        while len(list((tmp_path / "logs").glob("*.log"))) < 2 and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(3)  # the second one trains; then they take turns for 20 s
        workers = psutil.Process(measurer.pid).children(recursive=True)
        assert len(workers) == 2
    finally:
        measurer.kill()
        measurer.wait()
    try:
        deadline = time.monotonic() + 10
        while any(map(is_alive, workers)) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not any(map(is_alive, workers))
    finally:
        for worker in filter(is_alive, workers):
            worker.kill()


def is_alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
