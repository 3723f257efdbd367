"""How much a study measures that asks for a precision, through the workflow."""

import json
import math

import pandas as pd
import pytest
from conftest import HOME, copy_project, snakemake
from pretend.install import install

from payoff.runs.records import read_records
from payoff.study.configuration import configure
from payoff.study.design import Design
from payoff.study.effort import read_plan
from payoff.study.paths import HEAT

STUDY = """
title: A study
description: For a test.
chapters: [accuracy]
until: {until}
until_s: {until_s}
recipes:
  short: {{scaling: unit, loss: cross_entropy, optimizer: sgd, learning_rate: 0.1, batch_size: 64, epochs: 5}}
grids:
  - {{datasets: [digits], models: [pretend_mlp], recipe: short, hidden_sizes: [8, 16]}}
"""


CONFIG = {
    "study": "mine.yaml",
    "devices": ["cpu"],
    "threads": 1,
    "repetitions": 6,
    "seed": 3,
    "budget_s": 60,
    "quiet_wait_s": 0,
}


def test_blocks_are_added_until_the_medians_are_precise_or_the_budget_is_spent(tmp_path, registered):
    """First what is easily reached, then what is not, which goes on from there; and nothing is done twice.

    The times are planted, so that other programs hardly decide how many blocks it takes.
    """
    install(project := copy_project(tmp_path / "project"))
    folder = tmp_path / "study"
    folder.mkdir()
    (folder / "config.yaml").write_text(json.dumps(CONFIG))
    (folder / "mine.yaml").write_text(STUDY.format(until="50 %", until_s=3600))
    call, mine = ("--directory", str(folder), "--cores", "all"), folder / "results/mine"
    done = snakemake(*call, "tables", project=project)
    assert done.returncode == 0, done.stdout

    def files(kind: str) -> dict:
        return {path: path.read_bytes() for path in (mine / kind).glob("*.json*")}

    def counted(size: int) -> int:
        return len(list((mine / "heats").glob(f"*-h{size}-*.jsonl")))

    first = max((read_plan(path) for path in files("blocks")), key=lambda planned: planned["block"])
    assert first["stopped"] == "precise"
    assert counted(8) == counted(16) == first["block"] - 1 >= 6
    assert "Nothing to be done" in snakemake(*call, "tables", project=project).stdout

    before = files("heats")
    until_s = math.ceil(first["measured_s"]) + 2
    (folder / "mine.yaml").write_text(STUDY.format(until="0.0001 %", until_s=until_s))
    done = snakemake(*call, project=project)
    assert done.returncode == 0, done.stdout
    after = files("heats")
    assert {path: after[path] for path in before} == before
    last = max((read_plan(path) for path in files("blocks")), key=lambda planned: planned["block"])
    assert last["stopped"] == "budget"
    assert counted(8) == counted(16) == last["block"] - 1 >= first["block"]
    heats = {str(path.relative_to(folder)): read_records(path) for path in after}
    records = [record for heat in heats.values() for record in heat]
    waited_s = sum(record["phases_s"]["waiting"] for record in records)
    assert waited_s > 0
    assert last["measured_s"] == pytest.approx(sum(record["process_s"] for record in records) - waited_s)
    assert last["measured_s"] > until_s

    settings = configure(CONFIG | {"study": str(folder / "mine.yaml")}, "config.yaml", HOME / "workflow/studies")
    drawn = [
        HEAT.format(study="mine", device="cpu", repetition=repetition, **contest._asdict())
        for contest, repetition in Design(settings).order
        if repetition < last["block"]
    ]
    assert sorted(heats, key=lambda path: heats[path][0]["heat"]["started_at"]) == drawn
    assert sorted(map(len, heats.values())) == [1] * (last["block"] - 1) + [2] * (last["block"] - 1)

    tables = {name: pd.read_parquet(mine / f"tables/{name}.parquet") for name in ("runs", "control", "cells")}
    assert len(tables["runs"]) == 2 * len(tables["control"]) == 2 * (last["block"] - 1)
    assert set(tables["cells"]["n"]) == {last["block"] - 1}
    page = (mine / "report.html").read_text()
    assert "asked for median epoch times to ± 0.0001 %. No cell reached that. Pretend MLP, CPU, H = " in page
    assert f"after {last['block'] - 1} runs) did not. The budget of {until_s} s was spent." in page
    assert "Nothing to be done" in snakemake(*call, project=project).stdout


def test_a_study_that_asks_for_no_precision_has_no_blocks():
    done = snakemake("--dry-run", "--directory", "tests/tiny", "--cores", "1")
    assert done.returncode == 0, done.stdout
    assert "plan_block" not in done.stdout
    done = snakemake("--dry-run", "--directory", "tests/tiny", "--cores", "1", "results/tiny/blocks/7.json")
    assert "MissingRuleException" in done.stdout
