"""A page of planted tables and points, opened in a real browser: for the tests of what its script adds."""

import numpy as np
import pandas as pd
import pytest
from markupsafe import Markup
from planted import cell, race, study
from planted_tables import planted_context

from payoff.files.home import HOME
from payoff.page.html.markup import table_html
from payoff.page.html.report import chapter, render

EVIL = "<script>alert('1|2')</script>"

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


@pytest.fixture(scope="session")
def planted_address(tmp_path_factory) -> str:
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


@pytest.fixture
def open_planted(browser, planted_address):
    """Open the page at a fragment; a word on its console, or a dialogue, fails the test."""
    contexts, words = [], []

    def open_(fragment="", page_at=planted_address, **options):
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


def head(page, table: str, name: str):
    return page.locator(f"#{table} th[data-column={name}]")
