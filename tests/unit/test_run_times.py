"""How long runs take and which way is the quickest, from costs whose truth is planted."""

import json
import os
import re
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from conftest import HOME
from planted import NOISE, RECIPE, answer_from, cell, race, study

from payoff.answer.files import read_answer, write_answer
from payoff.answer.run_times import EPOCHS, change_of, costs_table, epoch_times_table, way_here
from payoff.commands.main import main
from payoff.comparisons.compute import comparisons
from payoff.comparisons.run_times import Curve, changes, choose, curves_of, measured_sizes
from payoff.comparisons.ways import Way
from payoff.page.html.choices import PRICES, grids
from payoff.page.words.answer import in_money, tell
from payoff.page.words.whole_runs import choice_rows, finding, more_epochs, told_changes, told_size, whole_runs
from payoff.statistics.estimates import Estimate, estimate_of

NUMPY, TORCH, JAX = Way("numpy_mlp"), Way("torch_mlp"), Way("jax_mlp", "jit")


def curve(besides, epoch, sizes=(10, 100, 1000), n: int = 6, noise: float = 1e-3) -> Curve:
    """besides, epoch: functions of the size; each repetition differs by a share `noise` of NOISE's per mille."""
    factors = 1 + noise * np.array(NOISE[:n])
    return Curve(np.array(sizes, float), *(np.array([f(h) * factors for h in sizes]) for f in (besides, epoch)))


# numpy starts at once, torch after a second; torch's epochs are shorter above H = 200.
CURVES = {
    NUMPY: curve(lambda h: 0.2, lambda h: 1e-3 * h),
    TORCH: curve(lambda h: 1.2, lambda h: 0.2),
}


@pytest.mark.parametrize("size", [5, 10, 40, 100, 550, 1000, 2000])
@pytest.mark.parametrize("epochs", [1, 7, 1000])
def test_a_time_is_the_start_and_the_epochs_between_and_beyond_the_sizes(size, epochs):
    times = choose(CURVES, size, epochs).times
    assert times[NUMPY].median == pytest.approx(0.2 + epochs * 1e-3 * size, rel=2e-3)
    assert times[TORCH].median == pytest.approx(1.2 + epochs * 0.2, rel=2e-3)
    for time in times.values():
        assert (time.low < time.median < time.high, time.n) == (True, 6)


def test_the_factor_is_known_better_than_the_times_where_disturbances_are_shared():
    """All repetitions of both ways are slowed down alike, so their ratio is exact."""
    choice = choose(
        {way: curve(lambda h, k=k: k, lambda h: 0, noise=0.05) for way, k in ((NUMPY, 1), (TORCH, 2))}, 10, 1
    )
    assert choice.times[NUMPY].reach > 0.1
    assert choice.factors[TORCH].median == pytest.approx(2)
    assert choice.factors[TORCH].reach < 1e-9
    assert choice.is_clear


def test_the_quickest_way_changes_with_the_epochs_where_the_lines_cross():
    """At H = 1,000 numpy takes 0.2 + E, torch 1.2 + 0.2 E: they cross at 1.25. At H = 300, at 10."""
    found = changes(CURVES, 300)
    assert [change.way for change in found] in ([NUMPY, TORCH], [NUMPY, None, TORCH])
    assert found[0].epochs == 1
    assert found[-1].epochs in (10, 11)
    for before, after in zip([1, *(change.epochs for change in found[1:])], found, strict=True):
        assert after.epochs == before
    for change in found:
        clear = choose(CURVES, 300, change.epochs)
        assert (next(iter(clear.times)) if clear.is_clear else None) == change.way
    assert [change.way for change in changes(CURVES, 1000)][-1] == TORCH
    assert [(change.epochs, change.way) for change in changes(CURVES, 10)] == [(1, NUMPY)]


def test_each_change_is_found_to_the_epoch():
    one = curve(lambda h: 1, lambda h: 0.5, noise=0.02)
    other = curve(lambda h: 40, lambda h: 0.1, noise=0.02)
    other = Curve(other.sizes, other.besides_s[:, ::-1], other.epoch_s[:, ::-1])  # disturbed when the first is not
    shaken = {NUMPY: one, TORCH: other}
    found = changes(shaken, 10)
    assert [change.way for change in found] == [NUMPY, None, TORCH]
    for change in found[1:]:
        labels = [choose(shaken, 10, epochs).is_clear for epochs in (change.epochs - 1, change.epochs)]
        assert labels[0] != labels[1]


def test_nothing_is_clear_from_two_repetitions():
    few = {way: curve(lambda h, k=k: k, lambda h: 1, n=2) for way, k in ((NUMPY, 1), (TORCH, 100))}
    choice = choose(few, 10, 1)
    assert list(choice.times) == [NUMPY, TORCH]
    assert not choice.is_clear
    assert not choice.times[NUMPY].has_interval
    assert [(change.epochs, change.way) for change in changes(few, 10)] == [(1, None)]


def test_a_way_is_told_no_farther_than_twice_its_range():
    assert CURVES[NUMPY].span == (5, 2000)
    assert [CURVES[NUMPY].reaches(size) for size in (4, 5, 2000, 2001)] == [False, True, True, False]
    alone = curve(lambda h: 1, lambda h: 1, sizes=(10,))
    assert [alone.reaches(size) for size in (9, 10, 11)] == [False, True, False]
    assert list(choose(CURVES | {JAX: alone}, 50, 1).times) == [NUMPY, TORCH]
    assert choose(CURVES, 5000, 1).times == {}


def test_a_steep_line_does_not_lead_below_zero():
    steep = {NUMPY: curve(lambda h: 0, lambda h: h**3, sizes=(10, 100))}
    assert choose(steep, 5, 1).times[NUMPY].median == pytest.approx(500, rel=2e-3)


def test_a_price_makes_the_dear_machine_win_later():
    """The GPU is ten times as fast, and ten times as dear but for a little."""
    gpu = Way("torch_mlp", device="cuda")
    curves = {TORCH: curve(lambda h: 1, lambda h: 1), gpu: curve(lambda h: 1, lambda h: 0.1)}
    assert next(iter(choose(curves, 10, 100).times)) == gpu
    dear = choose(curves, 10, 10, {"cpu": 0.1, "cuda": 0.9})
    assert (next(iter(dear.times)), dear.is_clear) == (TORCH, True)
    assert next(iter(choose(curves, 10, 100_000, {"cpu": 0.1, "cuda": 0.9}).times)) == gpu
    assert [change.way for change in changes(curves, 10, {"cpu": 0.1, "cuda": 0.9})][-1] == gpu
    assert list(choose(curves, 10, 1, {"cpu": 1}).times) == [TORCH]


@pytest.fixture(scope="module")
def answer():
    """torch starts a second later than numpy. Three epochs are asked for."""
    runs, _, cells = study(race(lambda h: 1e-3 * h, lambda h: 0.05))
    runs.loc[runs["model"] == "torch_mlp", "wall_s"] += 1
    return answer_from(cells, runs, recipes={"short": RECIPE})


def test_the_answer_has_a_row_for_each_size_number_of_epochs_and_way(answer):
    table = answer.run_times
    assert len(table) == 3 * (len(EPOCHS) + 1) * 2
    assert sorted(table["epochs"].unique()) == sorted({*EPOCHS, 3})
    row = table[(table["hidden_size"] == 1000) & (table["epochs"] == 10)].set_index("rank")
    assert way_here(row.loc[1]) == TORCH
    assert row.loc[1, "is_clear"]
    assert estimate_of(row.loc[1], "run_s").median == pytest.approx(1 + 1 + 0.5, rel=0.01)
    assert estimate_of(row.loc[2], "factor").median == pytest.approx(11 / 2.5, rel=0.01)
    assert table.loc[table["is_asked"], "epochs"].unique().tolist() == [3]


def test_the_answer_s_changes_are_those_of_its_costs(answer):
    (curves,) = curves_of(answer.costs).values()
    for size in measured_sizes(curves):
        rows = answer.changes[answer.changes["hidden_size"] == size]
        assert [change_of(row) for row in rows.to_dict("records")] == changes(curves, size)


def test_a_way_that_does_other_work_is_no_choice(answer):
    runs, _, cells = study(race(lambda h: 1e-3 * h, lambda h: 0.2))
    cells.loc[cells["model"] == "torch_mlp", "relative"] = np.nan
    found = answer_from(cells, runs)
    assert set(found.costs["model"]) == {"numpy_mlp"}
    assert found.run_times.empty
    assert found.changes.empty


def test_the_finding_names_the_quickest_way(answer):
    told = finding(answer.run_times)
    assert told == "For 3 epochs of the MLP on digits, numpy is the quickest at H = 10 and 100; torch at H = 1,000"
    (run,) = whole_runs(answer.run_times)
    assert "at H = 10 numpy 1.03 s [1.03, 1.03], and the next, torch, 2.0" in run
    (more,) = more_epochs(answer.run_times, answer.changes)
    assert more.startswith(
        "With more epochs, torch is clearly the quickest from 21 epochs on at H = 100; at H = 10 and"
    )
    assert finding(pd.DataFrame(columns=answer.run_times.columns)) is None


def test_many_networks_are_counted():
    times = {
        cell(model, size, dataset=dataset): second
        for dataset in ("digits", "mnist", "noise", "cifar10")
        for model, second in (("numpy_mlp", 0.1), ("torch_mlp", 0.2 if dataset != "noise" else 0.05))
        for size in (10, 100)
    }
    runs, _, cells = study(times)
    found = answer_from(cells, runs, recipes={"short": RECIPE})
    told = finding(found.run_times)
    assert told == "Of 4 networks, numpy is the quickest in 3 and torch is the quickest in 1"
    assert len(whole_runs(found.run_times)) == 4
    assert more_epochs(found.run_times, found.changes) == []


def two_networks(mlp, cnn):
    """An MLP and a CNN, each on the CPU and on a GPU; mlp, cnn: (seconds of an epoch on the CPU, on the GPU)."""
    times = {
        cell(model, h, device): seconds
        for model, of_devices in (("torch_mlp", mlp), ("torch_cnn", cnn))
        for device, seconds in zip(("cpu", "cuda"), of_devices, strict=True)
        for h in (10, 100)
    }
    runs, _, cells = study(times)
    return answer_from(cells, runs, recipes={"short": RECIPE}, prices={"cpu": 1, "cuda": 2})


def test_of_a_few_networks_the_finding_names_the_way_of_each():
    told = finding(two_networks((0.1, 0.5), (2.0, 0.1)).run_times)
    assert (
        told
        == "For 3 epochs, torch on the GPU is the quickest with the CNN on digits, and torch with the MLP on digits"
    )
    told = finding(two_networks((0.1, 0.5), (0.1, 0.5)).run_times)
    assert told == "For 3 epochs, torch is the quickest with the CNN on digits and the MLP on digits"
    told = finding(two_networks((0.1, 0.1), (2.0, 0.1)).run_times)
    assert told.endswith("with the CNN on digits, and with the MLP on digits no way is clearly the quickest")
    runs = two_networks((0.1, 0.5), (2.0, 0.1)).run_times
    runs["is_asked"] = runs["epochs"] == runs["architecture"].map({"mlp": 1, "cnn": 1000})
    assert finding(runs).startswith("For the epochs of their recipes, torch on the GPU is the quickest with the CNN")


def test_the_lead_is_about_the_first_network_and_what_holds_for_the_others_follows():
    told = tell(two_networks((2.0, 0.1), (0.1, 0.5)))
    assert len([sentence for sentence in told.lead if "CNN" in sentence]) == 4  # epochs, money, GPU, the best way
    assert not [sentence for sentence in told.lead if "MLP" in sentence and not sentence.startswith("In money")]
    assert len(told.others) == 4
    assert all("MLP on digits" in sentence for sentence in told.others)


def test_a_choice_in_rows():
    (_, one, two) = choice_rows(CURVES, 10, 1)
    assert one[0] == "numpy"
    assert one[1].startswith("0.210 s [0.2")
    assert one[2] == ""
    assert two[2].endswith("times [6.67, 6.67] as long")
    assert one[3] == "0.200 s + 1 × 10.00 ms"
    without = "the intervals do not include the error of that. "
    assert [told_size(CURVES, size) for size in (10, 20, 2)] == [
        "",
        f"H = 20 was not measured: interpolated between H = 10 and 100; {without}",
        f"H = 2 is beyond the measured sizes, 10 to 1,000: extrapolated; {without}",
    ]
    assert told_changes(changes(CURVES, 10)) == "Clearly the quickest: numpy from 1 epoch on."


@pytest.fixture(scope="module")
def priced():
    """The GPU is ten times as fast by the epoch and 14.5 times as dear; it starts three seconds later."""
    times = {cell("torch_mlp", h): 1e-2 * h for h in (10, 100)} | {
        cell("torch_mlp", h, "cuda"): 1e-3 * h for h in (10, 100)
    }
    times |= {cell("numpy_mlp", h): 2e-2 * h for h in (10, 100)}
    runs, _, cells = study(times)
    runs.loc[runs["device"] == "cuda", "wall_s"] += 3
    prices = {"currency": "EUR", "cpu": 0.2, "cuda": 2.9}
    return answer_from(cells, runs, recipes={"short": RECIPE}, prices=prices)


def test_in_money_the_dear_machine_has_to_be_so_many_times_as_fast(priced):
    assert next(iter(priced.run_times[priced.run_times["epochs"] == 1000]["device"])) == "cuda"
    assert set(priced.run_prices[priced.run_prices["rank"] == 1]["device"]) == {"cpu"}, "14.5 times as dear, 10 as fast"
    row = priced.run_prices[(priced.run_prices["hidden_size"] == 100) & (priced.run_prices["epochs"] == 1000)]
    first = row[row["rank"] == 1].iloc[0]
    assert estimate_of(first, "run_price").median == pytest.approx((1 + 1000) * 0.2 / 3600, rel=0.01)
    (money,) = in_money(priced)
    assert money.startswith(
        "In money (an hour costs 0.2 EUR on the CPU and 2.9 EUR on the GPU): for 3 epochs of the MLP on digits,"
    )
    assert "No number of epochs up to 100,000 makes another way clearly the cheapest." in money
    (grid,) = grids(priced.run_prices, PRICES)
    assert grid["caption"] == "Which way is the cheapest, and how many times as much the next one costs."
    assert {one["way"] for row in grid["rows"] for one in row["cells"]} <= {"torch", "numpy"}


def test_without_prices_nothing_is_said_about_money(answer):
    assert answer.run_prices.empty
    assert answer.price_changes.empty
    assert in_money(answer) == []
    assert grids(answer.run_prices, PRICES) == []


def test_prices_survive_their_files(priced, tmp_path):
    write_answer(priced, tmp_path)
    again = read_answer(tmp_path)
    assert again.prices == priced.prices
    assert in_money(again) == in_money(priced)


def test_a_way_whose_last_repetitions_failed_is_compared_in_the_others():
    runs, _, cells = study(race(lambda h: 0.1, lambda h: 0.2))
    failed = (runs["model"] == "torch_mlp") & (runs["repetition"] > 4)
    runs.loc[failed, ["failure", "epoch_time_s"]] = ["crashed", np.nan]
    found = answer_from(cells, runs, recipes={"short": RECIPE})
    rows = found.run_times[(found.run_times["hidden_size"] == 10) & (found.run_times["epochs"] == 10)]
    assert rows["n"].tolist() == [6, 4]
    assert estimate_of(rows.iloc[1], "factor").median == pytest.approx((1 + 2) / (1 + 1), rel=0.01)
    assert rows["is_clear"].all()


def test_at_a_measured_size_only_what_was_measured_there_is_told():
    """torch has no run at H = 1,500, which its curve would reach: it may have had too little memory there."""
    times = {cell("numpy_mlp", h): 0.1 for h in (100, 1000, 1500)} | {cell("torch_mlp", h): 0.01 for h in (100, 1000)}
    times |= {cell("jax_mlp", h, mode="jit"): 0.2 for h in (100, 1000, 1500)}
    runs, _, cells = study(times)
    found = answer_from(cells, runs, recipes={"short": RECIPE})
    for table in (found.run_times, found.epoch_times, found.changes):
        assert set(table.loc[table["hidden_size"] == 1500, "model"].dropna()) <= {"numpy_mlp", "jax_mlp"}
    ((_, curves),) = curves_of(found.costs).items()
    assert next(iter(choose(curves, 1500, 10).times)) == TORCH, "for a size of one's own it is extrapolated"


@pytest.fixture
def results(answer, priced, tmp_path):
    """A function that writes the answer of one study, or of another, into its results folder."""

    def write(found=answer) -> str:
        write_answer(found, tmp_path / "answer")
        return str(tmp_path)

    return write


def test_the_command_tells_a_run(results, capsys):
    assert main(["predict", results(), "--hidden", "1000", "--epochs", "10"]) == 0
    head, _, first, second, change = capsys.readouterr().out.splitlines()
    assert head == "MLP on digits, H = 1,000, 10 epochs:"
    assert re.fullmatch(r"  torch   2\.5\d s \[2\.5\d, 2\.5\d\] +2.00 s \+ 10 × 50.0 ms", first)
    assert second.startswith("  numpy   11.0 s")
    assert change == "Clearly the quickest: numpy from 1 epoch on, torch from 2."


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--hidden", "4"], "--hidden: found 4; allowed: MLP on digits: 5 to 2,000"),
        (["--hidden", "10", "--network", "cnn"], "--network: found 'cnn'; allowed: a part of MLP on digits"),
    ],
)
def test_the_command_names_what_is_allowed(results, capsys, words, message):
    assert main(["predict", results(), "--epochs", "3", *words]) == 2
    assert capsys.readouterr().err.strip() == message


@pytest.mark.parametrize("epochs", ["0", "-1", "1.5", "many", "10000000000"])
def test_the_command_takes_whole_numbers_of_epochs(results, capsys, epochs):
    with pytest.raises(SystemExit):
        main(["predict", results(), "--hidden", "10", "--epochs", epochs])
    assert "allowed: a whole number from 1 to 1,000,000,000" in capsys.readouterr().err


def test_a_size_left_out_is_predicted_from_its_neighbours(results, tmp_path):
    """Both planted ways grow linearly, so the benchmark finds the prediction right, and the quickest way as well."""
    target = tmp_path / "prediction.json"
    done = subprocess.run(
        [sys.executable, str(HOME / "benchmarks/prediction.py"), results(), str(target)],
        env=os.environ | {"PYTHONPATH": str(HOME / "src")},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    (row,) = json.loads(target.read_text())
    assert row["size"] == 100
    assert row["quickest"] == row["predicted_quickest"]
    for ratios in (row["epoch"], row["run"]):
        assert ratios == {"numpy": pytest.approx(1, abs=0.02), "torch": pytest.approx(1, abs=0.02)}
    assert "error of an epoch's time: median" in done.stdout


def test_the_shortest_epochs_have_the_factor_of_the_turns():
    """As every other sentence about these two: one figure for one question."""
    runs, _, cells = study(race(lambda h: 0.1, lambda h: 0.2, sizes=(10, 100)))
    costs = costs_table(cells, runs)
    (compared,) = comparisons(cells, runs)
    ratios = {10: Estimate(2.2, 2.1, 2.3, 6), 100: Estimate(1.01, 0.99, 1.03, 6)}  # torch over numpy
    if compared.first != TORCH:
        ratios = {size: Estimate(1 / r.median, 1 / r.high, 1 / r.low, 6) for size, r in ratios.items()}
    for in_turns in (True, False):
        table = epoch_times_table(curves_of(costs), [replace(compared, ratios=ratios, in_turns=in_turns)])
        small, large = (rows.sort_values("rank") for _, rows in table.groupby("hidden_size"))
        assert estimate_of(small.iloc[1], "factor").median == pytest.approx(2.2 if in_turns else 2, rel=1e-3)
        assert small["is_clear"].all()
        assert large["is_clear"].all() == (not in_turns)
