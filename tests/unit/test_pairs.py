"""The statistics of ways that took turns: numbers by hand, and how often intervals cover what was planted."""

import math

import numpy as np
import pytest
from scipy import stats

from payoff.statistics.break_even import break_evens_of_heats
from payoff.statistics.pairs import drawn_ratios, log_ratios, p_of_equal_times, ratio_of_heats

DRAWS = 2_000
ROUNDS = 20


def test_the_number_of_a_heat_is_the_median_over_its_rounds():
    first = np.array([[2.0, 4.0, 80.0], [3.0, np.nan, 3.0], [np.nan] * 3])
    second = np.array([[1.0, 1.0, 1.0], [1.0, 1.0, np.nan], [1.0] * 3])
    assert log_ratios(first, second) == pytest.approx(np.log([4, 3]))
    assert len(log_ratios(first[2:], second[2:])) == 0


def test_the_ratio_is_the_geometric_mean_with_student_s_interval():
    logs = np.log([1.9, 2.0, 2.1, 2.05])
    found = ratio_of_heats(logs)
    low, high = stats.t.interval(0.95, 3, logs.mean(), stats.sem(logs))
    assert (found.median, found.low, found.high) == pytest.approx(
        (math.exp(logs.mean()), math.exp(low), math.exp(high))
    )
    assert found.n == 4
    assert p_of_equal_times(logs) == pytest.approx(stats.ttest_1samp(logs, 0).pvalue)


@pytest.mark.parametrize("n", [1, 2])
def test_too_few_heats_give_a_ratio_without_an_interval(n):
    found = ratio_of_heats([0.1] * n)
    assert found.median == pytest.approx(math.exp(0.1))
    assert not found.has_interval
    assert math.isnan(p_of_equal_times([0.1] * n))


def test_without_any_noise_the_verdict_is_sure():
    assert p_of_equal_times([0.0] * 4) == 1
    assert p_of_equal_times([0.1] * 4) == 0


def test_the_draws_lie_in_the_interval_of_the_ratio():
    logs = np.log([1.9, 2.0, 2.1, 2.05])
    found = ratio_of_heats(logs)
    draws = drawn_ratios(logs, 1)
    assert np.mean((draws > found.low) & (draws < found.high)) == pytest.approx(0.95, abs=0.02)
    assert (drawn_ratios(logs, 1) == draws).all()
    assert (drawn_ratios(logs, 2) != draws).any()


# What the turns of a machine suffer, as logarithms of slowness: (draws, heats, turns) in the order of the clock.


def walk(draw: np.random.Generator, shape: tuple) -> np.ndarray:
    return np.cumsum(draw.normal(0, 0.03, shape), axis=-1)


def two_speeds(draw: np.random.Generator, shape: tuple) -> np.ndarray:
    return 0.5 * (np.cumsum(draw.random(shape) < 0.02, axis=-1) % 2)


def bursts(draw: np.random.Generator, shape: tuple) -> np.ndarray:
    return (draw.random(shape) < 0.1) * draw.exponential(0.7, shape)


def nothing(draw: np.random.Generator, shape: tuple) -> np.ndarray:
    return np.zeros(shape)


def heats(draw: np.random.Generator, n: int, machine, noise: float, skew: float, draws: int = DRAWS) -> np.ndarray:
    """(draws, n): the log-ratios of heats of two ways that are equally fast, but for `skew`.

    skew: the mean of an exponential slowness that only the first way has. The processes of a way differ by 2 %.
    """
    slots = machine(draw, (draws, n, 2 * ROUNDS)) + draw.normal(0, noise, (draws, n, 2 * ROUNDS))
    swapped = draw.random((draws, n, ROUNDS)) < 0.5
    early, late = slots[..., ::2], slots[..., 1::2]
    first, second = np.where(swapped, late, early), np.where(swapped, early, late)
    first = first + draw.exponential(skew, first.shape) + draw.normal(0, 0.02, (draws, n, 1))
    return np.median(first - second - draw.normal(0, 0.02, (draws, n, 1)), axis=-1)


MACHINES = [
    pytest.param(nothing, 0.1, 0, id="quiet"),
    pytest.param(nothing, 0.25, 0, id="noisy"),
    pytest.param(walk, 0.1, 0, id="drift"),
    pytest.param(two_speeds, 0.1, 0, id="two speeds"),
    pytest.param(bursts, 0.1, 0, id="bursts"),
    pytest.param(nothing, 0.1, 0.1, id="one side skewed"),
]


@pytest.mark.parametrize("n", [4, 6, 10])
@pytest.mark.parametrize(("machine", "noise", "skew"), MACHINES)
def test_the_interval_covers_the_ratio(machine, noise, skew, n):
    draw = np.random.default_rng(1)
    truth = math.exp(np.median(heats(draw, 100, machine, noise, skew, draws=100))) if skew else 1.0
    found = [ratio_of_heats(logs) for logs in heats(draw, n, machine, noise, skew)]
    assert 0.93 <= np.mean([ratio.low <= truth <= ratio.high for ratio in found]) <= 0.98


@pytest.mark.slow
@pytest.mark.parametrize("n", [4, 6, 10])
def test_the_interval_covers_a_break_even_between_curves_that_are_neither_lines_nor_powers(n):
    """From 1 to 4: a saturating curve against a steep one; the sizes are close enough for the lines between them."""
    draw = np.random.default_rng(2)

    def first_s(size):
        return 1 + 0.5 * np.sqrt(size) + 0.002 * size

    def second_s(size):
        return 6 + 3 * np.log1p(size / 200)

    fine = np.linspace(50, 3_200, 200_000)
    truth = fine[np.argmin(np.abs(first_s(fine) - second_s(fine)))]
    sizes = (64, 128, 256, 512, 1024, 2048)
    logs = {size: math.log(first_s(size) / second_s(size)) + heats(draw, n, walk, 0.1, 0, draws=400) for size in sizes}
    covered = []
    for number in range(400):
        (found, *_) = break_evens_of_heats(
            {size: logs[size][number] for size in sizes}, {size: second_s(size) for size in sizes}
        ) or [None]
        covered.append(found is not None and found.low <= truth <= found.high)
    assert 0.92 <= np.mean(covered) <= 0.99


def test_a_break_even_is_where_the_lines_between_two_sizes_cross():
    """60 + 0.5 H against 250 + 0.35 H cross at 1,267."""
    first_s, second_s = (lambda h: 60 + 0.5 * h), (lambda h: 250 + 0.35 * h)
    logs = {size: [math.log(first_s(size) / second_s(size))] * 4 for size in (256, 2048)}
    (found,) = break_evens_of_heats(logs, {size: second_s(size) for size in (256, 2048)})
    assert (found.median, found.low, found.high) == pytest.approx([1266.7] * 3, abs=0.1)
    assert found.n == 4


def test_a_break_even_that_the_noise_may_move_out_of_the_range_has_an_open_interval():
    logs = {100: [-0.3, 0.2, -0.2, 0.1], 1000: [0.5, 0.6, 0.55, 0.5]}
    (found,) = break_evens_of_heats(logs, {100: 1.0, 1000: 2.0})
    assert found.low == 0
    assert 100 < found.median < found.high < 1000


def test_of_one_size_and_of_one_that_is_always_ahead_there_is_no_break_even():
    assert break_evens_of_heats({100: [0.1] * 4}, {100: 1.0}) == []
    assert break_evens_of_heats({100: [0.1] * 4, 200: [0.2] * 4}, {100: 1.0, 200: 1.0}) == []
