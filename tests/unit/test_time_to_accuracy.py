"""The time until a run reaches an accuracy: of each run, of each cell, and in a sentence."""

import math

import pandas as pd
import pytest
from planted import as_read, cell, record

from payoff.page.words import learning
from payoff.page.words.sentences import interval
from payoff.tables.cells import cells_table
from payoff.tables.runs import runs_table
from payoff.tables.samples import samples_table
from payoff.tables.time_to_accuracy import times_to_accuracy, with_time_to_accuracy

NUMPY, TORCH = cell("numpy_mlp", 32), cell("torch_mlp", 32)


def learner(repetition: int, accuracies, failure=None, model: str = "numpy_mlp") -> dict:
    """A run whose epochs take 0.1 s, 0.2 s, … and end at these accuracies."""
    own = record(cell(model, 32), repetition, 0.1)
    epochs = [
        own["epochs"][0] | {"epoch": epoch, "duration_s": 0.1 * epoch, "test_accuracy": accuracy}
        for epoch, accuracy in enumerate(accuracies, 1)
    ]
    return own | {"epochs": epochs, "failure": failure and {"reason": failure, "detail": "planted"}}


def reach(records, targets) -> tuple[list[float], pd.Series]:
    """The time of every run, and the row of the first cell."""
    runs, samples = runs_table(records), samples_table(records)
    cells = cells_table(runs, dict.fromkeys(cell(model, 32) for model in runs["model"].unique()))
    times = times_to_accuracy(runs, samples, targets)["time_to_accuracy_s"].tolist()
    return times, with_time_to_accuracy(cells, runs, samples, targets).iloc[0]


def test_the_time_to_accuracy_ends_with_the_first_epoch_that_reaches_it():
    before = {"epoch": 0, "duration_s": None, "test_accuracy": 0.1}
    records = [
        learner(1, [0.5, 0.9, 0.8]),
        learner(2, [0.9, 0.2]),
        learner(3, [0.5, 0.6, 0.95]),
        learner(4, [0.5, 0.89]),
        learner(5, [0.9], "over_budget"),
        learner(6, [0.5], "over_budget"),
        learner(7, [0.95], "crashed"),
    ]
    records[0]["epochs"].insert(0, records[0]["epochs"][0] | before)
    times, row = reach(records, {"digits": 0.9})
    assert times == pytest.approx([0.3, 0.1, 0.6, math.inf, 0.1, math.inf])
    assert (row["n_reached"], row["n_tried"], row["target_accuracy"]) == (4, 6, 0.9)
    assert row["time_to_accuracy_s_median"] == pytest.approx(0.45)
    assert (row["time_to_accuracy_s_low"], row["time_to_accuracy_s_high"]) == (pytest.approx(0.1), math.inf)
    assert interval(row, "time_to_accuracy_s") == "0.450 [0.100, ∞]"


def test_a_data_set_without_a_target_has_no_time_to_it():
    times, row = reach([learner(1, [0.9])], {"mnist": 0.9})
    assert times == []
    assert (row["n_reached"], row["n_tried"]) == (0, 0)
    assert math.isnan(row["time_to_accuracy_s_median"])
    assert math.isnan(row["target_accuracy"])


def test_the_sentence_names_who_reaches_the_target_and_who_never_does():
    records = [learner(r, [0.5, 0.95]) for r in range(1, 7)]
    records += [learner(r, [0.5, 0.6], model="torch_mlp") for r in range(1, 7)]
    runs, samples = runs_table(records), samples_table(records)
    cells = with_time_to_accuracy(cells_table(runs, dict.fromkeys([NUMPY, TORCH])), runs, samples, {"digits": 0.9})
    cells = as_read(cells)
    assert learning.time_to_accuracy(cells) == (
        "On digits, 90 % is reached first by MLP in numpy, CPU, H = 32, after 0.300 [0.300, 0.300] s (6 of 6 runs). "
        "MLP in torch, CPU does not reach 90 % in half of the runs at any H."
    )
    many = pd.concat([cells.assign(dataset=name, task=name) for name in "abcde"])
    assert learning.time_to_accuracy(many) == (
        "Of 10 ways to train 5 networks, 5 reach the target in at least half of the runs at some H."
    )
    assert learning.time_to_accuracy(cells.assign(n_tried=0)) == "No run had a target to reach."
