"""Two real small studies beside each other, through the whole workflow."""

import json
import re
import shutil
from pathlib import Path

import pandas as pd
import pytest
from conftest import snakemake
from twin import RESULTS, TWIN, planned_rules, with_one_chapter


@pytest.fixture(scope="module")
def two(tiny, tmp_path_factory) -> Path:
    """A copy of the tiny twin after its run, and beside it `other`: the same results with another title and machine."""
    project = tmp_path_factory.mktemp("two") / "project"
    shutil.copytree(tiny, project, symlinks=True)
    with_one_chapter(project)
    shutil.copytree(project / RESULTS, project / "other")
    path = project / "other/tables/about.json"
    document = json.loads(path.read_text())
    document["title"] = "Another | *machine*"
    document["machines"][0] |= {"key": "0" * 12}
    path.write_text(json.dumps(document))
    runs = pd.read_parquet(project / "other/tables/runs.parquet")
    runs.assign(machine_key="0" * 12).to_parquet(project / "other/tables/runs.parquet")
    return project


def test_the_tiny_twin_beside_itself_is_refused_before_anything_runs(two):
    for folder in ("results/tiny", "../../tests/tiny/results/tiny"):
        done = snakemake(*TWIN, "--config", f"compare=['{folder}']", project=two)
        assert done.returncode != 0
        assert f"config.yaml: compare.0: found '{folder}' (a text); allowed: a study other than this one" in done.stdout
        assert "Job stats" not in done.stdout


def test_the_tiny_twin_beside_another_study(two):
    results = two / RESULTS
    alone = pd.read_csv(results / "cells.csv")
    done = snakemake(*TWIN, "--config", "compare=['../../other']", project=two)
    assert done.returncode == 0, done.stdout
    ran = planned_rules(done.stdout)
    assert ran == {"compare_ways", "run_notebooks", "render_report"}, "nothing is measured again"
    both = pd.read_csv(results / "cells.csv")
    assert both.groupby("site").size().to_dict() == {"this study": len(alone), "Another | *machine*": len(alone)}
    page, short = (results / "report.html").read_text(), (results / "report.md").read_text()
    assert "MLP in numpy, CPU, Another | *machine*" in page
    assert "Another \\| \\*machine\\*" in short
    assert "Another | *machine*" not in short
    assert "\n\nA tiny study of &lt;digits&gt; &amp; friends. " in short
    command = "snakemake --directory tests/tiny --cores all --config"
    assert command in page
    assert command in short.replace("\\", "")
    (durations,) = re.findall(r'<table id="durations".*?</table>', page, flags=re.DOTALL)
    text = " ".join(re.sub(r"<[^>]+>", " ", durations).split())
    assert " run_heat 6 " in text
    assert " run_notebooks 7 " in text
    assert "render_report" not in text
    chapter = (results / "notebooks/scaling.html").read_text()
    assert '<pre class="code"' in chapter
    assert "Nothing to be done" in snakemake(*TWIN, "--config", "compare=['../../other']", project=two).stdout


def test_a_study_of_an_earlier_version_is_compared_without_turns(two):
    """Its tables have none. Its own ways are compared by their runs, those here still by their turns."""
    older = two / "older"
    shutil.copytree(two / "other", older)
    (older / "tables/turns.parquet").unlink()
    target = ("results/tiny/answer/answer.json", "--config", "compare=['../../older']")
    done = snakemake(*TWIN, *target, project=two)
    assert done.returncode == 0, done.stdout
    ratios = pd.read_parquet(two / RESULTS / "answer/ratios.parquet")
    within = ratios[ratios["first_site"] == ratios["second_site"]]
    in_turns = within.groupby("first_site")["in_turns"].agg(["all", "any", "size"])
    assert in_turns["any"].to_dict() == in_turns["all"].to_dict() == {"": True, "Another | *machine*": False}
    assert len(set(in_turns["size"])) == 1
    assert "Nothing to be done" in snakemake(*TWIN, *target, project=two).stdout
