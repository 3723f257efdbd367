"""`payoff race`: what it says of one heat, and of what it cannot do. The workflow's tests have a real one."""

import re
from dataclasses import replace

import numpy as np
import pytest
from planted import cell, in_heat, record

from payoff.page.words.race import PROVISIONAL, told

NUMPY, TORCH, FUSED = cell("numpy_mlp", 32), cell("torch_mlp", 32), cell("torch_mlp", 32, mode="fused")
DRIFT = np.random.default_rng(1).uniform(1, 3, 20)


def run(one, seconds: float, imports_s: float) -> dict:
    noise = np.random.default_rng(int(seconds * 1e4)).lognormal(0, 0.01, 20)
    entry = in_heat(record(one, 1, seconds), seconds * DRIFT * noise)
    return entry | {"phases_s": entry["phases_s"] | {"imports": imports_s}}


def test_the_fastest_is_told_against_each_of_the_others_with_its_rounds():
    lines = told([run(TORCH, 0.020, 2.0), run(NUMPY, 0.010, 0.3), run(FUSED, 0.015, 2.1)])
    names = [line.split("  ")[0] for line in lines[2:5]]
    assert names == ["MLP in numpy, CPU", "MLP in torch, fused, CPU", "MLP in torch, CPU"]
    fused, torch = lines[6:8]
    assert fused.startswith("numpy is 1.5")
    assert "as fast as torch fused (20 rounds)" in fused
    assert torch.startswith(("numpy is 2.0", "numpy is 1.99"))
    assert torch.endswith("start-up 0.30 s against 2.0 s.")
    assert lines[-1] == PROVISIONAL


def test_of_several_numbers_of_threads_each_is_named():
    lines = told([run(NUMPY, 0.010, 0.3), run(replace(NUMPY, threads=4), 0.020, 0.3)])
    assert [line.split("  ")[0] for line in lines[2:4]] == [
        "MLP in numpy, 1 thread, CPU",
        "MLP in numpy, 4 threads, CPU",
    ]
    assert lines[5].startswith("numpy with 1 thread is")


def test_a_way_that_failed_is_told_and_not_compared():
    failed = record(TORCH, 1, 0.1, "out_of_memory")
    lines = told([run(NUMPY, 0.010, 0.3), failed])
    assert any("MLP in torch, CPU" in line and "out of memory" in line for line in lines)
    assert lines[-1] == "There is nothing to compare: fewer than two ways were timed."


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("digit", "8"), "--dataset: found digit; allowed: .*did you mean digits"),
        (("digits", "0"), "--hidden: found 0; allowed: 1 or more"),
        (("digits", "8", "--threads", "0"), "--threads: found 0; allowed: 1 or more"),
        (("digits", "8", "--recipe", "minibatch"), "--recipe: found minibatch; allowed: minibatch_sgd"),
        (("noise", "8"), "--recipe: recipes.minibatch_sgd.loss: found .*cross_entropy.*numbers"),
        (("mnist", "8"), "results/datasets/mnist.npz: not there; snakemake makes it: snakemake --cores 1"),
        (
            ("digits", "8", "--models", "torch_cnn", "numpy_mlp"),
            "--models: found mlp, cnn; allowed: .*one architecture",
        ),
        (
            ("digits", "8", "--models", "numpy_mlp", "--devices", "cuda"),
            "--models: found numpy computes on the CPU only",
        ),
    ],
)
def test_what_cannot_be_raced_is_said_before_anything_is_trained(called, tmp_path, monkeypatch, words, message):
    monkeypatch.chdir(tmp_path)
    dataset, hidden, *more = words
    done = called("race", "--dataset", dataset, "--hidden", hidden, *more)
    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert re.search(message, done.stderr)
