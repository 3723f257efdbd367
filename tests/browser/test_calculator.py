"""The calculator of the page against `payoff predict`: the same figures from the same runs, in a real browser."""

import re
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from conftest import HOME, as_user
from planted import NOISE
from twin import RESULTS

from payoff.answer.run_times import COSTS
from payoff.comparisons.run_times import changes, curves_of
from payoff.page.html.choices import calculator
from payoff.page.words.whole_runs import choice_rows, told_changes, told_size

WAYS = {  # model -> (start, per epoch and unit, per epoch)
    "numpy_mlp": ("eager", 0.2, 1e-4, 0.001),
    "torch_mlp": ("eager", 2.0, 3e-5, 0.03),
    "jax_mlp": ("jit", 1.4, 8e-5, 0.0005),
}
SIZES = (32, 256, 2048)
HIDDEN, EPOCHS = "Hidden size:", "Epochs:"


@pytest.fixture(scope="module")
def costs() -> pd.DataFrame:
    """Six repetitions, one of them missing at one size."""
    draw = np.random.default_rng(3)
    rows = []
    for model, (mode, start, unit, epoch) in WAYS.items():
        for size in SIZES:
            for repetition in range(1, 7):
                shared = 1 + 0.01 * NOISE[repetition - 1]
                noise = shared * draw.lognormal(0, 0.03, 2)
                seconds = noise * (start, epoch + unit * size)
                where = ("digits", "short", "<b>digits</b>", "mlp", model, mode, "cpu", "", 1, True, size, repetition)
                rows.append([*where, *seconds])
    table = pd.DataFrame(rows, columns=COSTS)
    missing = (table["model"] == "torch_mlp") & (table["hidden_size"] == 256) & (table["repetition"] == 2)
    return table[~missing]


@pytest.fixture
def page(open_file, costs, tmp_path):
    """A page with nothing but the calculator."""
    scripts = [(HOME / "report" / name).read_text() for name in ("report.js", "calculator.js")]
    data = f'<script type="application/json" id="costs">{calculator(costs)}</script>'
    body = data + "".join(f"<script>{script}</script>" for script in scripts)
    file = tmp_path / "calculator.html"
    file.write_text(f'<!doctype html><meta charset="utf-8"><title>.</title><body><main>{body}</main>')
    opened = open_file(file)
    assert opened.words == []
    return opened.page


def shown(page) -> list[list[str]]:
    return [row.locator("th, td").all_inner_texts() for row in page.locator(".calculator tr").all()]


def test_it_says_what_the_command_says(page, costs):
    ((_, curves),) = curves_of(costs).items()
    for size in (16, 32, 40, 256, 700, 2048, 4096):
        page.get_by_label(HIDDEN, exact=True).fill(str(size))
        for epochs in (1, 30, 2500):
            page.get_by_label(EPOCHS, exact=True).fill(str(epochs))
            assert shown(page) == choice_rows(curves, size, epochs)
            told = told_size(curves, size) + told_changes(changes(curves, size))
            assert page.locator(".calculator p").inner_text() == told


def test_what_it_cannot_tell_it_refuses_with_what_is_allowed(page):
    for size in ("15", "4097", "", "33.5", "-3"):
        page.get_by_label(HIDDEN, exact=True).fill(size)
        assert page.locator(".calculator p").inner_text() == "Allowed here: a hidden size from 16 to 4,096."
        assert shown(page) == []
    page.get_by_label(HIDDEN, exact=True).fill("64")
    page.get_by_label(EPOCHS, exact=True).fill("0")
    assert page.locator(".calculator p").inner_text() == "Allowed: a whole number of epochs, at least 1."


def test_the_page_of_a_study_and_the_command_agree(opened, tiny):
    page = opened()
    page.get_by_label(HIDDEN, exact=True).fill("20")
    page.get_by_label(EPOCHS, exact=True).fill("50")
    command = [sys.executable, "-m", "payoff", "predict", str(tiny / RESULTS), "--hidden", "20", "--epochs", "50"]
    said = subprocess.run(command, cwd=tiny, env=as_user(tiny), capture_output=True, text=True, check=True).stdout
    rows = [re.split(r" {2,}", line.strip()) for line in said.splitlines() if line.startswith("  ")]
    assert [[text for text in row if text] for row in shown(page)] == rows
    assert page.locator(".calculator p").inner_text() in said


def test_the_grid_needs_no_script(opened):
    page = opened(java_script_enabled=False)
    assert page.locator(".choices td").first.is_visible()
    assert page.locator(".calculator").count() == 0
