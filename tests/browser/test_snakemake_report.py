"""Snakemake's own report of the tiny twin: our results are in it, under their captions, and it opens offline."""

from conftest import snakemake
from twin import TWIN


def test_it_holds_the_results_and_opens_offline(tiny, open_file, tmp_path):
    made = tmp_path / "snakemake.html"
    done = snakemake(*TWIN, "--report", str(made), project=tiny)
    assert done.returncode == 0, done.stdout
    opened = open_file(made)
    page = opened.page
    page.wait_for_load_state("networkidle")
    assert opened.requests == [made.as_uri()]
    for category in ("Report", "Tables", "Figures"):
        assert page.get_by_text(category, exact=True).first.is_visible()
    page.get_by_text("Tables", exact=True).first.click()
    for table in ("runs", "control", "samples", "steps", "cells"):
        assert page.get_by_text(table, exact=True).first.is_visible()
    words = page.content()
    assert "this machine cannot recognise a difference that is smaller" in words
    assert [word for word in opened.words if "error" in word.lower()] == []
