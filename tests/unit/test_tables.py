"""Records -> runs, samples, cells; how their columns are shown."""

import math

import pandas as pd
import pytest
from planted import cell, partial_record, record, study

from payoff.comparisons.ways import Way, in_prose, label
from payoff.failures import REASONS
from payoff.files.contracts import check
from payoff.tables.cells import SUMMARISED, cells_table
from payoff.tables.columns import COLUMNS, column
from payoff.tables.formats import about, significant
from payoff.tables.runs import runs_table
from payoff.tables.samples import samples_table
from payoff.tables.writing import write_table

NUMPY, TORCH = cell("numpy_mlp", 32), cell("torch_mlp", 32)


def test_the_planted_records_fulfil_the_contract():
    check(record(NUMPY, 1, 0.1), "record", "planted", {"failures": REASONS})
    check(record(NUMPY, 1, 0.1, "crashed"), "record", "planted", {"failures": REASONS})


def test_one_row_per_run_and_one_row_per_epoch():
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


def test_a_way_is_named_with_what_tells_it_apart():
    assert in_prose(Way("numpy_mlp")) == "numpy"
    assert in_prose(Way("torch_mlp", "fused", "cuda", 2)) == "torch fused on the GPU with 2 threads"
    assert in_prose(Way("torch_split_mlp")) == "torch split"
    assert label(Way("torch_mlp", "graph", "cuda")) == "MLP in torch, graph, GPU"


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


def test_where_numbers_are_predicted_the_root_of_the_loss_is_the_error():
    records = [record(NUMPY, repetition, 0.1) for repetition in range(1, 7)]
    assert runs_table(records)["test_error"].isna().all()
    for planted in records:
        for epoch in planted["epochs"]:
            epoch |= {"test_accuracy": None, "test_loss": 49.0 + epoch["epoch"] - 3}
    (row,) = cells_table(runs_table(records), {NUMPY: None}).to_dict("records")
    assert (row["test_error_median"], row["test_error_low"]) == (7, 7)
    assert math.isnan(row["test_accuracy_median"])


def test_a_run_that_was_stopped_before_its_first_step_has_no_time():
    runs = runs_table([record(NUMPY, 1, 0.1, "over_budget")])
    assert not runs["extrapolated"].any()
    assert runs["epoch_time_s"].isna().all()
    assert cells_table(runs, {NUMPY: None})["status"].tolist() == ["failed"]


def test_an_evaluation_before_training_is_a_row_but_no_timed_epoch():
    entry = record(NUMPY, 1, 0.1)
    before = entry["epochs"][0] | {"epoch": 0, "duration_s": None, "train_loss": None, "validation_accuracy": 0.1}
    entry["epochs"] = [before, *entry["epochs"]]
    check(entry, "record", "planted", {"failures": REASONS})
    samples, runs = samples_table([entry]), runs_table([entry])
    assert samples["epoch"].tolist() == [0, 1, 2, 3]
    assert math.isnan(samples["duration_s"].tolist()[0])
    assert samples["validation_accuracy"].tolist()[0] == 0.1
    assert (runs["epochs"].tolist(), runs["train_s"].tolist()) == ([3], pytest.approx([0.3]))


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (0.012345, "0.0123"), (1.2, "1.20"), (123.4, "123"), (12345.6, "12,346"), (math.inf, "∞")],
)
def test_significant_digits(value, text):
    assert significant(value) == text


def test_what_was_interpolated_is_rounded():
    assert about(12_789) == "12,800"


def test_what_is_not_there_is_a_dash():
    assert column("epoch_time_s_low").text(math.nan) == "–"
    assert column("epoch_time_s_median").text(0.0123) == "12.3"
