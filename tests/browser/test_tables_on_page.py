"""The tables of the page, and what its script adds: in a real browser, on a page rendered from planted tables."""

import csv
import io
import re

import numpy as np
import pandas as pd
import pytest
from conftest import HOME
from markupsafe import Markup
from planted import cell, race, study
from planted_tables import planted_context, planted_large

from payoff.page.html.identity import titled
from payoff.page.html.markup import ROWS, table_html
from payoff.page.html.report import chapter, render

MANY = ROWS + 10  # cells of each model

EVIL = "<script>alert('1|2')</script>"
SCRIPTS = [(HOME / f"report/{name}.js").read_text().strip() for name in ("report", "tables", "points", "calculator")]

POINT = '<circle class="point" cx="{}" cy="{}" r="9" style="fill: transparent"><title>{}</title></circle>'


def drawing(name: str, texts) -> Markup:
    """A figure with points from its upper left to its lower right corner."""
    points = Markup("").join(Markup(POINT).format(10 + 340 * i, 10 + 80 * i, text) for i, text in enumerate(texts))
    return Markup(
        '<figure id="{}"><svg role="group" aria-label="{}" viewBox="0 0 700 180"><g role="img" aria-label="{}">'
        '<path d="M10 10 L690 170" stroke="currentColor"/></g><g class="points">{}</g></svg></figure>'
    ).format(name, name, name, points)


# One table for each trap of sorting: missing, without end, in a bracket, with a thousands separator, below a bound.
TRAPS = pd.DataFrame(
    {
        "model": ["b10", "b9", "a", "c", "–b", "=1+1", "a"],
        "hidden_size": [10, 1000, 9, 20000, 100, 2, 3],
        "train_s": [np.nan, 2.0, np.inf, 0.5, 1234.5, -0.5, 2.0],
        "p_value": [0.2, 0.0001, 0.001, 0.5, np.nan, 0.05, 0.01],
    }
)
TRAP_COLUMNS = ["model", "hidden_size", "train_s", "p_value"]


@pytest.fixture(scope="module")
def address(tmp_path_factory) -> str:
    """The address of a page of two data sets, one of them with a name that wants to be code."""
    times = race(lambda h: 1e-4 * h, lambda h: 0.02 + 1e-6 * h)
    times |= {cell(c.model, c.hidden_size, dataset=EVIL): 2 * seconds for c, seconds in times.items()}
    runs, samples, cells = study(times)
    figures = drawing("drawn", [f"{EVIL}, H = 1\n1.00 ms", "second\n2.00 ms", "third\n3.00 ms"])
    folded = Markup("<details><summary>The numbers</summary>{}</details>").format(
        table_html(TRAPS, TRAP_COLUMNS, "traps")
    )
    folder = tmp_path_factory.mktemp("page")
    values = planted_context(
        folder,
        runs,
        samples,
        cells,
        title="Planted",
        chapters=[
            chapter("scaling", Markup('<h2>Scaling</h2><div style="height: 1500px"></div>')),
            chapter("traps-and-points", Markup("<h2>Traps</h2>") + figures + drawing("other", ["alone\n1"]) + folded),
        ],
    )
    path = folder / "report.html"
    path.write_text(render(HOME / "report", values), encoding="utf-8")
    return path.as_uri()


@pytest.fixture(scope="module")
def long_address(tmp_path_factory) -> str:
    """The address of a page with more cells than it shows at once, those of torch last."""
    times = {cell(model, size): 0.1 for model in ("numpy_mlp", "torch_mlp") for size in range(1, MANY + 1)}
    folder = tmp_path_factory.mktemp("long")
    path = folder / "report.html"
    values = planted_context(folder, *study(times))
    measured = values["tables"]["cells"].sort_values("model")
    values |= {"table": table_html(titled(measured), ["model", "hidden_size", "n"], "table-of-cells", choose=True)}
    path.write_text(render(HOME / "report", values), encoding="utf-8")
    return path.as_uri()


@pytest.fixture
def opened(browser, address):
    """Open the page at a fragment; a word on its console, or a dialogue, fails the test."""
    contexts, words = [], []

    def open_(fragment="", page_at=address, **options):
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: words.append(message.text))
        page.on("pageerror", lambda error: words.append(str(error)))
        page.on("dialog", lambda dialog: (words.append(dialog.message), dialog.dismiss()))
        page.goto(page_at + fragment)
        return page

    yield open_
    for opened_context in contexts:
        opened_context.close()
    assert words == []


def column_of(page, table: str, place: int) -> list[str]:
    """The visible cells of a column, from the top."""
    return page.locator(f"#{table} tbody tr td:nth-child({place + 1})").all_text_contents()


def head(page, table: str, name: str):
    return page.locator(f"#{table} th[data-column={name}]")


def bar(page, table: str):
    """The controls of a table."""
    return page.locator(f".controls:has(+ .scroll #{table})")


def test_numbers_sort_by_their_value_and_what_is_missing_comes_last(opened):
    page = opened("#traps?sort=hidden_size")
    assert column_of(page, "traps", 1) == ["2", "3", "9", "10", "100", "1,000", "20,000"]
    train = head(page, "traps", "train_s")
    train.get_by_role("button").click()
    assert column_of(page, "traps", 2) == ["-0.500", "0.500", "2.00", "2.00", "1,234", "∞", "–"]
    assert train.get_attribute("aria-sort") == "ascending"
    assert head(page, "traps", "hidden_size").get_attribute("aria-sort") is None
    assert column_of(page, "traps", 0)[2:4] == ["b9", "a"], "ties keep the order of the page"
    train.get_by_role("button").press("Enter")
    assert column_of(page, "traps", 2) == ["∞", "1,234", "2.00", "2.00", "0.500", "-0.500", "–"]
    assert train.get_attribute("aria-sort") == "descending"
    assert column_of(page, "traps", 0)[2:4] == ["b9", "a"], "in both directions"
    head(page, "traps", "p_value").get_by_role("button").click()
    assert column_of(page, "traps", 3) == ["< 0.001", "0.001", "0.010", "0.050", "0.200", "0.500", "–"]


def test_texts_sort_as_a_reader_expects(opened):
    page = opened("#traps?sort=model")
    texts = column_of(page, "traps", 0)
    assert [text for text in texts if text[0] in "abc"] == ["a", "a", "b9", "b10", "c"]


def test_an_interval_sorts_by_its_median(opened):
    page = opened("#table-of-cells?sort=-epoch_time_s")
    place = [th.get_attribute("data-column") for th in page.locator("#table-of-cells th").all()].index("epoch_time_s")
    shown = column_of(page, "table-of-cells", place)
    medians = [float(text.split()[0].replace(",", "")) for text in shown]
    assert len(set(medians)) > 5
    assert medians == sorted(medians, reverse=True)
    assert max(medians) >= 100 > 10 > min(medians), "as text, 2 would stand above 100"


def test_a_filter_leaves_what_was_chosen_and_counts_it(opened):
    page = opened()
    controls = bar(page, "table-of-cells")
    assert controls.locator("label").all_inner_texts() == ["Data set:", "Model:", "H:"], (
        "what has one value needs no filter"
    )
    assert controls.get_by_text("12 of 12 rows").get_attribute("role") == "status"
    controls.get_by_label("Data set").select_option("digits")
    controls.get_by_label("H:", exact=True).select_option("1,000")
    assert controls.get_by_text("2 of 12 rows").is_visible()
    assert column_of(page, "table-of-cells", 0) == ["digits", "digits"]
    controls.get_by_role("button", name="Reset").click()
    assert controls.get_by_text("12 of 12 rows").is_visible()
    assert controls.get_by_role("button", name="Reset").is_hidden()
    assert page.evaluate("location.hash") == "#table-of-cells"
    assert page.evaluate("document.activeElement.localName") == "select", "the focus is not lost with the button"


def test_a_view_can_be_sent(opened):
    page = opened()
    length = page.evaluate("history.length")
    controls = bar(page, "table-of-cells")
    controls.get_by_label("Data set").select_option(EVIL)
    head(page, "table-of-cells", "epoch_time_s").get_by_role("button").dblclick()
    shown = page.locator("#table-of-cells tbody tr").all_inner_texts()
    assert len(shown) == 6
    fragment = page.evaluate("location.hash")
    assert fragment.startswith("#table-of-cells?dataset=")
    assert fragment.endswith("&sort=-epoch_time_s")
    assert page.evaluate("history.length") == length, "a choice is no step back"
    page.reload()
    for again in (page, opened(fragment)):
        assert again.locator("#table-of-cells tbody tr").all_inner_texts() == shown
        assert bar(again, "table-of-cells").get_by_label("Data set").input_value() == EVIL
        assert head(again, "table-of-cells", "epoch_time_s").get_attribute("aria-sort") == "descending"


def test_views_of_two_tables_go_into_one_address_and_the_last_one_leads(opened):
    page = opened("#table-of-cells?sort=-n;traps?sort=hidden_size")
    head(page, "traps", "train_s").locator("button").evaluate("button => button.click()")
    assert page.evaluate("location.hash") == "#traps?sort=train_s;table-of-cells?sort=-n"
    again = opened("#traps?sort=train_s;table-of-cells?sort=-n")
    assert head(again, "table-of-cells", "n").get_attribute("aria-sort") == "descending"
    assert 0 <= bar(again, "traps").bounding_box()["y"] < 100
    assert again.locator("details:has(#traps)").get_attribute("open") is not None


def test_back_and_forward_and_plain_anchors(opened):
    page = opened("#table-of-cells?dataset=digits")
    page.locator("nav a[href='#scaling']").click()
    page.wait_for_function("location.hash === '#scaling'")
    assert abs(page.locator("#scaling").bounding_box()["y"]) < 20
    assert page.locator("#table-of-cells tbody tr").count() == 6, "an anchor leaves the choice"
    page.evaluate("location.hash = '#table-of-cells?model=MLP+in+torch'")
    page.wait_for_function("document.querySelectorAll('#table-of-cells tbody tr').length === 6")
    assert set(column_of(page, "table-of-cells", 1)) == {"MLP in torch"}
    page.go_back()
    page.go_back()
    page.wait_for_function("document.querySelector('#table-of-cells tbody tr td').innerText === 'digits'")
    assert set(column_of(page, "table-of-cells", 0)) == {"digits"}
    assert len(set(column_of(page, "table-of-cells", 1))) == 2


@pytest.mark.parametrize(
    "fragment",
    [
        "#table-of-cells?model=nobody&sort=nothing&secret=1",
        "#table-of-cells?sort=&=&%E0%A4%A=%",
        "#nowhere?model=x",
        "#%E0%A4%A;;?",
        "#table-of-cells?__proto__=1&constructor=2&sort=__proto__",
    ],
)
def test_what_an_address_asks_in_vain_is_ignored(opened, fragment):
    page = opened(fragment)
    assert bar(page, "table-of-cells").get_by_text("12 of 12 rows").is_visible()
    assert page.locator("[aria-sort]").count() == 0


@pytest.mark.parametrize("way", ["clipboard", "fallback", "neither"])
def test_what_is_seen_is_what_is_copied(opened, way):
    page = opened("#traps?sort=-hidden_size", permissions=["clipboard-read", "clipboard-write"])
    if way != "clipboard":
        page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error('refused')); }")
    if way == "neither":
        page.evaluate("() => { document.execCommand = () => false; }")
    controls = bar(page, "traps")
    controls.get_by_label("H:", exact=True).select_option("1,000")
    controls.get_by_role("button", name="Copy Markdown").click()
    expected = "| Model | H | Training (s) | p |\n| --- | --: | --: | --: |\n| b9 | 1,000 | 2.00 | \\< 0.001 |\n"
    if way == "neither":
        assert controls.get_by_text("Press Ctrl+C").get_attribute("role") == "status"
        area = controls.get_by_label("To copy")
        assert area.input_value() == expected
        assert area.evaluate("area => area.selectionEnd - area.selectionStart") == len(expected)
        head(page, "traps", "model").get_by_role("button").focus()
        assert area.count() == 0
        return
    controls.get_by_text("Copied 1 row as Markdown.").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == expected
    assert page.locator("textarea").count() == 0
    assert page.evaluate("document.activeElement.innerText") == "Copy Markdown"


def test_of_a_long_table_every_row_can_be_chosen_sorted_and_copied(opened, long_address):
    page = opened("#table-of-cells", long_address, permissions=["clipboard-read", "clipboard-write"])
    controls = bar(page, "table-of-cells")
    assert controls.get_by_text(f"{2 * MANY} of {2 * MANY} rows; the first {ROWS} are shown").is_visible()
    assert len(column_of(page, "table-of-cells", 0)) == ROWS
    assert page.locator(".rest:visible").count() == 0, "the filters reach all rows"
    controls.get_by_label("Model").select_option("MLP in torch")
    head(page, "table-of-cells", "hidden_size").get_by_role("button").dblclick()
    sizes = [str(MANY - place) for place in range(ROWS)]
    assert column_of(page, "table-of-cells", 1) == sizes
    assert set(column_of(page, "table-of-cells", 0)) == {"MLP in torch"}
    assert len(copied(page, "table-of-cells", "CSV").splitlines()) == 1 + MANY
    controls.get_by_label("H:", exact=True).select_option("5")
    assert controls.get_by_text(f"1 of {2 * MANY} rows").is_visible()
    plain = opened("", long_address, java_script_enabled=False)
    assert (
        plain.locator("#cells")
        .get_by_text(f"The first {ROWS} of {2 * MANY} rows; all are in the tables of the study.")
        .is_visible()
    )


def copied(page, table: str, name: str) -> str:
    bar(page, table).get_by_role("button", name=f"Copy {name}").click()
    bar(page, table).get_by_text("Copied").wait_for()
    return page.evaluate("navigator.clipboard.readText()")


def test_a_copy_is_sound_csv_and_no_formula(opened):
    page = opened("#traps?sort=hidden_size", permissions=["clipboard-read", "clipboard-write"])
    rows = list(csv.reader(io.StringIO(copied(page, "traps", "CSV"))))
    assert rows[0] == ["Model", "H", "Training (s)", "p"]
    assert rows[1] == ["'=1+1", "2", "-0.500", "0.050"], "a number below zero is no formula"
    assert [row[1] for row in rows[1:]] == column_of(page, "traps", 1)


def test_a_name_that_wants_to_be_code_stays_a_name(opened):
    page = opened(permissions=["clipboard-read", "clipboard-write"])
    options = bar(page, "table-of-cells").get_by_label("Data set").locator("option")
    assert options.all_inner_texts() == ["all", EVIL, "digits"]
    bar(page, "table-of-cells").get_by_label("Data set").select_option(EVIL)
    rows = list(csv.reader(io.StringIO(copied(page, "table-of-cells", "CSV"))))
    assert {row[0] for row in rows[1:]} == {EVIL}
    markdown = copied(page, "table-of-cells", "Markdown").splitlines()
    assert len(markdown) == 8
    assert all(line.startswith(r"| \<script>alert('1\|2')\</script> | MLP in ") for line in markdown[2:])
    assert all(re.search(r" \[[\d.]+, [\d.]+\] \|", line) for line in markdown[2:]), "an interval is no link"
    page.locator("#drawn .point").first.focus()
    assert page.locator(".tooltip").inner_text() == f"{EVIL}, H = 1\n1.00 ms"
    assert page.locator("script:not([type])").all_text_contents() == SCRIPTS


def inside(page) -> bool:
    """Whether the tooltip is shown, whole and inside the window."""
    box, size = page.locator(".tooltip").bounding_box(), page.viewport_size
    return (
        box["x"] >= 0
        and box["y"] >= 0
        and box["x"] + box["width"] <= size["width"]
        and box["y"] + box["height"] <= size["height"]
    )


@pytest.mark.parametrize("width", [360, 1440])
def test_a_point_tells_its_value_to_a_mouse(opened, width):
    page = opened(viewport={"width": width, "height": 700})
    tooltip, points = page.locator(".tooltip"), page.locator("#drawn .point")
    assert tooltip.is_hidden()
    for place, text in enumerate([f"{EVIL}, H = 1\n1.00 ms", "second\n2.00 ms", "third\n3.00 ms"]):
        points.nth(place).scroll_into_view_if_needed()
        points.nth(place).hover()
        assert tooltip.inner_text() == text
        assert inside(page)
    page.keyboard.press("Escape")
    assert tooltip.is_hidden()
    points.first.hover()
    assert tooltip.is_visible()
    page.mouse.move(2, 2)
    assert tooltip.is_hidden()
    assert page.locator(".point title").count() == 0, "the browser's own would come on top"


def test_a_point_tells_its_value_to_the_keyboard(opened):
    page = opened()
    points, tooltip = page.locator("#drawn .point"), page.locator(".tooltip")
    assert points.nth(1).get_attribute("aria-label") == "second: 2.00 ms"
    assert points.nth(1).get_attribute("role") == "img"
    head(page, "table-of-cells", "wall_s").get_by_role("button").focus()
    page.keyboard.press("Tab")
    assert points.first.evaluate("point => point === document.activeElement")
    for key, place in [("ArrowRight", 1), ("End", 2), ("ArrowDown", 2), ("ArrowUp", 1), ("Home", 0), ("ArrowLeft", 0)]:
        page.keyboard.press(key)
        assert points.nth(place).evaluate("point => point === document.activeElement"), key
        assert inside(page)
    page.keyboard.press("ArrowRight")
    assert tooltip.inner_text() == "second\n2.00 ms"
    page.keyboard.press("Escape")
    assert tooltip.is_hidden()
    page.keyboard.press("Tab")
    assert page.locator("#other .point").evaluate("point => point === document.activeElement"), (
        "one tab stop per figure"
    )
    page.keyboard.press("Shift+Tab")
    assert points.nth(1).evaluate("point => point === document.activeElement"), "where the reader left it"


def test_a_point_tells_its_value_to_a_finger(opened):
    page = opened(viewport={"width": 360, "height": 700}, has_touch=True, is_mobile=True)
    point, tooltip = page.locator("#drawn .point").nth(1), page.locator(".tooltip")
    point.tap()
    assert tooltip.inner_text() == "second\n2.00 ms"
    assert inside(page)
    page.locator("#traps-and-points h2").tap()
    assert tooltip.is_hidden()


def test_the_contents_mark_what_is_being_read(opened):
    page = opened(viewport={"width": 1000, "height": 700})
    for target in ("#scaling", "#traps-and-points", "#cells", "#downloads"):
        page.locator(f"nav a[href='{target}']").click()
        page.wait_for_selector(f"nav a[href='{target}'][aria-current=true]")
        assert page.locator("[aria-current]").count() == 1
    page.evaluate("scrollTo(0, 0)")
    page.wait_for_function("!document.querySelector('[aria-current]')")


def test_without_a_script_there_is_no_control(opened):
    page = opened("#table-of-cells?dataset=digits", java_script_enabled=False)
    assert page.locator(":is(button, select, textarea, .controls, .tooltip, [aria-sort], [aria-current])").count() == 0
    assert page.locator("#table-of-cells tbody tr").count() == 12
    assert page.locator("#drawn .point title").count() == 3
    assert page.locator("#downloads a[download]").count() == 4


def test_paper_has_no_control_and_what_was_folded_stays_so(opened):
    page = opened("#table-of-cells?sort=n")
    page.locator("#drawn .point").first.focus()
    page.emulate_media(media="print")
    assert page.locator(".controls:visible").count() == 0
    assert page.locator(".tooltip").is_hidden()
    assert page.locator("details[open]").count() == 0


@pytest.mark.parametrize("width", [360, 1440])
def test_controls_fit_the_screen_and_a_finger(opened, width):
    page = opened("#traps?sort=model", viewport={"width": width, "height": 800})
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
