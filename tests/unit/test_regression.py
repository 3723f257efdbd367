"""Is one study slower than another? Planted tables, whose truth is known."""

import json
import shutil
from itertools import combinations
from math import comb
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from planted import MACHINE, cell, record
from planted_tables import SHORT, machine, plant, plant_records, said
from scipy.stats import mannwhitneyu

from payoff.errors import UserError
from payoff.files.contracts import ContractError
from payoff.regression.verdicts import Measured, Verdict, compare, repetitions_needed, verdicts
from payoff.regression.words import WIDTH, told
from payoff.statistics.differences import least_p_of_greater, p_of_greater

SIZES = (8, 32, 128, 512, 2048, 8192)
CELLS = [cell(model, size) for model in ("numpy_mlp", "torch_mlp") for size in SIZES]  # twelve, as the study quick has
BAD, FINE = CELLS[3], CELLS[4]
LATER = "2026-02-02"
NOISE = 0.02  # from run to run, as a fraction


def drawn(draw: np.random.Generator, seconds: float = 0.1, runs: int = 6, noise: float = NOISE) -> np.ndarray:
    """So many runs of a cell that takes these seconds."""
    return seconds * np.exp(draw.normal(0, noise, runs))


def times(seed: int, runs: int = 6, noise: float = NOISE, slowed: float = 1.0, cells=CELLS) -> dict:
    """Cell -> the seconds of its runs; BAD takes `slowed` times as long."""
    draw = np.random.default_rng(seed)
    return {own: drawn(draw, 0.1 * (slowed if own == BAD else 1), runs, noise) for own in cells}


def two(folder: Path, a: dict, b: dict, **changes) -> tuple[str, str]:
    """Two planted results folders; changes: of the second."""
    plant(folder / "a", a)
    plant(folder / "b", b, **({"day": LATER} | changes))
    return str(folder / "a"), str(folder / "b")


def judged(found, own=BAD) -> pd.Series:
    """The row of a planted cell."""
    cells = found.cells
    (row,) = [row for _, row in cells.iterrows() if (row["model"], row["hidden_size"]) == (own.model, own.hidden_size)]
    return row


# The test


@pytest.mark.parametrize(("n", "m"), [(1, 1), (2, 3), (4, 4), (5, 3)])
def test_p_is_the_share_of_all_ways_to_draw_the_sample(n, m):
    """Against every way there is, of values without and with ties."""
    draw = np.random.default_rng(n)
    for values in (draw.normal(size=n + m), draw.integers(0, 3, n + m).astype(float)):
        sample, than = values[:n], values[n:]

        def above(a, b):
            return sum(x > y for x in a for y in b)

        ways = [set(places) for places in combinations(range(n + m), n)]
        splits = [[[values[i] for i in range(n + m) if (i in way) == side] for side in (True, False)] for way in ways]
        share = np.mean([above(*split) >= above(sample, than) for split in splits])
        p = p_of_greater(sample, than)
        assert p >= share - 1e-12
        if len(set(values)) == n + m:
            assert p == pytest.approx(share)


def test_p_of_many_runs_is_the_normal_approximation_s():
    draw = np.random.default_rng(1)
    for shift in (0, 0.1, 0.3):
        sample, than = draw.normal(shift, 1, 60), draw.normal(0, 1, 50)
        asymptotic = mannwhitneyu(sample, than, alternative="greater", method="asymptotic").pvalue
        assert p_of_greater(sample, than) == pytest.approx(asymptotic, rel=0.02)


def test_the_least_p_is_that_of_the_clearest_difference():
    for n, m in ((1, 1), (2, 6), (6, 6), (9, 30)):
        clearest = p_of_greater(np.arange(n) + 100, np.arange(m))
        assert clearest == pytest.approx(least_p_of_greater(n, m)) == pytest.approx(1 / comb(n + m, n))
    assert p_of_greater([1.0] * 6, [1.0] * 6) == 1


@pytest.mark.parametrize("cells", [1, 12, 46, 47, pytest.param(500, marks=pytest.mark.slow)])
def test_the_repetitions_needed_are_enough_and_no_more(cells):
    needed = repetitions_needed(cells)

    def clearest(runs: int) -> set:
        both = ({(f"cell {i}", *CELLS[0].__dict__.values())[:7]: seconds for i in range(cells)} for seconds in (1, 2))
        sides = ({own: Measured(s + np.arange(runs) / 100, 0, "") for own, s in side.items()} for side in both)
        return set(verdicts(*sides, 1.05)["verdict"])

    assert clearest(needed) == {Verdict.SLOWER}
    assert clearest(needed - 1) == {Verdict.TOO_FEW}


# What it finds


def sides(seed: int, **changes) -> list[dict]:
    """Two studies, drawn one after the other, in memory."""
    planted = (
        times(seed, **{key: value for key, value in changes.items() if key != "slowed"}),
        times(seed + 1, **changes),
    )
    return [{tuple(vars(own).values()): Measured(seconds, 0, "") for own, seconds in side.items()} for side in planted]


@pytest.mark.slow
def test_equal_studies_are_rarely_said_to_differ():
    """Without a factor, so that the test alone has to hold: one of twelve cells in at most 5 % of all pairs."""
    pairs = 100
    found = [set(verdicts(*sides(2 * pair), 1.0)["verdict"]) for pair in range(pairs)]
    assert sum(Verdict.SLOWER in verdict for verdict in found) <= 0.05 * pairs
    assert sum(Verdict.FASTER in verdict for verdict in found) <= 0.05 * pairs


@pytest.mark.slow
def test_a_cell_that_takes_20_percent_longer_is_found_whatever_the_noise_draws():
    for seed in range(0, 60, 2):
        table = verdicts(*sides(seed, slowed=1.2), 1.05)
        slower = table[table["verdict"] == Verdict.SLOWER]
        assert list(slower["hidden_size"]) == [BAD.hidden_size]
        assert slower["ratio_median"].iloc[0] == pytest.approx(1.2, rel=3 * NOISE)


def test_a_planted_slowdown_is_named_and_is_the_exit_status(tmp_path, command, called):
    a, b = two(tmp_path, times(0), times(1, slowed=1.2))
    done = command("payoff", "compare", a, b)
    assert done.returncode == 1, done.stderr
    lines = done.stdout.splitlines()
    first = next(i for i, line in enumerate(lines) if line.split()[-2:] == ["runs", "verdict"]) + 1
    assert lines[first].split()[:3] == ["MLP", "in", "numpy"]
    assert lines[first].endswith("slower")
    assert sum(line.endswith("slower") for line in lines) == 1
    assert sum(line.endswith("no clear difference") for line in lines) == 11
    assert "\n\nB is slower than A by more than 10 % at 1 of 12 cells: MLP in numpy, H = 512 (1." in done.stdout
    assert max(map(len, lines)) <= WIDTH
    back = called("compare", b, a)
    assert back.returncode == 0, back.stderr
    assert sum(line.endswith("faster") for line in back.stdout.splitlines()) == 1
    assert "B is found to be slower than A by more than 10 % at none of 12 cells." in said(back.stdout)


def test_a_slowdown_below_the_factor_is_not_called_slower(tmp_path):
    a, b = two(tmp_path, times(0, noise=0.002), times(1, noise=0.002, slowed=1.03))
    assert judged(compare(a, b, 1.05))["verdict"] == Verdict.SMALL
    assert not compare(a, b, 1.05).found
    assert judged(compare(a, b, 1.02))["verdict"] == Verdict.SLOWER
    assert judged(compare(b, a, 1.05))["verdict"] == Verdict.SMALL
    assert judged(compare(b, a, 1.02))["verdict"] == Verdict.FASTER


def test_one_outlier_makes_no_verdict(tmp_path):
    there = times(1)
    there[BAD][2] *= 50
    found = compare(*two(tmp_path, times(0), there), 1.0)
    assert judged(found)["verdict"] == Verdict.UNCLEAR
    assert not found.found
    assert "The intervals reach up to" in said(told(found))


def test_what_is_stated_of_a_cell_is_what_was_planted(tmp_path):
    here, there = times(0), times(1, slowed=1.2)
    row = judged(compare(*two(tmp_path, here, there), 1.05))
    medians = [np.median(own[BAD]) for own in (here, there)]
    assert [row["time_a_s"], row["time_b_s"]] == pytest.approx(medians)
    assert row["ratio_median"] == pytest.approx(medians[1] / medians[0])
    assert row["ratio_low"] < row["ratio_median"] < row["ratio_high"]
    assert row["p_slower"] == pytest.approx(12 / 924)
    assert row["p_faster"] == 1


# What has no time


def test_a_cell_that_now_fails_is_a_regression(tmp_path, called):
    there = times(1)
    del there[BAD]
    a, b = two(tmp_path, times(0), there, failures={BAD: "out_of_memory"})
    done = called("compare", a, b)
    assert done.returncode == 1, done.stderr
    (line,) = [line for line in done.stdout.splitlines() if "fails now" in line]
    assert line.endswith("6, 0 of 6  fails now: out of memory")
    assert "B is found to be slower than A by more than 10 % at none of 11 cells." in said(done.stdout)
    assert said(done.stdout).endswith("1 cell with a time in A fails in B.")
    back = compare(b, a, 1.05)
    assert judged(back)["verdict"] == Verdict.FAILED
    assert "failed in A: out of memory" in told(back)
    assert not back.found


def test_a_cell_fails_if_most_of_its_runs_fail_and_fewer_are_reported(tmp_path):
    there = times(1)
    for kept, verdict in ((5, Verdict.FAILS), (6, Verdict.UNCLEAR)):
        there[BAD] = 0.1 * np.linspace(0.97, 1.04, kept)
        a, b = two(tmp_path / str(kept), times(0), there, failures={BAD: "crashed"})
        found = compare(a, b, 1.05)
        assert judged(found)["verdict"] == verdict
        assert found.found == (verdict == Verdict.FAILS)
    assert "MLP in numpy, H = 512: in B 6 of 12 runs failed (crashed)." in told(found)


def test_all_fails_is_a_regression_though_nothing_is_left_to_compare(tmp_path):
    found = compare(*two(tmp_path, times(0), {}, failures=dict.fromkeys(CELLS, "crashed")), 1.05)
    assert found.found
    assert said(told(found)).endswith("12 cells with a time in A fail in B.")


def test_cells_of_one_study_only_are_listed_and_are_no_fault(tmp_path):
    here, there = times(0, cells=CELLS[:6]), times(1, cells=CELLS[2:])
    cuda = cell("torch_mlp", 32, device="cuda")
    here[cuda] = drawn(np.random.default_rng(2))
    a, b = two(tmp_path, here, there, not_applicable={cuda: "no cuda device is here"})
    found = compare(a, b, 1.05)
    assert found.cells["verdict"].value_counts().to_dict() == {
        Verdict.UNCLEAR: 4,
        Verdict.ONLY_A: 3,
        Verdict.ONLY_B: 6,
    }
    assert not found.found
    assert found.could_find
    words = told(found)
    assert "3 cells not measured in B, so not compared:\n  MLP in numpy, cpu, H = 8\n" in words
    assert "  MLP in torch, cuda, H = 32 (no cuda device is here)" in words
    assert "6 cells not measured in A, so not compared:\n" in words


def test_a_cell_that_fails_in_both_is_told_once(tmp_path):
    plant(tmp_path / "a", times(0), failures={cell("torch_cnn", 8): "crashed"})
    plant(tmp_path / "b", times(1), failures={cell("torch_cnn", 8): "out_of_memory"}, day=LATER)
    found = compare(str(tmp_path / "a"), str(tmp_path / "b"), 1.05)
    assert not found.found
    assert "1 cell without a time in either, so not compared:\n  CNN in torch, H = 8 (crashed; out of memory)" in told(
        found
    )


def test_a_recipe_that_states_something_else_is_not_compared(tmp_path, called):
    a, b = two(tmp_path, times(0), times(1, slowed=2.0), recipes={"short": SHORT["short"] | {"learning_rate": 0.5}})
    done = called("compare", a, b)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == (
        f"{a} and {b}: nothing to compare: no cell has times in both; recipe short in A, short (in {LATER}) in B\n"
    )


def test_other_threads_are_other_cells(tmp_path):
    a, b = two(tmp_path, {cell("numpy_mlp", 8): 0.1}, {cell("numpy_mlp", 8, threads=3): 0.1})
    with pytest.raises(UserError, match=r"threads 1 in A, 3 in B$"):
        compare(a, b, 1.05)


# What cannot be judged


def test_too_few_runs_are_no_answer_and_what_would_help_is_one(tmp_path):
    found = compare(*two(tmp_path / "few", times(0, runs=3), times(1, runs=3, slowed=3.0)), 1.05)
    assert set(found.cells["verdict"]) == {Verdict.TOO_FEW}
    assert not found.found
    assert not found.could_find
    assert "with 3 runs per cell even the clearest slowdown has p = 0.6, corrected for 12 cells" in said(told(found))
    assert "raise `repetitions` to 5 or more" in said(told(found))
    helped = compare(*two(tmp_path / "enough", times(0, runs=5), times(1, runs=5, slowed=3.0)), 1.05)
    assert judged(helped)["verdict"] == Verdict.SLOWER


def test_one_cell_with_too_few_runs_does_not_hide_the_others(tmp_path):
    here, there = times(0, runs=7), times(1, runs=7)
    here[FINE], there[FINE] = here[FINE][:2], 2 * there[FINE][:2]
    found = compare(*two(tmp_path, here, there), 1.05)
    assert judged(found, FINE)["verdict"] == Verdict.TOO_FEW
    assert found.could_find
    assert said(told(found)).endswith("1 cell has too few runs to find anything.")


def test_results_that_cannot_be_read_are_one_line(tmp_path, called):
    a, b = two(tmp_path, times(0), times(1))
    document = Path(b, "tables/about.json")
    document.write_text(json.dumps(json.loads(document.read_text()) | {"schema_version": 1}))
    done = called("compare", a, b)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert f"{document}: schema_version: found 1; allowed: " in done.stderr
    document.unlink()
    for folder in (b, str(tmp_path / "nowhere")):
        with pytest.raises(
            ContractError, match=rf"^{folder}/tables: missing about.json; allowed: the tables of a study"
        ):
            compare(a, folder, 1.05)


def test_a_table_that_is_missing_or_damaged_is_named(tmp_path):
    a, b = two(tmp_path, times(0), times(1))
    runs, cells = Path(b, "tables/runs.parquet"), Path(a, "tables/cells.parquet")
    runs.unlink()
    with pytest.raises(ContractError, match=rf"^{runs}: missing; allowed: "):
        compare(a, b, 1.05)
    cells.write_bytes(cells.read_bytes()[:-40])
    with pytest.raises(ContractError, match=rf"^{cells}: not a table: "):
        compare(a, b, 1.05)


def test_a_fault_of_the_program_is_not_the_status_of_a_slowdown(tmp_path, called):
    a, b = two(tmp_path, times(0), times(1))
    for folder in (a, b):
        runs = Path(folder, "tables/runs.parquet")
        pd.read_parquet(runs).drop(columns="epoch_time_s").to_parquet(runs)
    done = called("compare", a, b)
    assert done.returncode == 2
    assert "Traceback" in done.stderr


def test_a_study_beside_itself_or_a_copy_of_it_is_refused(tmp_path):
    plant(tmp_path / "a", times(0))
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    for other in ("a", "b"):
        a, b = str(tmp_path / "a"), str(tmp_path / other)
        with pytest.raises(UserError, match=rf"^{a} and {b} are the same study: they hold the same runs"):
            compare(a, b, 1.05)


# What it says of the two


def test_different_machines_and_software_are_reported(tmp_path):
    newer = machine("1", torch="2.99.0", blas={"internal_api": "mkl", "version": "2026"})
    words = told(compare(*two(tmp_path / "one", times(0), times(1), machine=newer), 1.05))
    assert "Software: torch unknown in A, 2.99.0 in B; blas openblas 0.3.30 Zen pthreads in A, mkl 2026 in B" in words
    assert "CAUTION" not in words
    newer = machine("1", jax="0.99.0")  # A was measured by a version that did not say which JAX there is
    assert "Software: jax unknown in A, 0.99.0 in B\n" in told(
        compare(*two(tmp_path / "three", times(0), times(1), machine=newer), 1.05)
    )
    other = machine("2", host="0" * 12, cpu="Another")
    words = told(compare(*two(tmp_path / "two", times(0), times(1), machine=other), 1.05))
    assert "CAUTION: A and B were measured on different machines" in words
    assert "A study, measured 2026-01-01 on A <CPU>, 4 cores, 8 GiB, no GPU\n" in words
    assert "A study, measured 2026-02-02 on Another, 4 cores, 8 GiB, no GPU\n" in words
    assert "Software: the same in both" in words


def test_disturbed_runs_count_and_are_reported(tmp_path):
    a, b = two(tmp_path, times(0), times(1))
    path = Path(b, "tables/runs.parquet")
    runs = pd.read_parquet(path)
    runs.loc[:2, "label"] = "contended"
    runs.to_parquet(path)
    found = compare(a, b, 1.05)
    assert (found.cells["n_b"] == 6).all()
    assert "(contended): 0 of 72 in A, 3 of 72 in B. They count like all others" in said(told(found))


@pytest.mark.parametrize("mixed", ["a", "b"])
def test_runs_of_other_machines_are_left_out_and_counted(tmp_path, mixed):
    """Four more runs of a cell, three times as long, that another machine measured."""
    for seed, name in enumerate("ab"):
        runs = [(own, MACHINE, seconds) for own, given in times(seed).items() for seconds in given]
        runs += [(BAD, machine("2", cpu="Another"), 0.3)] * 4 if name == mixed else []
        records = [
            record(own, place, seconds) | {"machine": host, "started_at": f"2026-0{seed + 1}-01T00:00:{place:04}"}
            for place, (own, host, seconds) in enumerate(runs)
        ]
        plant_records(tmp_path / name, records, dict.fromkeys(CELLS))
    found = compare(str(tmp_path / "a"), str(tmp_path / "b"), 1.05)
    assert (found.left_out, judged(found)["n_a"], judged(found)["n_b"]) == (4, 6, 6)
    assert judged(found)["verdict"] == Verdict.UNCLEAR
    assert "Left out: 4 runs of other machines" in told(found)
    assert "Another" not in told(found)


def test_no_name_steers_the_console(tmp_path):
    found = compare(*two(tmp_path, times(0), times(1), title="red \x1b[31m and\ntwo lines"), 1.05)
    assert "\x1b" not in told(found)
    assert "red [31m and two lines, measured" in told(found)


# The command


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (["--help"], 0),
        (["compare", "--help"], 0),
        ([], 0),
        (["compare", "a"], 2),
        (["compare", "a", "b", "--factor", "0.9"], 2),
        (["compare", "a", "b", "--factor", "nan"], 2),
        (["compare", "a", "b", "--factor", "two"], 2),
    ],
)
def test_help_and_a_wrong_call_are_quick(words, status, command):
    done = command("payoff", *words, loaded="numpy")
    assert done.returncode == status
    assert done.stdout.splitlines()[-1] == "numpy: False"
    if "--factor" in words:
        assert f"--factor: found '{words[-1]}'; allowed: a number, at least 1" in done.stderr
    if words == ["compare", "--help"]:
        assert "exit status:\n  0  B is not slower" in done.stdout
