"""Which ways are compared and with what result, and how small a difference a cell against itself lets one see."""

import math

import numpy as np
import pandas as pd
import pytest
from planted import answer_from, as_read, cell, check_of, compared, noisy, partial_record, race, record, runs_of, study

from payoff.comparisons.compute import comparisons, withheld
from payoff.comparisons.control import control
from payoff.comparisons.ways import Way, label
from payoff.page.words import answer
from payoff.tables.cells import cells_table
from payoff.tables.runs import runs_table

NUMPY, TORCH = cell("numpy_mlp", 32), cell("torch_mlp", 32)


def test_only_the_same_network_is_compared():
    (found,) = compared(race(lambda h: 0.1, lambda h: 0.2) | {cell("torch_cnn", 10): 0.1})
    assert (found.first, found.second) == (Way("numpy_mlp"), Way("torch_mlp"))
    assert found.first_wins == [10, 100, 1000]
    assert found.break_evens == []
    assert [r.median for r in found.ratios.values()] == pytest.approx([0.5] * 3)


def test_ways_that_differ_in_one_thing_are_compared():
    """numpy against torch, CPU against GPU, eager against fused, one thread against two; not two things at once."""
    fused, gpu, two = (
        cell("torch_mlp", 10, mode="fused"),
        cell("torch_mlp", 10, "cuda"),
        cell("torch_mlp", 10, threads=2),
    )
    eager, numpy = cell("torch_mlp", 10), cell("numpy_mlp", 10)
    found = {
        (label(pair.first), label(pair.second))
        for pair in compared(dict.fromkeys([numpy, eager, fused, gpu, two], 0.1))
    }
    assert found == {
        ("MLP in numpy, CPU", "MLP in torch, CPU"),
        ("MLP in numpy, CPU", "MLP in torch, GPU"),
        ("MLP in torch, CPU", "MLP in torch, GPU"),
        ("MLP in torch, CPU", "MLP in torch, fused, CPU"),
        ("MLP in torch, CPU", "MLP in torch, 2 threads, CPU"),
    }


def test_a_crossing_is_found_between_the_sizes():
    (found,) = compared(race(lambda h: 1e-4 * h, lambda h: 0.0099 + 1e-6 * h))
    assert (found.first_wins, found.unclear, found.second_wins) == ([10], [100], [1000])
    (place,) = found.break_evens
    assert place.low <= 100 <= place.high
    assert found.ratio_at([place.median]) == pytest.approx(1)


def test_stopped_runs_are_compared_by_their_rate_and_failed_ones_not_at_all():
    records = [partial_record(NUMPY, repetition, 0.02, 7) for repetition in range(1, 7)]
    records += [record(TORCH, repetition, 0.1) for repetition in range(1, 7)] + [record(TORCH, 7, 9.0, "crashed")]
    runs = runs_table(records)
    (found,) = comparisons(as_read(cells_table(runs, dict.fromkeys([NUMPY, TORCH]))), runs)
    assert found.ratios[32].median == pytest.approx(2)
    assert found.ratios[32].n == 6
    assert found.repayments == {}, "no run that was stopped has a whole run's time"


def test_holm_s_family_is_the_page():
    """One difference alone is clear; with 30 ratios beside it the same samples are not."""
    alone = {cell("numpy_mlp", 1): 1.0, cell("torch_mlp", 1): 1.0075}
    (found,) = compared(alone)
    more = {cell(model, h): 1.0 for model in ("numpy_mlp", "torch_mlp") for h in range(2, 32)}
    (among,) = compared(alone | more)
    assert found.p_values[1] < 0.05
    assert among.p_values[1] == pytest.approx(min(1, 31 * found.p_values[1]))
    assert found.ratios[1] == among.ratios[1]
    assert (found.first_wins, among.first_wins) == ([1], [])
    assert 1 in among.unclear


def with_start(runs: pd.DataFrame, starts: dict) -> pd.DataFrame:
    """Runs of 3 epochs that cost so much besides them, by model."""
    return runs.assign(wall_s=runs["model"].map(starts) + runs["training_phase_s"] + 0.5, evaluation_phase_s=0.5)


def test_a_way_with_a_dear_start_and_short_epochs_repays_it():
    runs, _, cells = study(race(lambda h: 1e-4 * h, lambda h: 0.02 + 1e-6 * h))
    runs = with_start(runs, {"numpy_mlp": 0.3, "torch_mlp": 2.3})
    (found,) = comparisons(cells, runs)
    assert list(found.repayments) == [1000]
    investor, other, epochs = found.repayments[1000]
    assert (investor, other) == (Way("torch_mlp"), Way("numpy_mlp"))
    assert epochs.median == pytest.approx(2 / (0.1 - 0.021), rel=0.01)
    assert epochs.low < epochs.median < epochs.high
    assert (
        "At H = 1,000 torch has repaid its start-up against numpy after 25.3 epochs [25.2, 25.4], evaluation left out."
        in answer.compare(found)
    )
    (even,) = comparisons(cells, with_start(runs, {"numpy_mlp": 2.3, "torch_mlp": 2.2}))
    assert 1000 not in even.repayments, "torch is ahead from the start"


NUMPY_WAY, TORCH_WAY = ("numpy_mlp", "eager", "cpu"), ("torch_mlp", "eager", "cpu")


@pytest.mark.parametrize("order", [(NUMPY_WAY, TORCH_WAY), (TORCH_WAY, NUMPY_WAY)])
def test_a_pair_that_does_other_work_is_withheld(order):
    runs, _, cells = study(race(lambda h: 0.1, lambda h: 0.2) | {cell("torch_mlp", 10, mode="fused"): 0.1})
    passed = check_of(NUMPY_WAY, TORCH_WAY, hidden_size=100, passed=True, reason=None)
    checks = pd.DataFrame([passed, check_of(*order)])
    assert [pair.second for pair in comparisons(cells, runs, checks)] == [Way("torch_mlp", "fused")]
    (found,) = withheld(cells, checks)
    assert answer.not_compared(found) == (
        "For the MLP on digits, numpy and torch are not compared: "
        "they do not compute the same (gradients differ by 0.3, allowed 1e-05)."
    )
    assert answer.not_compared(found) in answer.tell(answer_from(cells, runs, checks=checks)).lead


@pytest.mark.parametrize(
    "row",
    [
        {"passed": True, "reason": None},
        {"dataset": "mnist"},
        {"recipe": "long"},
        {"second_mode": "fused"},
        {"second_device": "cuda"},
    ],
)
def test_another_check_withholds_nothing(row):
    runs, _, cells = study({NUMPY: 0.1, TORCH: 0.2})
    checks = pd.DataFrame([check_of(NUMPY_WAY, TORCH_WAY) | row])
    assert len(comparisons(cells, runs, checks)) == 1
    assert withheld(cells, checks) == []
    assert withheld(cells, None) == []


def test_what_could_not_be_checked_is_not_called_different():
    _, _, cells = study({NUMPY: 0.1, TORCH: 0.2})
    nothing = dict.fromkeys(("outputs_difference", "gradients_difference", "weights_difference"), math.nan)
    checks = pd.DataFrame([check_of(NUMPY_WAY, TORCH_WAY, reason="memory ran out") | nothing])
    (found,) = withheld(cells, checks)
    assert "it is not shown that they compute the same (memory ran out)." in answer.not_compared(found)


# A cell against itself


@pytest.mark.slow
def test_a_cell_against_itself_rarely_differs():
    draw = np.random.default_rng(3)
    a_run, another = runs_of([1.0] * 10), runs_of([1.0] * 10)
    found = [
        control(a_run.assign(epoch_time_s=noisy(draw, 1, 10)), another.assign(epoch_time_s=noisy(draw, 1, 10)))
        for _ in range(200)
    ]
    assert 0.92 <= np.mean([not one.finds_a_difference for one in found]) <= 0.99
    assert all(one.visible > 0 for one in found)


def test_the_control_says_what_can_be_seen_here():
    times = np.array([0.98, 0.99, 1.0, 1.0, 1.01, 1.03])
    runs = pd.concat([runs_of(times), runs_of(5 * times, "torch_mlp")], ignore_index=True)
    found = control(runs, runs_of(times[::-1]))
    assert found.visible == max(found.ratio.high - 1, 1 - found.ratio.low) > 0
    text = answer.itself(found)
    assert "numpy MLP on digits, H = 32" in text
    assert f"{found.visible * 100:.1f} %" in text
    assert "(n = 6 each)" in text
    assert "a ratio of 1.000 [0.9" in text
    assert "chance alone explains anything up to" in text
    shifted = control(runs, runs_of(1.5 * times))
    assert shifted.finds_a_difference
    assert f"more than chance: do not trust a difference below {shifted.visible * 100:.0f} %" in answer.itself(shifted)
    few = control(runs, runs_of(times[:3]))
    assert few.visible is None
    assert "too few repetitions to say" in answer.itself(few)


def test_without_runs_there_is_no_control():
    runs = runs_of([1.0] * 6)
    assert control(runs, runs.iloc[:0]) is None
    assert control(runs, runs_of([1.0] * 6, "torch_mlp")) is None
    assert control(runs, runs.assign(failure="crashed")) is None
