"""The cells for a spreadsheet, the report in Markdown, and the provenance and the chapters of the page."""

import re

import mistune
import nbformat
import numpy as np
import pandas as pd
import pytest
from conftest import HOME
from planted import cell, race
from planted_tables import plant

from payoff.answer.compute import compare_ways
from payoff.beside.reading import read_table
from payoff.cells import LABELS
from payoff.page.html.chapters import chapter_html
from payoff.page.html.markdown import escape_markdown, table_markdown
from payoff.page.html.provenance import durations_table, private, without_secrets
from payoff.page.html.report import context, render, render_markdown
from payoff.page.html.spreadsheet import cells_csv


def test_the_cells_for_a_spreadsheet_hold_no_formula_and_every_number(tmp_path):
    cells = read_table([plant(tmp_path, race(lambda h: 0.1, lambda h: 0.2), title="x")], "cells")
    cells["recipe"] = ["=HYPERLINK()", "+1", "-1", "@x", "a=b", "plain"]
    (tmp_path / "cells.csv").write_text(cells_csv(cells))
    read = pd.read_csv(tmp_path / "cells.csv")
    assert read["recipe"].tolist() == ["'=HYPERLINK()", "'+1", "'-1", "'@x", "a=b", "plain"]
    assert list(read.columns[:4]) == ["site", "dataset", "recipe", "model"]
    assert set(read.columns) == set(cells.columns) - set(LABELS)
    assert (read["site"] == "this study").all()
    np.testing.assert_allclose(read["epoch_time_s_median"], cells["epoch_time_s_median"])


NASTY = [
    "<script>alert(1)</script>",
    "a | b ~~c~~ *d* _e_ **f** `g`",
    "[a](https://b) ![c](d) [e]: f",
    "# heading",
    "- item",
    "1. item",
    "> quote",
    "&amp; &lt; \\* \\",
    "two\n\nparagraphs\n---",
    "- [ ] task",
]


@pytest.mark.parametrize("text", NASTY)
def test_whatever_a_name_holds_is_shown_as_it_is(text):
    """A reader of Markdown that lets HTML through gives the text back, and no element but its place."""
    show = mistune.create_markdown(escape=False, plugins=["table", "strikethrough", "task_lists"])
    shown = " ".join(text.split())
    assert show(f"{escape_markdown(text)}\n").strip() == f"<p>{mistune.escape(shown, quote=False)}</p>"
    table = show(table_markdown(pd.DataFrame({"recipe": [text]}), ["recipe"]) + "\n")
    assert f"<td>{mistune.escape(shown, quote=False)}</td>" in table


def test_a_command_line_is_told_without_what_is_private(monkeypatch):
    monkeypatch.setenv("HOME", "/home/somebody")
    told = without_secrets(
        "snakemake --config data_root=/home/somebody/data 'mirrors={mnist: [https://me:pw@x.org/]}' "
        "--storage-s3-secret-key hunter2 --token=abc --cores 2"
    )
    assert told == (
        "snakemake --config data_root=~/data 'mirrors={mnist: [https://…@x.org/]}' "
        "--storage-s3-secret-key … --token=… --cores 2"
    )
    assert private("/home/somebody-else/x") == "/home/somebody-else/x"


def test_durations_are_summed_rule_by_rule():
    table = durations_table([("a", 1.0), ("b", 5.0), ("a", 2.0)])
    assert table.to_dict("list") == {"rule": ["b", "a"], "jobs": [1, 2], "total_s": [5, 3], "longest_s": [5, 2]}


def test_a_chapter_has_its_code_marked_and_nothing_that_could_be_there_twice():
    code = nbformat.v4.new_code_cell
    cells = [
        code("tables = []", metadata={"tags": ["parameters"]}),
        code("tables = ['x']", metadata={"tags": ["injected-parameters"]}),
        nbformat.v4.new_markdown_cell("## Title"),
        code("if 1 < 2:\n    print('</pre>')"),
        code("  "),
    ]
    cells[3]["outputs"] = [
        nbformat.v4.new_output("display_data", {"text/html": "<p>shown</p>", "text/plain": "<HTML>"}),
        nbformat.v4.new_output("display_data", {"text/markdown": "*told*"}),
        nbformat.v4.new_output("stream", name="stdout", text="1 < 2\n"),
    ]
    body = chapter_html(nbformat.v4.new_notebook(cells=cells), HOME / "report")
    assert re.findall(r'<pre class="code".*?</pre>', body, flags=re.DOTALL) == [
        '<pre class="code" tabindex="0">if 1 &lt; 2:\n    print(&#39;&lt;/pre&gt;&#39;)</pre>'
    ]
    shown = ["<h2>Title</h2>", "<p>shown</p>", "<p><em>told</em></p>", "<pre>1 &lt; 2\n</pre>"]
    assert [body.count(html) for html in shown] == [1, 1, 1, 1]
    assert "tables" not in body
    assert not re.search(r"<script|<style|\bid=|In\b", body)


@pytest.mark.parametrize("durations", [None, durations_table([("run_heat", 2.0)])])
def test_the_page_says_how_long_it_took_or_that_nothing_is_known(tmp_path, durations):
    tables = [plant(tmp_path, {cell("numpy_mlp", 10): 0.2})]
    values = context(
        tables,
        compare_ways(tables),
        description="For a test.",
        chapters=[],
        provenance={"Commit": "x"},
        durations=durations,
    )
    page = render(HOME / "report", values)
    assert ("do not say how long they took" in page) == (durations is None)
    assert ("run_heat" in page) == (durations is not None)
    assert "## Provenance\n\n- Commit: x" in render_markdown(HOME / "report", values)
