"""The tables in the page that a reader can download."""

import base64
import io
import re

import pandas as pd
import pytest
from conftest import HOME
from markupsafe import Markup
from planted import cell, race, study
from planted_tables import planted_context, planted_large

from payoff.page.html import embedded
from payoff.page.html.report import chapter, render


def decoded(href: str) -> io.BytesIO:
    return io.BytesIO(base64.b64decode(href.partition(",")[2], validate=True))


def test_the_bytes_in_the_page_are_the_tables():
    runs, samples, cells = study(race(lambda h: 0.001 * h, lambda h: 0.002 * h))
    cells["dataset"] = '=1+1, "quoted"'
    tables = {"cells": cells, "runs": runs, "samples": samples}
    *parquet, as_csv = embedded.downloads(tables, "planted")
    assert [download.file for download in parquet] == [f"planted-{name}.parquet" for name in tables]
    for download, table in zip(parquet, tables.values(), strict=True):
        pd.testing.assert_frame_equal(pd.read_parquet(decoded(download.href)), table)
        assert download.rows == f"{len(table):,}"
    as_read = pd.read_csv(decoded(as_csv.href))
    # CSV tells nothing from an empty text
    read, planted = (frame.replace("", None).dropna(axis="columns", how="all") for frame in (as_read, cells))
    pd.testing.assert_frame_equal(read, planted, check_dtype=False)


def test_what_is_too_large_for_the_page_is_named_with_its_place():
    runs, samples, cells = study({cell("numpy_mlp", 10): 0.1})
    tables = {"cells": cells, "runs": runs, "samples": samples}
    whole = embedded.downloads(tables, "planted")
    room = len(whole[0].href) + len(whole[2].href)
    found = embedded.fitting(whole, room)
    assert [download.href is not None for download in found] == [True, False, True, False]
    assert found[1].kept == "results/planted/tables/runs.parquet"


@pytest.mark.slow
@pytest.mark.parametrize(("rest", "held"), [(10_000, ["cells", "runs"]), (3_500_000, ["cells"])])
def test_a_study_of_ten_thousand_runs_has_a_page_of_less_than_five_megabytes(tmp_path, rest, held):
    """Whatever else is in the page; what is not in it is named with its place."""
    long = [chapter("long", Markup("<p>" + "x" * rest + "</p>"))]
    values = planted_context(tmp_path, *study({cell("numpy_mlp", 10): 0.1}), chapters=long)
    page = render(HOME / "report", values | {"tables": planted_large()})
    assert len(page.encode()) <= 5_000_000
    section = page[page.index('<section id="downloads">') :].partition("</section>")[0]
    files = [f"planted-{name}.parquet" for name in held]
    assert re.findall('download="(.*?)"', section) == [*files, "planted-cells.csv"]
    left_out = {"runs", "samples"} - set(held)
    assert section.count("too large for the page") == len(left_out)
    for name in left_out:
        assert (
            f"planted-{name}.parquet: too large for the page; the project has it in results/planted/tables/{name}"
            in section
        )
