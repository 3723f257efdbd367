"""A study of 10,000 runs: its report is one page that a browser opens."""

import re
import shutil

import large
import pandas as pd
import pytest
from chromium import unfold
from conftest import snakemake
from twin import RESULTS, TWIN

# A page of more elements than this opens slowly on a telephone, whatever the machine that tests it.
ELEMENTS = 75_000


@pytest.fixture(scope="module")
def study(tiny, tmp_path_factory):
    """A copy of the finished tiny twin with the large study's tables, and its report."""
    project = tmp_path_factory.mktemp("large") / "project"
    shutil.copytree(tiny, project)
    study = project / "tests/tiny/tiny.yaml"  # without the chapters that do not grow
    study.write_text(study.read_text().replace(", pictures, convolutions]", "]"))
    large.plant(project / RESULTS / "tables")
    assert len(pd.read_parquet(project / RESULTS / "tables/runs.parquet")) == large.RUNS >= 9_900
    rules = ("compare_ways", "run_notebooks", "render_report")
    done = snakemake(*TWIN, "--allowed-rules", *rules, "all", "--forcerun", *rules, project=project)
    assert done.returncode == 0, done.stdout
    assert set(re.findall(r"^rule (\w+):|Run the (chapters) |Render the (report) ", done.stdout)) <= {
        ("all", "", ""),
        ("", "chapters", ""),
        ("", "", "report"),
    }, "the tables are left alone"
    return project / RESULTS / "report.html"


def test_its_report_is_one_page_that_can_be_sent(study):
    assert study.stat().st_size < 5_000_000


def test_a_browser_opens_it(study, open_file):
    opened = open_file(study)
    page = opened.page
    page.wait_for_load_state("networkidle")
    assert (opened.requests, opened.words) == ([study.as_uri()], [])
    assert f"{large.RUNS:,} runs" in page.locator("main").inner_text()
    assert page.evaluate("document.querySelectorAll('*').length") < ELEMENTS
    unfold(page)
    tables = page.locator("main figure table").all()
    assert tables
    for table in tables:
        rows = table.locator("tbody tr")
        assert 0 < rows.count() <= 250
        assert rows.first.is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == page.viewport_size["width"]


@pytest.mark.parametrize(("width", "shown", "hidden"), [(390, "narrow", "wide"), (1440, "wide", "narrow")])
def test_each_figure_has_the_notes_of_the_drawing_that_is_shown(study, open_file, width, shown, hidden):
    page = open_file(study, viewport={"width": width, "height": 844}).page
    unfold(page)
    figures = page.locator("figure:has(figcaption .narrow)").all()
    assert figures
    for figure in figures:
        assert figure.locator(f"svg.{shown}").is_visible()
        assert figure.locator(f"figcaption .{shown}").is_visible()
        assert not figure.locator(f"figcaption .{hidden}").is_visible()


def test_a_long_table_moves_below_its_head(study, open_file):
    page = open_file(study, viewport={"width": 1440, "height": 900}).page
    region = page.get_by_role("region", name="Table of cells")
    region.focus()
    page.keyboard.press("End")
    page.wait_for_function("document.activeElement.scrollTop > 1000")
    shown, head = region.bounding_box(), region.locator("thead th").first.bounding_box()
    assert shown["height"] <= 0.8 * 900
    assert shown["y"] <= head["y"] <= shown["y"] + 1
    assert head["y"] < region.locator("tbody tr").last.bounding_box()["y"] < shown["y"] + shown["height"]
