"""The answer as data: numbers whose truth is planted, and the files that hold them."""

import json
import math
import subprocess
import sys

import pandas as pd
import pytest
from conftest import HOME, as_user
from planted import answer_from, answered, cell, check_of, contended, race, short_at, slow_when_contended, study
from planted_tables import GPU, MACHINE, machine, plant

from payoff.answer.compute import compare_ways
from payoff.answer.files import ENDS, FILE, IN_DOCUMENT, TABLES, answer_tables, read_answer, write_answer
from payoff.cells import HERE, LABELS
from payoff.comparisons.comparison import Verdict
from payoff.comparisons.ways import Way
from payoff.files.contracts import ContractError, check
from payoff.tables.columns import COLUMNS, column

NUMPY, TORCH = Way("numpy_mlp"), Way("torch_mlp")
CROSSING = (lambda h: 1e-4 * h, lambda h: 0.02 + 1e-6 * h)  # at 0.02 / (1e-4 - 1e-6) = 202


def verdicts(answer, pair: int = 0) -> list[Verdict]:
    comparison = answer.comparisons[pair]
    return [comparison.verdict(size) for size in comparison.ratios]


def test_a_ratio_is_the_first_way_s_time_over_the_second_s():
    (pair,) = answered(race(lambda h: 0.001 * h, lambda h: 0.002 * h)).comparisons
    assert (pair.first, pair.second, pair.task, pair.architecture) == (NUMPY, TORCH, "digits", "mlp")
    for size, r in pair.ratios.items():
        assert r.low <= r.median <= r.high
        assert (r.median, r.n) == (pytest.approx(0.5, rel=0.01), 6)
        assert pair.medians[size] == pytest.approx((0.001 * size, 0.002 * size), rel=0.01)
        assert pair.p_values[size] < 0.05


@pytest.mark.parametrize(
    ("numpy_s", "torch_s", "expected"),
    [
        (lambda h: 0.1, lambda h: 0.2, [Verdict.FIRST] * 3),
        (lambda h: 0.2, lambda h: 0.1, [Verdict.SECOND] * 3),
        (lambda h: 0.1, lambda h: 0.1001, [Verdict.NEITHER] * 3),
        (
            lambda h: 0.1,
            lambda h: {10: 0.2, 100: 0.1001, 1000: 0.05}[h],
            [Verdict.FIRST, Verdict.NEITHER, Verdict.SECOND],
        ),
    ],
)
def test_the_verdict_of_each_size(numpy_s, torch_s, expected):
    assert verdicts(answered(race(numpy_s, torch_s))) == expected


def test_too_few_runs_are_a_verdict_and_give_no_interval():
    answer = answered(race(lambda h: 0.1, lambda h: 0.2), repetitions=5)
    assert verdicts(answer) == [Verdict.TOO_FEW] * 3
    ratios = answer_tables(answer)["ratios"]
    assert ratios[["ratio_low", "ratio_high", "p_value"]].isna().all(axis=None)
    assert ratios["ratio_median"].tolist() == pytest.approx([0.5] * 3, rel=0.01)


def test_one_size_with_too_few_runs_does_not_silence_the_others():
    answer = short_at(race(lambda h: 0.001 * h, lambda h: 0.002 * h), 100)
    assert verdicts(answer) == [Verdict.FIRST, Verdict.TOO_FEW, Verdict.FIRST]


def test_the_break_even_is_where_the_lines_cross():
    (pair,) = answered(race(*CROSSING)).comparisons
    (size,) = pair.break_evens
    assert size.median == pytest.approx(202, rel=0.01)
    assert size.low < 202 < size.high
    assert answered(race(lambda h: 0.1, lambda h: 0.2)).comparisons[0].break_evens == []
    twice = answered(race(lambda h: 0.1, lambda h: {10: 0.2, 100: 0.05, 1000: 0.3}[h]))
    assert [round(size.median) for size in twice.comparisons[0].break_evens] == [70, 280]


def test_who_repays_its_start_and_when():
    """torch starts a second later, and is 0.1 s per epoch faster: ten epochs."""
    times = {cell("numpy_mlp", 10): 0.2, cell("torch_mlp", 10): 0.1}
    runs, _, cells = study(times)
    runs.loc[runs["model"] == "torch_mlp", "wall_s"] += 1
    (pair,) = answer_from(cells, runs).comparisons
    repayment = pair.repayments[10]
    assert (repayment.investor, repayment.other) == (TORCH, NUMPY)
    assert repayment.epochs.median == pytest.approx(10, rel=0.02)
    (row,) = answer_tables(answer_from(cells, runs))["repayments"].to_dict("records")
    assert (row["investor"], row["hidden_size"]) == ("second", 10)


def test_whole_runs_have_a_row_for_each_cell_and_the_fastest_is_1():
    answer = answered({cell("torch_mlp", 10): 0.2, cell("numpy_mlp", 10): 0.1, cell("torch_mlp", 20): 9.0})
    rows = answer.whole_runs.set_index(["model", "hidden_size"])
    assert rows["wall_s_median"].to_dict() == pytest.approx(
        {("torch_mlp", 10): 1.6, ("numpy_mlp", 10): 1.3, ("torch_mlp", 20): 28.0}, rel=0.01
    )
    assert rows["relative"].to_dict() == pytest.approx(
        {("torch_mlp", 10): 1.6 / 1.3, ("numpy_mlp", 10): 1.0, ("torch_mlp", 20): 1.0}, rel=0.01
    )


def test_the_control_is_one_and_says_how_little_can_be_seen():
    runs, _, cells = study(race(lambda h: 0.1, lambda h: 0.2))
    again = runs[(runs["model"] == "numpy_mlp") & (runs["hidden_size"] == 10)]
    control = answer_from(cells, runs, again=again).controls[HERE]
    assert (control.way, control.hidden_size, control.ratio.median, control.ratio.n) == (NUMPY, 10, 1, 6)
    assert 0 < control.visible < 0.01
    assert not control.finds_a_difference
    slower = again.assign(epoch_time_s=again["epoch_time_s"] / 2)
    control = answer_from(cells, runs, again=slower).controls[HERE]
    assert control.finds_a_difference
    assert control.visible == pytest.approx(1, rel=0.02)
    assert answer_from(cells, runs).controls == {}


def test_what_does_other_work_is_withheld_with_its_reason():
    ways = (("numpy_mlp", "eager", "cpu"), ("torch_mlp", "eager", "cpu"))
    answer = answered(race(lambda h: 0.1, lambda h: 0.2), checks=[check_of(*ways, reason="gradients differ")])
    assert answer.comparisons == []
    (apart,) = answer.withheld
    assert (apart.pair.first, apart.pair.second, apart.checked, apart.reason) == (
        NUMPY,
        TORCH,
        True,
        "gradients differ",
    )


def test_verdicts_without_contended_runs_stand_beside_those_with_them():
    times = race(lambda h: 0.1, lambda h: 0.2)
    assert contended(times, lambda runs: runs["repetition"] == 99).comparisons[0].verdicts_when_quiet == {}
    answer = contended(times, lambda runs: runs["repetition"] == 1, repetitions=8)
    assert (answer.circumstances.contended, answer.circumstances.runs) == (6, 48)
    assert answer.comparisons[0].verdicts_when_quiet == dict.fromkeys((10, 100, 1000), Verdict.FIRST)
    answer = contended(times, lambda runs: (runs["repetition"] == 1) & (runs["hidden_size"] == 10))
    assert answer.comparisons[0].verdicts_when_quiet[10] == Verdict.TOO_FEW
    assert answer_tables(answer)["ratios"]["verdict_when_quiet"].tolist() == ["too few", "first", "first"]


def test_contended_runs_that_make_the_difference_are_found_out():
    answer = slow_when_contended()
    assert verdicts(answer) == [Verdict.FIRST]
    assert answer.comparisons[0].verdicts_when_quiet == {10: Verdict.NEITHER}


def test_a_gpu_that_failed_is_told_with_its_reason():
    gpu = cell("torch_mlp", 10, "cuda")
    (device,) = answered({cell("torch_mlp", 10): 0.1}, failures={gpu: "device_missing"}).circumstances.accelerators
    assert (device.device, device.asked, device.without_time, device.reasons) == ("cuda", 1, 1, ["device_missing"])
    assert answered({cell("torch_mlp", 10): 0.1}).circumstances.accelerators == []


def two_studies(folder):
    here = race(*CROSSING)
    gpu = {cell("torch_mlp", size, "cuda"): 0.01 for size in (10, 100, 1000)}
    return [
        plant(folder / "a", here),
        plant(folder / "b", gpu | {cell("torch_mlp", 10, threads=8): 0.05}, title="B", machine=machine("1", gpus=GPU)),
    ]


def test_what_is_written_is_what_is_read(tmp_path):
    answer = compare_ways(two_studies(tmp_path))
    write_answer(answer, tmp_path / "answer")
    found = read_answer(tmp_path / "answer")
    assert repr(found.comparisons) == repr(answer.comparisons)
    assert repr(found.controls) == repr(answer.controls)
    assert (found.withheld, found.circumstances) == (answer.withheld, answer.circumstances)
    pd.testing.assert_frame_equal(found.whole_runs, answer.whole_runs)
    (beside,) = found.circumstances.gpus_beside
    assert (beside.site, beside.names, beside.days) == ("B", ["NVIDIA H200"], ["2026-01-01"])
    write_answer(compare_ways([plant(tmp_path / "c", race(*CROSSING))]), tmp_path / "answer")
    assert read_answer(tmp_path / "answer").circumstances.gpus_beside == []  # what is there now


def test_the_document_fulfils_its_contract_and_holds_the_tables(tmp_path):
    tables = two_studies(tmp_path)
    write_answer(compare_ways(tables), tmp_path / "answer")
    document = json.loads((tmp_path / "answer" / FILE).read_text())
    check(document, "answer", "planted")
    for name in TABLES:
        table = pd.read_parquet(tmp_path / f"answer/{name}.parquet")
        assert len(table) == len(pd.read_csv(tmp_path / f"answer/{name}.csv"))
        assert set(table.columns) <= set(COLUMNS) | {f"{quantity}_{end}" for quantity in COLUMNS for end in ENDS}
    for name in IN_DOCUMENT:
        table = pd.read_parquet(tmp_path / f"answer/{name}.parquet")
        assert len(document[name]) == len(table)
        assert all(set(row) == set(table.columns) for row in document[name])
    assert all(document[name] for name in ("ratios", "whole_runs", "run_times", "changes"))
    assert document["break_evens"][0]["break_even_median"] == pytest.approx(202, rel=0.01)
    with pytest.raises(ContractError, match=r"ratios\.0\.verdict: found 'fast'"):
        check(document | {"ratios": [document["ratios"][0] | {"verdict": "fast"}]}, "answer", "planted")


def test_a_number_without_an_end_is_infinite_in_the_tables_and_null_in_the_document(tmp_path):
    """Of two curves that hardly cross, some resamples never do."""
    times = {cell("numpy_mlp", size): [0.1 + 0.0001 * i for i in range(6)] for size in (10, 1000)}
    times |= {cell("torch_mlp", 10): 0.2, cell("torch_mlp", 1000): [0.0997 + 0.0002 * i for i in range(6)]}
    answer = compare_ways([plant(tmp_path / "a", times)])
    (size,) = answer.comparisons[0].break_evens
    assert math.isinf(size.high)
    write_answer(answer, tmp_path / "answer")
    assert read_answer(tmp_path / "answer").comparisons[0].break_evens == [size]
    assert json.loads((tmp_path / "answer" / FILE).read_text())["break_evens"][0]["break_even_high"] is None


def test_every_column_is_described():
    tables = answer_tables(answered(race(*CROSSING)))
    assert all(column(name).description for table in tables.values() for name in table.columns)
    assert set(LABELS) <= set(tables["whole_runs"].columns)


def test_a_folder_without_an_answer_is_refused_with_its_name(tmp_path):
    with pytest.raises(ContractError, match=rf"^{tmp_path}: missing answer.json, ratios.parquet"):
        read_answer(tmp_path)


@pytest.mark.parametrize("as_json", [False, True])
def test_the_command_tells_the_answer_in_words_or_as_data(tmp_path, command, as_json):
    write_answer(compare_ways([plant(tmp_path, race(*CROSSING), title="Planted <study>")]), tmp_path / "answer")
    done = command("payoff", "answer", tmp_path, *(["--json"] if as_json else []), loaded="torch")
    assert done.returncode == 0, done.stderr
    *told, last = done.stdout.splitlines()
    assert last == "torch: False"
    if as_json:
        assert json.loads("\n".join(told)) == json.loads((tmp_path / "answer" / FILE).read_text())
    else:
        assert told[0] == "Planted <study>"
        assert "H = 202 [" in done.stdout
    assert MACHINE["key"] not in done.stdout


def test_a_reader_that_closes_the_pipe_sees_no_traceback(tmp_path):
    write_answer(compare_ways([plant(tmp_path, race(*CROSSING))]), tmp_path / "answer")
    words = [sys.executable, "-m", "payoff", "answer", str(tmp_path)]
    answering = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=as_user(HOME))
    answering.stdout.close()
    assert answering.stderr.read() == b""
    assert answering.wait() == 2  # not 0, by which `compare` says that nothing is slower


def test_the_command_refuses_a_folder_that_has_no_answer(tmp_path, called):
    done = called("answer", tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"{tmp_path}/answer: missing answer.json")


def test_the_command_helps_and_tells_its_version(called):
    assert called("--version").stdout.startswith("payoff ")
    done = called()
    assert done.returncode == 0
    assert all(name in done.stdout for name in ("answer", "compare", "classify", "further", "export"))
