"""Is one study slower than another as a whole? Planted tables, whose truth is known."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from planted import cell
from planted_tables import SHORT, plant, said
from scipy.stats import binomtest

from payoff.regression.judging import Verdict
from payoff.regression.tables import MOST_ROWS
from payoff.regression.together import together
from payoff.regression.verdicts import compare
from payoff.regression.words import WIDTH, told
from payoff.statistics.differences import p_of_greater_median

LATER = "2026-02-02"
MODELS = ("numpy_mlp", "torch_mlp")
FACTOR = 1.1


def drawn(seed: int, sizes: int, runs: int = 6, slowed: dict[str, float] | None = None, noise: float = 0.02) -> dict:
    """Cell -> the seconds of its runs, for so many hidden sizes; a model takes so many times as long as `slowed` says.

    The ways of one network share half of their noise, as those of a heat do.
    """
    draw = np.random.default_rng(seed)
    times = {}
    for size in range(1, sizes + 1):
        shared = draw.normal(0, noise, runs)
        for model in MODELS:
            own = np.exp(shared + draw.normal(0, noise, runs))
            times[cell(model, size)] = 0.1 * (slowed or {}).get(model, 1.0) * own
    return times


def judged(a: dict, b: dict, factor: float = FACTOR) -> list:
    cells = [vars(own) | {"ratio_median": np.median(b[own]) / np.median(a[own])} for own in a]
    return together(pd.DataFrame(cells), factor)


@pytest.mark.parametrize("n", [1, 7, 40])
def test_p_is_that_of_the_sign_test(n):
    for seed in range(5):
        sample = np.random.default_rng(seed).normal(0.3, 1, n)
        expected = binomtest(int((sample > 0).sum()), n, alternative="greater").pvalue
        assert p_of_greater_median(sample) == pytest.approx(expected)
    assert p_of_greater_median([0.0] * 20) == 1, "no difference is no greater median"


@pytest.mark.slow
def test_equal_studies_are_rarely_said_to_differ_as_wholes():
    """Without a factor: the whole or one of its ways in at most 1 % of all pairs."""
    pairs = 200
    found = [
        {one.verdict for one in judged(drawn(2 * pair, 12), drawn(2 * pair + 1, 12), 1.0)} for pair in range(pairs)
    ]
    assert all(Verdict.TOO_FEW not in of_pair for of_pair in found)
    for verdict in (Verdict.SLOWER, Verdict.FASTER):
        assert sum(verdict in of_pair for of_pair in found) <= 0.02 * pairs


def test_a_way_that_is_slower_is_told_apart_from_one_that_is_not():
    whole, *ways = judged(drawn(0, 20), drawn(1, 20, slowed={"torch_mlp": 1.3}))
    by_model = {one.way["model"]: one for one in ways}
    assert whole.way is None
    assert whole.ratio.median == pytest.approx(1.3**0.5, rel=0.02)
    assert (by_model["torch_mlp"].verdict, by_model["numpy_mlp"].verdict) == (Verdict.SLOWER, Verdict.UNCLEAR)
    assert by_model["torch_mlp"].ratio.low < 1.3 < by_model["torch_mlp"].ratio.high
    assert whole.ratio.n == by_model["torch_mlp"].ratio.n == 20


def test_a_slowdown_below_the_factor_is_within_it_and_a_speed_up_is_told():
    (whole, *_) = judged(drawn(0, 20), drawn(1, 20, slowed=dict.fromkeys(MODELS, 1.05)))
    assert whole.verdict == Verdict.SMALL
    (whole, *_) = judged(drawn(0, 20), drawn(1, 20, slowed=dict.fromkeys(MODELS, 0.5)))
    assert whole.verdict == Verdict.FASTER


def test_few_networks_are_not_judged_together():
    (whole, *_) = judged(drawn(0, 6), drawn(1, 6, slowed=dict.fromkeys(MODELS, 3.0)))
    assert whole.verdict == Verdict.TOO_FEW


@pytest.mark.slow
def test_a_large_study_that_is_slower_everywhere_is_found_and_fits_one_screen(tmp_path, called):
    """Of so many cells each has too few runs to be judged alone."""
    a, b = tmp_path / "a", tmp_path / "b"
    plant(a, drawn(0, 100))
    plant(b, drawn(1, 100, slowed=dict.fromkeys(MODELS, 1.3)), day=LATER)
    done = called("compare", a, b)
    assert done.returncode == 1, done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) < 50
    assert max(map(len, lines)) <= WIDTH
    words = said(done.stdout)
    assert "Taken together, 100 networks take 1.30 times as long in B as in A: slower by more than 10 %." in words
    assert "Which cells are slower cannot be judged" in words
    assert f"and {200 - MOST_ROWS} cells more: {200 - MOST_ROWS} too few runs (--every-cell shows them)" in words
    every = called("compare", a, b, "--every-cell").stdout.splitlines()
    assert sum(line.endswith("too few runs") for line in every) == 200
    back = called("compare", b, a)
    assert back.returncode == 0
    assert "not found to be slower by more than 10 %" in said(back.stdout)


def test_recipes_of_other_names_that_state_the_same_are_compared(tmp_path):
    renamed = {replace(own, recipe="renamed"): seconds for own, seconds in drawn(1, 8).items()}
    plant(tmp_path / "a", drawn(0, 8))
    plant(tmp_path / "b", renamed, day=LATER, recipes={"renamed": SHORT["short"]})
    found = compare(str(tmp_path / "a"), str(tmp_path / "b"), FACTOR)
    assert len(found.compared) == len(found.cells) == 16
    assert set(found.cells["recipe"]) == {"short"}
    assert "renamed" not in told(found)
