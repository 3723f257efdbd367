"""The statistics of timings, held to planted truths: how often an interval covers, how often a test cries wolf."""

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from planted import cell, noisy, runs_of
from scipy.stats import binom, quantile_test, ttest_ind
from scipy.stats import bootstrap as scipy_bootstrap

from payoff.page.words import answer
from payoff.statistics.bootstrap import RESAMPLES, SEED, ratio
from payoff.statistics.break_even import break_evens, epochs_to_repay, time_at
from payoff.statistics.differences import holm, p_of_no_difference
from payoff.statistics.estimates import Estimate, inverse, median_interval, quotient
from payoff.statistics.stability import far_out
from payoff.tables.cells import cells_table

SIZES = (6, 10, 30)  # of a sample
NUMPY, TORCH = cell("numpy_mlp", 32), cell("torch_mlp", 32)


def share(outcomes) -> float:
    return float(np.mean(list(outcomes)))


# Medians and their ratios


@pytest.mark.parametrize("n", range(1, 31))
def test_the_interval_of_a_median_is_the_narrowest_pair_of_order_statistics_that_covers(n):
    """Against the binomial distribution: the k-th smallest and the k-th largest cover with 1 - 2 P(B < k)."""
    sample = np.arange(1.0, n + 1)
    found = median_interval(sample)
    assert found.median == np.median(sample)
    covering = [k for k in range(1, n // 2 + 1) if 1 - 2 * binom.cdf(k - 1, n, 0.5) >= 0.95]
    if not covering:
        assert n < 6
        assert not found.has_interval
    else:
        assert (found.low, found.high) == (max(covering), n + 1 - max(covering))


def test_nothing_has_no_median():
    assert median_interval([]).n == 0
    assert not median_interval([]).has_interval


@pytest.mark.parametrize("confidence", [0.9, 0.95, 0.99])
def test_the_interval_of_a_median_is_that_of_scipy(confidence):
    for n in range(1, 130):
        scipys = quantile_test(np.arange(n), q=(n - 1) / 2, p=0.5).confidence_interval(confidence)
        found = median_interval(np.arange(n), confidence)
        np.testing.assert_array_equal((found.low, found.high), scipys)


def test_an_infinite_value_is_the_largest():
    found = median_interval([1, 2, 3, 4, math.inf, math.inf])
    assert (found.median, found.low, found.high) == (3.5, 1, math.inf)
    assert found.has_interval
    assert median_interval([math.inf] * 6).low == math.inf


@pytest.mark.parametrize("n", SIZES)
def test_the_interval_of_a_median_covers(n):
    draw = np.random.default_rng(n)
    found = (median_interval(noisy(draw, 1, n)) for _ in range(2000))
    assert 0.94 <= share(r.low <= 1 <= r.high for r in found) <= 0.985


@pytest.mark.slow
@pytest.mark.parametrize("n", SIZES)
def test_the_interval_of_a_ratio_covers(n):
    """Of a skewed sample over one that is not, and at another scale."""
    draw = np.random.default_rng(n)
    found = (ratio(noisy(draw, 2, n), draw.normal(1, 0.02, n)) for _ in range(2000))
    assert 0.92 <= share(r.low <= 2 <= r.high for r in found) <= 0.98


def test_the_bootstrap_is_the_textbook_s():
    draw = np.random.default_rng(0)
    a, b = noisy(draw, 2, 10), noisy(draw, 1, 12)
    expected = scipy_bootstrap(
        (a, b),
        lambda a, b, axis: np.median(a, axis=axis) / np.median(b, axis=axis),
        n_resamples=RESAMPLES,
        method="percentile",
        rng=np.random.default_rng(SEED),
    ).bootstrap_distribution
    found = ratio(a, b)
    assert found.median == np.median(a) / np.median(b)
    assert [found.low, found.high] == np.quantile(expected, [0.025, 0.975], method="inverted_cdf").tolist()


@pytest.mark.parametrize("n", [(6, 6), (10, 6), (30, 7)])
def test_the_test_for_a_difference_is_yuen_s(n):
    draw = np.random.default_rng(n)
    one, other = (noisy(draw, median, size) for median, size in zip((1, 1.01), n, strict=True))
    expected = ttest_ind(np.log(one), np.log(other), equal_var=False, trim=0.2).pvalue
    assert 0.001 < expected < 0.9
    assert p_of_no_difference(one, other) == pytest.approx(expected, rel=1e-12)


def test_a_common_factor_changes_no_ratio_and_a_report_is_reproducible():
    draw = np.random.default_rng(0)
    a, b = noisy(draw, 2, 10), noisy(draw, 1, 10)
    found, scaled = ratio(a, b), ratio(1000 * a, 1000 * b)
    assert vars(scaled) == pytest.approx(vars(found))
    assert p_of_no_difference(1000 * a, 1000 * b) == pytest.approx(p_of_no_difference(a, b))
    assert ratio(a, b) == found


def test_five_values_are_too_few_for_the_interval_of_a_ratio():
    found = ratio([1.0] * 5, [2.0] * 30)
    assert (found.median, found.n, found.has_interval) == (0.5, 5, False)
    assert math.isnan(p_of_no_difference([1.0] * 5, [2.0] * 30))


def test_the_interval_of_a_quotient_is_conservative():
    found = quotient(Estimate(10, 9, 12, 6), Estimate(5, 4, 6, 8))
    assert (found.median, found.low, found.high, found.n) == (2, 1.5, 3, 6)
    assert inverse(inverse(found)) == found


# What is clear


def test_holm_s_correction_by_hand():
    """0.01 × 4; 0.02 × 3; 0.03 × 2, and 0.06 is the larger; 0.9 × 1. What is nan is no member of the family."""
    assert holm([0.03, 0.9, 0.01, math.nan, 0.02]) == pytest.approx([0.06, 0.9, 0.04, math.nan, 0.06], nan_ok=True)
    assert holm([0.5, 0.6]) == [1, 1]
    assert holm([]) == []


def test_samples_without_noise_are_told_apart_by_their_medians():
    assert p_of_no_difference([1.0] * 6, [1.0] * 6) == 1
    assert p_of_no_difference([1.0] * 6, [2.0] * 6) == 0


def test_a_family_of_comparisons_without_a_difference_rarely_shows_one():
    draw = np.random.default_rng(1)

    def cries_wolf() -> bool:
        pairs = [(noisy(draw, 1, 6), noisy(draw, 1, 6)) for _ in range(12)]
        corrected = holm([p_of_no_difference(*pair) for pair in pairs])
        called = [ratio(*pair) for pair, p in zip(pairs, corrected, strict=True) if p < 0.05]
        return any(r.low > 1 or r.high < 1 for r in called)

    assert share(cries_wolf() for _ in range(300)) <= 0.06


def test_a_clear_difference_is_found_among_many():
    """What a test on ranks could not do: at n = 6 its least p is above 0.05 / 24."""
    draw = np.random.default_rng(1)
    pairs = [(noisy(draw, 1, 6), noisy(draw, 1, 6)) for _ in range(23)]
    corrected = holm([p_of_no_difference(*pair) for pair in [(noisy(draw, 2, 6), noisy(draw, 1, 6)), *pairs]])
    assert 2 / math.comb(12, 6) * 24 > 0.05
    assert corrected[0] < 0.001


# Break-even in the hidden size


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ([1, 2, 3], [2, 3, 4], []),
        ([1, 3], [2, 2], [55]),
        ([1, 2, 3], [2, 2, 2], [100]),
        ([1, 3, 1], [2, 2, 2], [55, 550]),
    ],
)
def test_the_break_even_lies_where_two_straight_lines_cross(first, second, expected):
    sizes = [10, 100, 1000][: len(first)]
    own, others = (
        {size: np.full(6, time) for size, time in zip(sizes, times, strict=True)} for times in (first, second)
    )
    found = break_evens(own, others)
    assert [one.median for one in found] == pytest.approx(expected)
    assert [(one.low, one.high) for one in found] == [(one.median, one.median) for one in found], "there is no noise"


def test_a_fixed_cost_and_a_rate_are_interpolated_exactly():
    first = {h: np.full(6, 60 + 0.5 * h) for h in (256, 2048)}
    second = {h: np.full(6, 250 + 0.35 * h) for h in (256, 2048)}
    (found,) = break_evens(first, second)
    assert found.median == pytest.approx(190 / 0.15)
    assert time_at([256, 2048], [188, 1084], [1000]) == pytest.approx([560])


@pytest.mark.slow
@pytest.mark.parametrize("n", SIZES)
def test_the_interval_of_the_break_even_covers(n):
    draw = np.random.default_rng(n)

    def covers() -> bool:
        first, second = (
            {h: noisy(draw, launch + rate * h, n) for h in (32, 256, 2048, 16384)}
            for launch, rate in ((60, 0.5), (250, 0.35))
        )
        return any(one.low <= 190 / 0.15 <= one.high for one in break_evens(first, second))

    assert 0.92 <= share(covers() for _ in range(500)) <= 0.98


def test_an_interval_that_reaches_past_the_sizes_says_so():
    """The break-even, 1,267, lies close to the largest size, then close to the smallest."""
    draw = np.random.default_rng(2)

    def times(launch: float, rate: float, sizes: tuple[int, int]) -> dict[int, np.ndarray]:
        noise = {h: noisy(draw, 1, 10) for h in sizes}
        return {h: (launch + rate * h) * own / np.median(own) for h, own in noise.items()}

    for sizes, end, words in (((256, 1280), "high", ", beyond 1,280]"), ((1250, 16384), "low", " [below 1,250, ")):
        (found,) = break_evens(times(60, 0.5, sizes), times(250, 0.35, sizes))
        assert found.median == pytest.approx(190 / 0.15)
        assert getattr(found, end) == (math.inf if end == "high" else 0)
        assert words in answer.break_even(found, sizes)


def test_too_few_runs_give_a_break_even_without_an_interval():
    few = {h: np.full(5, float(h)) for h in (1, 3)}
    (found,) = break_evens(few, {h: np.full(5, 2.0) for h in (1, 3)})
    assert (found.median, found.has_interval) == (2, False)
    assert answer.break_even(found, [1, 3]) == "H = 2 [too few]"


# Break-even in epochs


@pytest.mark.slow
@pytest.mark.parametrize("n", SIZES)
def test_the_interval_of_the_epochs_to_repay_covers(n):
    """2 s more besides the epochs, 5 ms an epoch less: 400 epochs."""
    draw = np.random.default_rng(n)

    def costs(fixed: float, epoch: float) -> np.ndarray:
        return np.column_stack([noisy(draw, fixed, n), noisy(draw, epoch, n)])

    found = (epochs_to_repay(costs(2.3, 0.010), costs(0.3, 0.015)) for _ in range(500))
    assert 0.92 <= share(one.low <= 400 <= one.high for one in found) <= 0.98


COSTS = ((2.3, 0.010), (0.3, 0.015))  # of two ways: seconds besides the epochs, and per epoch


@pytest.mark.parametrize("n", [6, 11])
def test_heats_are_resampled_whole_where_two_ways_took_turns(n):
    draw = np.random.default_rng(n)
    slow_start, fast_start = (np.column_stack([noisy(draw, median, n) for median in medians]) for medians in COSTS)

    def epochs(heats: np.ndarray, axis: int) -> np.ndarray:
        one, other = (np.median(costs[heats], axis=-2) for costs in (slow_start, fast_start))
        return (one - other)[..., 0] / (other - one)[..., 1]

    how = {"n_resamples": RESAMPLES, "method": "percentile", "rng": np.random.default_rng(SEED)}
    expected = scipy_bootstrap((np.arange(n),), epochs, **how).bootstrap_distribution
    found = epochs_to_repay(slow_start, fast_start, paired=True)
    assert found.median == pytest.approx(epochs(np.arange(n), axis=-1))
    ends = np.quantile(expected, [0.025, 0.975], method="inverted_cdf")
    assert [found.low, found.high] == pytest.approx(ends.tolist())


def test_what_is_never_repaid_and_what_need_not_be():
    costly, cheap = np.tile([2.0, 0.2], (6, 1)), np.tile([1.0, 0.1], (6, 1))
    never, at_once = epochs_to_repay(costly, cheap), epochs_to_repay(cheap, costly)
    assert (never.median, never.low) == (math.inf, math.inf)
    assert (at_once.median, at_once.high) == (0, 0)


# Spreads


@pytest.mark.parametrize(
    ("spreads", "expected"),
    [
        ([0.02, 0.03, 0.02, 0.03, 0.5], [4]),  # one is unlike the others
        ([0.3, 0.4, 0.35, 0.32, 0.5], []),  # all of them are wide: the machine was noisy, no cell is special
        ([0.01, 0.01, 0.01, 0.01, 0.09], []),  # far from the others, and still small
        ([0.02, math.nan, 0.02, 0.03, 0.5], [4]),
        ([math.nan, math.nan], []),
        ([], []),
        ([0.7], []),
    ],
)
def test_a_spread_is_far_out_if_it_is_unlike_those_of_the_other_cells(spreads, expected):
    assert np.flatnonzero(far_out(spreads)).tolist() == expected


def test_the_table_of_cells_says_which_are_unsteady():
    models = ["numpy_mlp", "torch_mlp", "jax_mlp", "torch_cnn"]
    steady = [runs_of([1, 1.01, 1.02], model) for model in models[:3]]
    runs = pd.concat([*steady, runs_of([1, 2, 3], models[3])], ignore_index=True)
    table = cells_table(runs, dict.fromkeys(replace(NUMPY, model=model) for model in models))
    assert table["epoch_time_s_spread"].tolist() == pytest.approx([0.01 / 1.01] * 3 + [0.5])
    assert table["unsteady"].tolist() == [False, False, False, True]
