"""The answer in words, the figures, the page."""

import re
import time
from dataclasses import replace

import pandas as pd
import pytest
from conftest import HOME
from markupsafe import Markup, escape
from planted import RECIPE, cell, check_of, race, study
from planted_tables import planted_context

from payoff.models.registry import MODELS
from payoff.page.figures.looks import model_colors
from payoff.page.html.inventory import completeness_grid, recipes_rows
from payoff.page.html.markup import ROWS, table_html
from payoff.page.html.report import chapter, render
from payoff.page.words.sentences import interval
from payoff.recipes import Convolution, RateChange
from payoff.tables.columns import COLUMNS

EVIL = "<script>alert('1|2')</script>"
SCRIPTS = sorted((HOME / "report").glob("*.js"))


@pytest.fixture
def rendered(tmp_path):
    """The page of a study with these tables, in which a space is a space."""

    def render_(runs, samples, cells, title="A <study>", **values) -> str:
        chapters = [chapter("scaling", Markup("<h2>Scaling</h2>"))]
        told = planted_context(tmp_path, runs, samples, cells, title=title, chapters=chapters, **values)
        return render(HOME / "report", told).replace("\N{NO-BREAK SPACE}", " ")

    return render_


def test_a_study_without_a_finished_run_has_a_page_with_the_reasons(rendered):
    page = rendered(*study({}, failures={cell("torch_mlp", 10): "out_of_memory"}))
    assert "Nothing was measured" in page
    assert "0 of 6: out of memory" in page
    assert "planted &lt;out_of_memory&gt;" in page


def test_a_median_without_an_interval_says_so():
    _, _, cells = study({cell("numpy_mlp", 10): 0.1}, repetitions=2)
    assert interval(cells.iloc[0], "epoch_time_s").endswith("[too few]")


def test_every_model_has_a_colour_of_its_own_and_one_for_the_dark(rendered):
    colors = model_colors()
    assert len({light for light, _ in colors.values()}) == len({dark for _, dark in colors.values()}) == len(MODELS)
    page = rendered(*study({cell("numpy_mlp", 10): 0.1}))
    for model, both in colors.items():
        assert all(f"--{model.replace('_', '-')}: {color};" in page for color in both)


def test_two_recipes_are_kept_apart(rendered):
    planted = study({cell("numpy_mlp", h): 0.1 * h for h in (10, 20)})
    longer = {"long": RECIPE.stated() | {"epochs": 9}}
    frames = [pd.concat([frame, frame.assign(recipe="long")]) for frame in planted]
    page = rendered(*frames, recipes={"short": RECIPE.stated()} | longer)
    assert page.count("digits, short") >= 3
    assert page.count("digits, long") >= 3


def test_a_table_gives_units_and_intervals_and_escapes_text():
    _, _, cells = study({cell("numpy_mlp", 10): 0.1})
    cells["model"] = "<b>numpy</b>"
    html = table_html(cells, ["model", "epoch_time_s", "n"], "cells")
    assert '<span class="unit">ms</span>' in html
    assert "&lt;b&gt;numpy&lt;/b&gt;" in html
    assert re.search(r'<td class="number">\d+ \[\d[\d.]*, \d[\d.]*\]</td>', html)


def test_the_grid_leaves_nothing_blank():
    times = {cell("numpy_mlp", 10): 0.1, cell("torch_mlp", 10): 0.1, cell("torch_mlp", 20): 0.1}
    _, _, cells = study(times, not_applicable={cell("numpy_mlp", 10, "cuda"): "numpy computes on the CPU only"})
    grid = completeness_grid(cells)
    assert grid["sizes"] == ["10", "20"]
    texts = [[mark["text"] for mark in row["marks"]] for row in grid["rows"]]
    assert texts == [["6 of 6", "not asked"], ["6 of 6", "6 of 6"], ["numpy computes on the CPU only", "not asked"]]


def test_the_systems_of_a_source_stand_in_the_page_with_what_became_of_them(rendered):
    gpu = cell("torch_mlp", 10, "cuda")
    planted = study({cell("numpy_mlp", h): 0.1 for h in (10, 20)}, not_applicable={gpu: "no <cuda> device is here"})
    systems = [("X<1>", vars(cell("numpy_mlp", 10))), ("X<1>", vars(cell("numpy_mlp", 20))), ("X2", vars(gpu))]
    page = rendered(*planted, systems=systems)
    section = page[page.index('<section id="systems">') :].partition("</section>")[0]
    assert "H = 10: 6 of 6; H = 20: 6 of 6" in section
    assert "H = 10: no &lt;cuda&gt; device is here" in section
    assert section.count("X&lt;1&gt;") == 1
    assert '<section id="systems">' not in rendered(*planted)


def test_a_recipe_is_told_with_what_was_chosen():
    recipe = replace(RECIPE, schedule=(RateChange(2, 0.05),), biases=False, convolutions=(Convolution(6, 5),))
    mine, other = recipes_rows({"mine": recipe.stated(), "other": RECIPE.stated()}, {"mine": ["batch_size"]})
    assert "schedule from epoch 2, learning rate 0.05" in mine["text"]
    assert "biases no" in mine["text"]
    assert "convolutions channels 6, kernel 5, padding 0, pool 2" in mine["text"]
    assert "activation" not in mine["text"]
    assert (mine["chosen"], other["chosen"]) == ("batch size", "")


def test_the_page_escapes_what_it_is_given_and_loads_nothing(rendered):
    planted = study(race(lambda h: 0.001 * h, lambda h: 0.002 * h))
    page = rendered(*planted, title="<script>alert(1)</script>", provenance={"Commit": "<unknown>"})
    assert page.count("<script>") == 4, "the page's own, which hold no data"
    (data,) = re.findall(r"<script (.*?)</script>", page, flags=re.DOTALL)
    assert data.startswith('type="application/json"')
    assert "<" not in data
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "A &lt;CPU&gt;" in page
    assert "&lt;unknown&gt;" in page
    assert not re.search(r'(?:src|href)="(?!#|data:)', page.replace('xlink:href="#', ""))
    assert "@import" not in page


def test_the_control_and_what_is_not_compared_stand_in_the_page(rendered):
    runs, samples, cells = study(race(lambda h: 0.001 * h, lambda h: 0.002 * h))
    again = runs[(runs["model"] == "numpy_mlp") & (runs["hidden_size"] == 10)]
    failed = check_of(("numpy_mlp", "eager", "cpu"), ("torch_mlp", "eager", "cpu"), reason="gradients differ by <0.3>")
    page = rendered(runs, samples, cells, again=again, checks=[failed])
    assert "Identical code measured twice (numpy MLP on digits, H = 10) differed by" in page
    assert "numpy and torch are not compared: they do not compute the same (gradients differ by &lt;0.3&gt;)." in page
    assert "trains faster" not in page
    assert "Identical code" not in rendered(runs, samples, cells)


def test_a_long_table_shows_its_first_rows_and_says_so():
    long = pd.DataFrame({"model": [f"m{i}" for i in range(ROWS + 1466)], "train_s": 1.0})
    before = time.process_time()
    html = table_html(pd.concat([long] * 100), ["model", "train_s"], "long")
    assert time.process_time() - before < 1, "only what is shown costs time"
    html = table_html(long, ["model", "train_s"], "long")
    assert html.count("<tr>") == ROWS + 1
    assert "The first 200 of 1,666 rows; all are in" in html
    assert '<a href="#downloads">the tables of the study</a>' in html
    assert "#downloads" not in table_html(long.head(ROWS), ["model", "train_s"], "long")


def test_a_table_says_which_columns_it_has_and_leaves_nothing_blank():
    frame = pd.DataFrame({"model": [EVIL, ""], "seed": [1, 2], "disturbed_by": [None, "x"], "hidden_size": [1, 2]})
    html = table_html(frame, list(frame.columns), "two-rows")
    assert re.findall(r'data-column="([^"]+)"', html) == list(frame.columns)
    assert 'role="region" aria-label="Two rows"' in html
    assert escape(EVIL) in html
    assert "<td>–</td>" in html
    assert re.findall("<td>(.*?)</td>", html)[3:] == ["–", "2", "x"]
    assert set(frame.columns) <= set(COLUMNS)


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_no_script_can_be_closed_by_itself_nor_read_as_a_template(path):
    script = path.read_text()
    assert not re.search(r"</script|<!--|\{\{|\{%|\{#", script)
    assert script.startswith('"use strict";')
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|https?:|fetch\(", script)
