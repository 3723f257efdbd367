"""The report of the tiny twin, opened from its file in a real browser that is offline."""

import nbformat
from twin import RESULTS


def test_it_is_one_file_that_asks_for_nothing_and_says_nothing(open_file, report_file):
    opened = open_file(report_file)
    opened.page.wait_for_load_state("networkidle")
    assert opened.requests == [report_file.as_uri()]
    assert opened.words == []


def test_it_is_small(report_file):
    """A study of six times the runs, as `quick` is, draws no more figures: it stays under 2 MB."""
    assert report_file.stat().st_size < 1_200_000


def test_it_is_whole_without_scripts(opened, tiny):
    """Everything that a reader with scripts has is there as well, but for what only a script can do."""
    with_scripts, without = opened(), opened(java_script_enabled=False)
    assert without.locator("header .title").inner_text() == "A tiny study of <digits> & friends"
    for part in (
        "main section",
        "figure",
        "figure svg",
        "figure svg .point",
        "figcaption",
        "table[id]",
        "table[id] tbody tr",
    ):
        assert without.locator(part).count() == with_scripts.locator(part).count() > 0, part
    notebooks = [nbformat.read(path, 4) for path in sorted((tiny / RESULTS / "notebooks").glob("*.ipynb"))]
    drawn = [
        output["data"]["text/html"]
        for notebook in notebooks
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if "text/html" in output.get("data", {})
    ]
    of_chapters = sum(html.count("<figure") for html in drawn)
    assert without.locator(".chapter figure").count() == of_chapters > 5
    without.locator("figure details summary").first.click()
    assert without.locator("figure details table").first.is_visible()


def test_text_in_a_figure_is_text_in_the_page_s_type(opened):
    page = opened()
    label = page.locator("figure svg text", has_text="Hidden size H").first
    assert label.is_visible()
    family = "e => getComputedStyle(e).fontFamily"
    assert label.evaluate(family) == page.locator("body").evaluate(family)


def test_the_table_of_contents_leads_to_every_section(opened):
    page = opened()
    links = page.locator("nav a").all()
    assert len(links) > 5
    for link in links:
        link.click()
        target = page.locator(link.get_attribute("href"))
        assert abs(target.bounding_box()["y"]) < 800
