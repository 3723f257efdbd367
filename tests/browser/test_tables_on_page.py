"""The tables of the page, and what its script adds: in a real browser, on a page rendered from planted tables."""

import csv
import io
import re

import pytest
from conftest import HOME
from planted import cell, study
from planted_page import EVIL, head
from planted_tables import planted_context

from payoff.page.html.identity import titled
from payoff.page.html.markup import ROWS, table_html
from payoff.page.html.report import render

MANY = ROWS + 10  # cells of each model
SCRIPTS = [(HOME / f"report/{name}.js").read_text().strip() for name in ("report", "tables", "points", "calculator")]


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


def column_of(page, table: str, place: int) -> list[str]:
    """The visible cells of a column, from the top."""
    return page.locator(f"#{table} tbody tr td:nth-child({place + 1})").all_text_contents()


def bar(page, table: str):
    """The controls of a table."""
    return page.locator(f".controls:has(+ .scroll #{table})")


def test_numbers_sort_by_their_value_and_what_is_missing_comes_last(open_planted):
    page = open_planted("#traps?sort=hidden_size")
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


def test_texts_sort_as_a_reader_expects(open_planted):
    page = open_planted("#traps?sort=model")
    texts = column_of(page, "traps", 0)
    assert [text for text in texts if text[0] in "abc"] == ["a", "a", "b9", "b10", "c"]


def test_an_interval_sorts_by_its_median(open_planted):
    page = open_planted("#table-of-cells?sort=-epoch_time_s")
    place = [th.get_attribute("data-column") for th in page.locator("#table-of-cells th").all()].index("epoch_time_s")
    shown = column_of(page, "table-of-cells", place)
    medians = [float(text.split()[0].replace(",", "")) for text in shown]
    assert len(set(medians)) > 5
    assert medians == sorted(medians, reverse=True)
    assert max(medians) >= 100 > 10 > min(medians), "as text, 2 would stand above 100"


def test_a_filter_leaves_what_was_chosen_and_counts_it(open_planted):
    page = open_planted()
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


def test_a_view_can_be_sent(open_planted):
    page = open_planted()
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
    for again in (page, open_planted(fragment)):
        assert again.locator("#table-of-cells tbody tr").all_inner_texts() == shown
        assert bar(again, "table-of-cells").get_by_label("Data set").input_value() == EVIL
        assert head(again, "table-of-cells", "epoch_time_s").get_attribute("aria-sort") == "descending"


def test_views_of_two_tables_go_into_one_address_and_the_last_one_leads(open_planted):
    page = open_planted("#table-of-cells?sort=-n;traps?sort=hidden_size")
    head(page, "traps", "train_s").locator("button").evaluate("button => button.click()")
    assert page.evaluate("location.hash") == "#traps?sort=train_s;table-of-cells?sort=-n"
    again = open_planted("#traps?sort=train_s;table-of-cells?sort=-n")
    assert head(again, "table-of-cells", "n").get_attribute("aria-sort") == "descending"
    assert 0 <= bar(again, "traps").bounding_box()["y"] < 100
    assert again.locator("details:has(#traps)").get_attribute("open") is not None


def test_back_and_forward_and_plain_anchors(open_planted):
    page = open_planted("#table-of-cells?dataset=digits")
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
def test_what_an_address_asks_in_vain_is_ignored(open_planted, fragment):
    page = open_planted(fragment)
    assert bar(page, "table-of-cells").get_by_text("12 of 12 rows").is_visible()
    assert page.locator("[aria-sort]").count() == 0


@pytest.mark.parametrize("way", ["clipboard", "fallback", "neither"])
def test_what_is_seen_is_what_is_copied(open_planted, way):
    page = open_planted("#traps?sort=-hidden_size", permissions=["clipboard-read", "clipboard-write"])
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


def test_of_a_long_table_every_row_can_be_chosen_sorted_and_copied(open_planted, long_address):
    page = open_planted("#table-of-cells", long_address, permissions=["clipboard-read", "clipboard-write"])
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
    plain = open_planted("", long_address, java_script_enabled=False)
    assert (
        plain.locator("#cells")
        .get_by_text(f"The first {ROWS} of {2 * MANY} rows; all are in the tables of the study.")
        .is_visible()
    )


def copied(page, table: str, name: str) -> str:
    bar(page, table).get_by_role("button", name=f"Copy {name}").click()
    bar(page, table).get_by_text("Copied").wait_for()
    return page.evaluate("navigator.clipboard.readText()")


def test_a_copy_is_sound_csv_and_no_formula(open_planted):
    page = open_planted("#traps?sort=hidden_size", permissions=["clipboard-read", "clipboard-write"])
    rows = list(csv.reader(io.StringIO(copied(page, "traps", "CSV"))))
    assert rows[0] == ["Model", "H", "Training (s)", "p"]
    assert rows[1] == ["'=1+1", "2", "-0.500", "0.050"], "a number below zero is no formula"
    assert [row[1] for row in rows[1:]] == column_of(page, "traps", 1)


def test_a_name_that_wants_to_be_code_stays_a_name(open_planted):
    page = open_planted(permissions=["clipboard-read", "clipboard-write"])
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
