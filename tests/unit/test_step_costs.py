"""What bounds a step, from times and rates that are planted."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from planted import RECIPE, answer_from, cell, race, study

from payoff.answer.step_costs import WEIGHT_PASSES, Seen, seen_by, step_costs_table
from payoff.datasets.splits import PreparedDataset, Split, load_shape, save
from payoff.models.shapes import operations, weights
from payoff.page.figures.step_costs import step_costs
from payoff.page.words.step_costs import bounds, fixed_parts

SHAPE, OUTPUTS, IMAGES = (1, 8, 8), 10, 320  # ten steps of 32
RATES = [{"device": "cpu", "rates": [{"rate": "matmul", "median": 1.0}, {"rate": "copy", "median": 1000.0}]}]
SEEN = {("digits", "short"): Seen(SHAPE, OUTPUTS, IMAGES)}


def costs_of(times, rates=RATES, seen=SEEN) -> pd.DataFrame:
    """times: cell -> seconds of an epoch."""
    _, _, cells = study(times)
    return step_costs_table(cells, {"short": RECIPE}, seen, rates)


def test_the_fixed_part_is_where_the_line_meets_no_units_at_all():
    costs = costs_of(race(lambda h: 10 * (2e-5 + 1e-6 * h), lambda h: 10 * 1e-6 * h))
    fixed = costs.groupby("model")["fixed_s"].first()
    assert fixed["numpy_mlp"] == pytest.approx(2e-5, rel=0.03)
    assert fixed["torch_mlp"] == pytest.approx(0, abs=1e-7)
    steps = costs.set_index(["model", "hidden_size"])["step_s"]
    assert steps["numpy_mlp", 100] == pytest.approx(1.2e-4, rel=0.01)
    shares = costs.set_index(["model", "hidden_size"])["share_asking"]
    assert shares["numpy_mlp", 10] == pytest.approx(2 / 3, rel=0.03)


def test_arithmetic_and_memory_are_what_the_rates_make_of_the_network():
    (row, *_) = costs_of(race(lambda h: 0.1, lambda h: 0.1)).to_dict("records")
    first, second = 64 * 10, 10 * 10  # weights of the two layers at H = 10
    flops = 32 * (3 * 2 * (first + second) - 2 * first)
    assert row["share_arithmetic"] == pytest.approx(flops / 1e9 / 0.01, rel=0.01)
    assert row["share_memory"] == pytest.approx(WEIGHT_PASSES * 4 * (first + second) / 1e12 / 0.01, rel=0.01)


def test_a_step_is_bound_by_its_largest_share():
    small, large = 1e-3, 32 * (3 * 2 * 740_000 - 2 * 640_000) / 1e9  # at H = 10,000 at the full rate
    times = race(
        lambda h: 10 * (small if h < 1000 else large), lambda h: 10 * (small if h < 1000 else large), (10, 11, 10_000)
    )
    costs = costs_of(times)
    assert costs["bound"].tolist() == ["asking", "asking", "arithmetic"] * 2
    slow_memory = [{"device": "cpu", "rates": [{"rate": "matmul", "median": 1e9}, {"rate": "copy", "median": 0.001}]}]
    assert set(costs_of(times, slow_memory)["bound"]) == {"memory"}
    assert bounds(costs)[0] == "numpy (MLP on digits) is bound by asking at H = 10 and 11; by arithmetic at H = 10,000."


def test_without_a_rate_or_a_second_size_nothing_is_called_a_bound():
    times = race(lambda h: 0.1, lambda h: 0.1)
    assert costs_of(times, rates=[])["bound"].isna().all()
    alone = costs_of({cell("numpy_mlp", 10): 0.1})
    assert alone["fixed_s"].isna().all()
    assert alone["bound"].isna().all()
    assert "nothing is said" in fixed_parts(alone)
    assert costs_of(times, seen={}).empty


def test_operations_are_those_of_each_layer():
    assert weights("mlp", RECIPE, SHAPE, 10, OUTPUTS) == 64 * 10 + 10 * 10
    assert operations("mlp", RECIPE, SHAPE, 10, OUTPUTS) == (2 * 740, 2 * 640)
    # a convolution of 3 x 3 from 1 to 8 maps of 8 x 8, then from 8 to 16 of 4 x 4, each pooled by 2
    forward, first = operations("cnn", RECIPE, SHAPE, 10, OUTPUTS)
    assert first == 2 * 8 * 9 * 64
    assert forward == first + 2 * 16 * 8 * 9 * 16 + 2 * (16 * 4 * 10 + 100)


def test_what_a_network_sees_is_read_from_the_prepared_file(tmp_path):
    images = np.zeros((50, 3, 6, 7), np.uint8)
    save(
        PreparedDataset(
            Split(images, np.zeros(50, np.int64)), Split(images[:5], np.zeros(5, np.int64)), 255, ("a", "b")
        ),
        tmp_path / "a.npz",
    )
    numbers = Split(np.zeros((20, 1, 1, 4), np.float32), np.zeros((20, 3), np.float32))
    save(PreparedDataset(numbers, numbers, 1.0, ()), tmp_path / "b.npz")
    assert load_shape(tmp_path / "a.npz") == ((50, 3, 6, 7), 2)
    assert load_shape(tmp_path / "b.npz") == ((20, 1, 1, 4), 3)
    recipes = {"grey": replace(RECIPE, grey=True, validation=0.2)}
    assert seen_by(recipes, {"A": tmp_path / "a.npz"}) == {("A", "grey"): Seen((1, 6, 7), 2, 40)}


def test_the_figure_and_its_words():
    costs = costs_of(race(lambda h: 10 * (2e-5 + 1e-6 * h), lambda h: 10 * 2e-4))
    figure = step_costs(costs)
    assert len(figure.axes) == 2
    assert len(figure.points) == 6
    first, *lines = figure.points[0].text.split("\n")
    assert first == "H = 10"
    assert [line.partition(":")[0] for line in lines] == ["MLP in torch, CPU", "MLP in numpy, CPU"]
    assert all("µs: asking" in line for line in lines)
    words = fixed_parts(costs)
    assert words.startswith("The fixed part of a step of the MLP on digits is 20.")
    assert "At H = 1,000, arithmetic reaches " in words
    many = pd.concat([costs.assign(task=f"task {number}", fixed_s=costs["fixed_s"] * number) for number in range(1, 6)])
    words = fixed_parts(many.assign(dataset=many["task"]))
    assert "in numpy with the MLP on task 1 (the lowest of 10), 1,000" in words
    assert "in torch with the MLP on task 5 (the highest)" in words
    assert words.count("task") == 4, "two of ten for the fixed part, and two for the arithmetic"
    assert "step_costs" in answer_from(*study(race(lambda h: 0.1, lambda h: 0.2))[::-2]).__dict__
