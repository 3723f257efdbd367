"""A study of 10,000 runs: its report is made in seconds, and is one page that a browser opens."""

import re
import resource
import shutil

import large
import pandas as pd
import pytest
from chromium import unfold
from conftest import snakemake
from twin import RESULTS, TWIN

# Seconds of the CPU for the answer, all chapters and the page. On two busy cores of an AMD EPYC it took 47; any small
# study takes 29 of these, to start seven jobs and six kernels.
SECONDS = 90


@pytest.fixture(scope="module")
def study(tiny, tmp_path_factory):
    """A copy of the finished tiny twin with the large study's tables, and its report; the CPU's seconds for that."""
    project = tmp_path_factory.mktemp("large") / "project"
    shutil.copytree(tiny, project)
    large.plant(project / RESULTS / "tables")
    assert len(pd.read_parquet(project / RESULTS / "tables/runs.parquet")) == large.RUNS >= 9_900
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    rules = ("compare_ways", "run_notebook", "render_report")
    done = snakemake(*TWIN, "--allowed-rules", *rules, "all", "--forcerun", *rules, project=project)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.returncode == 0, done.stdout
    assert set(re.findall(r"^rule (\w+):|Run the (chapter) |Render the (report) ", done.stdout)) <= {
        ("all", "", ""),
        ("", "chapter", ""),
        ("", "", "report"),
    }, "the tables are left alone"
    return project / RESULTS / "report.html", after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def test_its_report_is_made_in_seconds(study):
    _, seconds = study
    assert seconds < SECONDS


def test_its_report_is_one_page_that_can_be_sent(study):
    file, _ = study
    assert file.stat().st_size < 5_000_000


def test_a_browser_opens_it(study, open_file):
    file, _ = study
    opened = open_file(file)
    page = opened.page
    page.wait_for_load_state("networkidle")
    assert (opened.requests, opened.words) == ([file.as_uri()], [])
    assert f"{large.RUNS:,} runs" in page.locator("main").inner_text()
    assert page.evaluate("performance.getEntriesByType('navigation')[0].domComplete") < 5_000
    unfold(page)
    tables = page.locator("main figure table").all()
    assert tables
    for table in tables:
        rows = table.locator("tbody tr")
        assert 0 < rows.count() <= 250
        assert rows.first.is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == page.viewport_size["width"]
