"""Records -> runs, samples, cells; the statistics in them; the comparisons drawn from them."""

import math

import numpy as np
import pandas as pd
import pytest
from planted import cell, partial_record, race, record, study
from scipy.stats import binom

from payoff.columns import COLUMNS, about, column, significant
from payoff.comparisons import comparisons, ratios_table
from payoff.contracts import check
from payoff.failures import REASONS
from payoff.statistics import Estimate, crossings, inverse, median_interval, ratio
from payoff.tables import SUMMARISED, cells_table, runs_table, samples_table, write_table
from payoff.ways import Way, in_prose, label

NUMPY, TORCH = cell("numpy_mlp", 32), cell("torch_mlp", 32)


def test_the_planted_records_fulfil_the_contract():
    check(record(NUMPY, 1, 0.1), "record", "planted", {"failures": REASONS})
    check(record(NUMPY, 1, 0.1, "crashed"), "record", "planted", {"failures": REASONS})


def test_a_row_a_run_and_a_row_an_epoch():
    records = [record(NUMPY, repetition, 0.1) for repetition in (2, 1)] + [record(TORCH, 1, 0.1, "out_of_memory")]
    runs, samples = runs_table(records), samples_table(records)
    assert list(zip(runs["model"], runs["repetition"], strict=True)) == [
        ("numpy_mlp", 1),
        ("numpy_mlp", 2),
        ("torch_mlp", 1),
    ]
    assert runs["epoch_time_s"].tolist()[:2] == [0.1, 0.1]
    assert runs["failure"].tolist()[2] == "out_of_memory"
    assert math.isnan(runs["epoch_time_s"].tolist()[2])
    assert len(samples) == 6


def test_cells_count_what_was_finished_and_name_what_was_not():
    times = {NUMPY: 0.2, TORCH: 0.1}
    _, _, cells = study(
        times,
        failures={cell("torch_cnn", 32): "over_budget"},
        not_applicable={cell("numpy_mlp", 32, "cuda"): "numpy computes on the CPU only"},
    )
    rows = cells.set_index(["model", "device"])
    assert rows["status"].to_dict() == {
        ("numpy_mlp", "cpu"): "measured",
        ("torch_mlp", "cpu"): "measured",
        ("torch_cnn", "cpu"): "failed",
        ("numpy_mlp", "cuda"): "not applicable",
    }
    assert rows["n"].tolist() == [6, 6, 0, 0]
    assert rows.loc[("torch_cnn", "cpu"), "reason"] == "over_budget"
    assert rows.loc[("numpy_mlp", "cpu"), "relative"] == pytest.approx(2, rel=0.01)
    assert rows.loc[("torch_mlp", "cpu"), "relative"] == 1
    measured = rows.loc[("torch_mlp", "cpu")]
    assert measured["epoch_time_s_low"] <= measured["epoch_time_s_median"] <= measured["epoch_time_s_high"]
    assert measured["epoch_time_s_median"] == pytest.approx(0.1, rel=0.01)


def test_another_network_is_no_rival():
    _, _, cells = study({cell("numpy_mlp", 32): 0.2, cell("torch_cnn", 32): 0.1, cell("torch_mlp", 64): 0.1})
    assert cells["relative"].tolist() == [1, 1, 1]


def test_every_column_that_is_shown_is_described():
    runs, samples, cells = study({NUMPY: 0.2})
    for name in [*samples.columns, *SUMMARISED, *cells.columns]:
        if not name.endswith("_spread"):
            assert column(name).description
    phases_and_machine = ("_phase_s", "machine_", "version_")
    undescribed = {name for name in runs.columns if name not in COLUMNS}
    assert all(any(mark in name for mark in phases_and_machine) for name in undescribed)


def test_tables_go_to_parquet_and_csv_alike(tmp_path):
    runs, _, _ = study({NUMPY: 0.2})
    write_table(runs, tmp_path / "runs.parquet", tmp_path / "runs.csv")
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "runs.parquet"), runs)
    assert pd.read_csv(tmp_path / "runs.csv")["epoch_time_s"].tolist() == pytest.approx(runs["epoch_time_s"].tolist())


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


def test_a_ratio_s_interval_is_conservative():
    found = ratio(Estimate(10, 9, 12, 6), Estimate(5, 4, 6, 8))
    assert (found.median, found.low, found.high, found.n) == (2, 1.5, 3, 6)
    assert inverse(inverse(found)) == found


def test_the_interval_of_a_ratio_covers():
    """2,000 pairs of skewed samples whose true ratio of medians is 2."""
    draw = np.random.default_rng(0)
    covered = 0
    for _ in range(2000):
        a, b = (median_interval(median * draw.lognormal(0, 0.2, 6)) for median in (2, 1))
        found = ratio(a, b)
        covered += found.low <= 2 <= found.high
    assert covered / 2000 >= 0.938


@pytest.mark.parametrize(
    ("ratios", "expected"),
    [([0.5, 2], [10**1.5]), ([0.5, 0.7], []), ([2, 0.5], [10**1.5]), ([0.1, 1000], [10**1.25]), ([1, 2], [10])],
)
def test_break_even_is_interpolated_in_log_log(ratios, expected):
    assert crossings([10, 100], ratios) == pytest.approx(expected)


def test_break_even_of_two_power_laws_is_exact():
    sizes = np.array([10, 50, 1000])
    assert crossings(sizes, (0.01 * sizes**1.5) / (0.3 * sizes**0.5)) == pytest.approx([30])


def test_only_the_same_network_is_compared():
    _, _, cells = study(race(lambda h: 0.1, lambda h: 0.2) | {cell("torch_cnn", 10): 0.1})
    (found,) = comparisons(cells)
    assert (found.first, found.second) == (Way("numpy_mlp"), Way("torch_mlp"))
    assert found.first_wins == [10, 100, 1000]
    assert found.break_even == []
    assert ratios_table([found])["ratio_median"].tolist() == pytest.approx([0.5] * 3)


def test_ways_that_differ_in_one_thing_are_compared():
    """numpy against torch, CPU against GPU, eager against fused, one thread against two; not two things at once."""
    fused, gpu, two = (
        cell("torch_mlp", 10, mode="fused"),
        cell("torch_mlp", 10, "cuda"),
        cell("torch_mlp", 10, threads=2),
    )
    eager, numpy = cell("torch_mlp", 10), cell("numpy_mlp", 10)
    times = dict.fromkeys([numpy, eager, fused, gpu, two], 0.1)
    found = {(label(pair.first), label(pair.second)) for pair in comparisons(study(times)[2])}
    assert found == {
        ("MLP in numpy, CPU", "MLP in torch, CPU"),
        ("MLP in numpy, CPU", "MLP in torch, cuda"),
        ("MLP in torch, CPU", "MLP in torch, cuda"),
        ("MLP in torch, CPU", "MLP in torch, fused, CPU"),
        ("MLP in torch, CPU", "MLP in torch, 2 threads, CPU"),
    }


def test_a_way_is_named_with_what_tells_it_apart():
    assert in_prose(Way("numpy_mlp")) == "numpy"
    assert in_prose(Way("torch_mlp", "fused", "cuda", 2)) == "torch fused on cuda with 2 threads"
    assert in_prose(Way("torch_split_mlp")) == "torch split"
    assert label(Way("torch_mlp", "graph", "cuda")) == "MLP in torch, graph, cuda"


@pytest.mark.parametrize("steps", [7, 20])
def test_the_times_of_a_run_that_was_stopped_are_extrapolated_and_its_accuracy_is_not(steps):
    records = [partial_record(NUMPY, repetition, 0.01, steps) for repetition in range(1, 7)]
    runs = runs_table(records)
    assert runs["extrapolated"].all()
    assert runs["train_s"].tolist() == pytest.approx([0.3] * 6)
    assert runs["epoch_time_s"].tolist() == pytest.approx([0.1] * 6)
    assert runs["test_accuracy"].isna().all()
    (row,) = cells_table(runs, {NUMPY: None}).to_dict("records")
    assert (row["status"], row["n"], row["n_finished"], row["n_partial"], row["n_failed"]) == (
        "extrapolated",
        6,
        0,
        6,
        0,
    )
    assert row["epoch_time_s_median"] == pytest.approx(0.1)
    assert math.isnan(row["test_accuracy_median"])
    assert math.isnan(row["wall_s_median"])
    assert row["reason"] == "over_budget"
    check(records[0], "record", "planted", {"failures": REASONS})


def test_a_run_that_was_stopped_before_its_first_step_has_no_time():
    runs = runs_table([record(NUMPY, 1, 0.1, "over_budget")])
    assert not runs["extrapolated"].any()
    assert runs["epoch_time_s"].isna().all()
    assert cells_table(runs, {NUMPY: None})["status"].tolist() == ["failed"]


def test_an_evaluation_before_training_is_a_row_but_no_timed_epoch():
    entry = record(NUMPY, 1, 0.1)
    before = entry["epochs"][0] | {"epoch": 0, "epoch_time_s": None, "train_loss": None, "validation_accuracy": 0.1}
    entry["epochs"] = [before, *entry["epochs"]]
    check(entry, "record", "planted", {"failures": REASONS})
    samples, runs = samples_table([entry]), runs_table([entry])
    assert samples["epoch"].tolist() == [0, 1, 2, 3]
    assert math.isnan(samples["epoch_time_s"].tolist()[0])
    assert samples["validation_accuracy"].tolist()[0] == 0.1
    assert (runs["epochs"].tolist(), runs["train_s"].tolist()) == ([3], pytest.approx([0.3]))


def test_a_crossing_is_found_between_the_sizes():
    _, _, cells = study(race(lambda h: 1e-4 * h, lambda h: 0.0099 + 1e-6 * h))
    (found,) = comparisons(cells)
    assert (found.first_wins, found.unclear, found.second_wins) == ([10], [100], [1000])
    assert found.break_even == [pytest.approx(100, rel=0.05)]


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (0.012345, "0.0123"), (1.2, "1.20"), (123.4, "123"), (12345.6, "12,346"), (math.inf, "inf")],
)
def test_significant_digits(value, text):
    assert significant(value) == text


def test_what_was_interpolated_is_rounded():
    assert about(12_789) == "13,000"


def test_what_is_not_there_is_a_dash():
    assert column("epoch_time_s_low").text(math.nan) == "–"
    assert column("epoch_time_s_median").text(0.0123) == "12.3"
