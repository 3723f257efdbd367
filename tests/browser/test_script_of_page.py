"""The script of the page as a whole, and the page without it: in a real browser, on a page of planted tables."""

import pandas as pd
import pytest
from conftest import HOME
from planted import cell, study
from planted_tables import planted_context, planted_large

from payoff.page.html.report import render


def test_the_contents_mark_what_is_being_read(open_planted):
    page = open_planted(viewport={"width": 1000, "height": 700})
    for target in ("#scaling", "#traps-and-points", "#cells", "#downloads"):
        page.locator(f"nav a[href='{target}']").click()
        page.wait_for_selector(f"nav a[href='{target}'][aria-current=true]")
        assert page.locator("[aria-current]").count() == 1
    page.evaluate("scrollTo(0, 0)")
    page.wait_for_function("!document.querySelector('[aria-current]')")


def test_without_a_script_there_is_no_control(open_planted):
    page = open_planted("#table-of-cells?dataset=digits", java_script_enabled=False)
    assert page.locator(":is(button, select, textarea, .controls, .tooltip, [aria-sort], [aria-current])").count() == 0
    assert page.locator("#table-of-cells tbody tr").count() == 12
    assert page.locator("#drawn .point title").count() == 3
    assert page.locator("#downloads a[download]").count() == 4


def test_paper_has_no_control_and_what_was_folded_stays_so(open_planted):
    page = open_planted("#table-of-cells?sort=n")
    page.locator("#drawn .point").first.focus()
    page.emulate_media(media="print")
    assert page.locator(".controls:visible").count() == 0
    assert page.locator(".tooltip").is_hidden()
    assert page.locator("details[open]").count() == 0


@pytest.mark.parametrize("width", [360, 1440])
def test_controls_fit_the_screen_and_a_finger(open_planted, width):
    page = open_planted("#traps?sort=model", viewport={"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") == width
    boxes = [each.bounding_box() for each in page.locator(":is(button, select):visible").all()]
    assert len(boxes) > 20
    assert all(box["height"] >= 24 and box["width"] >= 24 for box in boxes)
    gaps = "[...document.querySelectorAll('.scroll')].map(region => region.ariaLabel)"
    labels = page.evaluate(gaps)
    assert len(labels) == len(set(labels)), "each region has a name of its own"


def test_a_download_is_the_table_without_a_script_and_however_long_its_link(browser, tmp_path):
    values = planted_context(tmp_path, *study({cell("numpy_mlp", 10): 0.1}))
    tables = planted_large()
    report = tmp_path / "report.html"
    report.write_text(render(HOME / "report", values | {"tables": tables}), encoding="utf-8")
    context = browser.new_context(accept_downloads=True, java_script_enabled=False)
    page = context.new_page()
    page.goto(report.as_uri())
    page.get_by_text("4 files", exact=True).click()
    assert len(page.get_by_role("link", name="planted-runs").get_attribute("href")) > 2**21
    for name in ("cells", "runs"):
        with page.expect_download() as waited:
            page.get_by_role("link", name=f"planted-{name}.parquet").click()
        assert waited.value.suggested_filename == f"planted-{name}.parquet"
        pd.testing.assert_frame_equal(pd.read_parquet(waited.value.path()), tables[name])
    context.close()
