"""Names that a user chooses are text wherever the report shows them, whatever they would be in HTML or Markdown."""

import json
from pathlib import Path
from xml.etree import ElementTree

import mistune
import numpy as np
import pandas as pd
import pytest
from conftest import snakemake

TITLE = "<script>alert(1)</script> & *stars*, `ticks`, | [a link](https://example.org) </title>"
DESCRIPTION = "<img src=x onerror=alert(2)> \"quoted\" 'twice' &amp; $a_b_c$"
DATASET = "Waves <script>alert(3)</script> & </text></svg> $x^2$"
STUDY = f"""
title: {json.dumps(TITLE)}
description: {json.dumps(DESCRIPTION)}
chapters: [scaling, accuracy]
recipes:
  short: {{scaling: unit, loss: cross_entropy, optimizer: sgd, learning_rate: 0.5, batch_size: 8, epochs: 2}}
grids:
  - {{datasets: [waves], models: [numpy_mlp], recipe: short, hidden_sizes: [8]}}
"""


@pytest.fixture(scope="module")
def results(tmp_path_factory) -> Path:
    """What the whole workflow leaves of a study whose names try everything."""
    folder = tmp_path_factory.mktemp("names")
    kinds = np.array(["<b>slow</b>", "fast"])[np.arange(40) % 2]
    signals = np.random.default_rng(0).normal(size=(40, 3))
    pd.DataFrame(signals, columns=["<i>", "b", "c"]).assign(kind=kinds).to_csv(folder / "waves.csv", index=False)
    entry = {"path": "waves.csv", "label": "kind", "title": DATASET}
    config = {"study": "mine.yaml", "devices": ["cpu"], "repetitions": 1, "threads": 1, "quiet_wait_s": 0}
    (folder / "config.yaml").write_text(json.dumps(config | {"datasets": {"waves": entry}}))
    (folder / "mine.yaml").write_text(STUDY)
    done = snakemake("--directory", str(folder), "--cores", "all")
    assert done.returncode == 0, done.stdout
    return folder / "results/mine"


def test_in_the_page(results, open_file):
    opened = open_file(results / "report.html")
    page = opened.page
    page.wait_for_load_state("networkidle")
    assert (opened.words, len(opened.requests)) == ([], 1)
    assert page.locator("header .title").inner_text() == TITLE
    assert TITLE in page.title()
    assert f"All rows: {DATASET}, short, on cpu" in page.locator("#cells > p").first.inner_text()
    assert page.locator("img[src=x], b, main script").count() == 0
    assert DATASET in page.locator("figure svg text").all_text_contents()


def test_in_the_files_of_figures(results, open_file):
    files = sorted((results / "figures").rglob("*.svg"))
    assert len(files) > 3
    for file in files:
        ElementTree.parse(file)
        opened = open_file(file)
        assert (opened.words, opened.page.locator("script").count()) == ([], 0)
        shown = " ".join(opened.page.locator("text").all_text_contents())
        assert set(DATASET.split()) <= set(shown.replace(",", " ").split()), file.name  # a long title has two lines


def test_in_markdown(results, open_file, tmp_path):
    """Rendered as GitHub does, raw HTML included, it shows the names as they are."""
    render = mistune.create_markdown(escape=False, plugins=["table"])
    (tmp_path / "report.html").write_text(render((results / "report.md").read_text(encoding="utf-8")), encoding="utf-8")
    opened = open_file(tmp_path / "report.html")
    page = opened.page
    assert (opened.words, len(opened.requests)) == ([], 1)
    assert TITLE in page.locator("h1 + p").inner_text()
    assert any(f"All rows: {DATASET}, short, on cpu" in words for words in page.locator("p").all_inner_texts())
    assert page.locator("script, img[src=x], b, em, a[href*=example]").count() == 0
