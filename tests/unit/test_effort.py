"""How much a study measures that asks for a precision: the decision on planted tables, and the workflow for real."""

import json
import math
import re
from dataclasses import asdict

import numpy as np
import pandas as pd
import pytest
from conftest import HOME, copy_project, snakemake
from planted import MACHINE, cell, partial_record, record, study

from payoff.files.contracts import ContractError
from payoff.page.words.precision import precision
from payoff.runs.records import read_record
from payoff.statistics.estimates import Estimate, median_interval
from payoff.study.configuration import configure
from payoff.study.effort import distance, plan_block, read_plan, write_plan
from payoff.study.study import FEWEST_REPETITIONS, MOST_REPETITIONS, order_of_runs
from payoff.tables.cells import cells_table
from payoff.tables.runs import runs_table

STEADY, NOISY, BROKEN = cell("numpy_mlp", 10), cell("numpy_mlp", 20), cell("torch_mlp", 10)

# Of six values the interval is their range: 1 % and 10 % around the median.
STEADY_S = (0.99, 0.995, 1.0, 1.0, 1.005, 1.01)
NOISY_S = (1.8, 1.9, 2.0, 2.0, 2.1, 2.2)


def records_of(steady=STEADY_S, noisy=NOISY_S) -> list[dict]:
    return [record(STEADY, r, s) for r, s in enumerate(steady, 1)] + [
        record(NOISY, r, s) for r, s in enumerate(noisy, 1)
    ]


def plan(records, block=7, control=STEADY, until=0.03, until_s=3600, measured_s=60.0) -> dict:
    return plan_block(block, runs_table(records), control=control, until=until, until_s=until_s, measured_s=measured_s)


def test_fewer_runs_than_the_fewest_have_no_interval():
    assert median_interval(range(FEWEST_REPETITIONS)).has_interval
    assert not median_interval(range(FEWEST_REPETITIONS - 1)).has_interval


def test_the_distance_is_that_of_the_farther_end():
    assert distance(Estimate(2.0, 1.9, 2.2, 6)) == pytest.approx(0.1)
    assert distance(Estimate(2.0, 1.7, 2.2, 6)) == pytest.approx(0.15)
    assert math.isnan(distance(median_interval([1.0, 2.0])))


def test_a_block_holds_the_cells_that_are_not_yet_known_so_well():
    planned = plan(records_of())
    assert planned["stopped"] is None
    assert planned["runs"] == [asdict(NOISY)]
    assert planned["control"] == []  # its own cell is not measured any more
    reached = {entry["cell"]["hidden_size"]: (entry["n"], entry["distance"]) for entry in planned["cells"]}
    assert reached == {10: (6, pytest.approx(0.01)), 20: (6, pytest.approx(0.1))}
    assert plan(records_of(), control=NOISY)["control"] == [asdict(NOISY)]
    assert plan(records_of(), until=0.005)["runs"] == [asdict(STEADY), asdict(NOISY)]


def test_what_another_machine_measured_makes_no_median_better_known():
    another = MACHINE | {"key": "1" * 12}
    elsewhere = [record(NOISY, 6 + r, 2.0) | {"machine": another} for r in range(1, 6)]
    assert plan(records_of() + elsewhere)["cells"] == plan(records_of())["cells"]


@pytest.mark.parametrize(
    ("stopped", "asked"),
    [
        ("precise", {"until": 0.11}),
        ("precise", {"until": 0.11, "measured_s": 3600.0, "block": MOST_REPETITIONS + 1}),
        ("budget", {"measured_s": 3600.0}),
        ("budget", {"until_s": 60, "block": MOST_REPETITIONS + 1}),
        ("repetitions", {"block": MOST_REPETITIONS + 1}),
        (None, {"block": MOST_REPETITIONS, "measured_s": 3599.9}),
    ],
)
def test_it_ends_when_all_is_reached_or_the_budget_is_spent_or_the_cell_has_the_most_runs(stopped, asked):
    planned = plan(records_of(), control=NOISY, **asked)
    assert planned["stopped"] == stopped
    assert bool(planned["runs"]) == bool(planned["control"]) == (stopped is None)


def test_a_cell_without_a_time_is_left_alone_and_one_with_a_few_is_not():
    broken = [record(BROKEN, r, 1.0, failure="out_of_memory") for r in range(1, 7)]
    planned = plan([*records_of(noisy=STEADY_S), *broken])
    assert planned["stopped"] == "precise"
    assert {"cell": asdict(BROKEN), "n": 0, "distance": None} in planned["cells"]
    mended = [record(BROKEN, 6, 1.0), *broken[:5]]  # one time is no interval
    assert plan([*records_of(noisy=STEADY_S), *mended])["runs"] == [asdict(BROKEN)]


def test_runs_that_were_stopped_for_their_budget_count_with_their_rate():
    stopped = [partial_record(BROKEN, r, step_time_s, steps=15) for r, step_time_s in enumerate(STEADY_S, 1)]
    assert plan(stopped, control=BROKEN)["stopped"] == "precise"
    assert plan(stopped, control=BROKEN, until=0.005)["runs"] == [asdict(BROKEN)]


@pytest.mark.parametrize("noise", [0.5, 1, 2])
def test_intervals_that_were_waited_for_still_cover_the_median(noise):
    """Looking after each run costs some of the 95 %, but little; noise: of the precision asked for."""
    draw = np.random.default_rng(1)
    ranks = {n: [int(end) for end in (e.low, e.high)] for n in range(6, 101) for e in (median_interval(range(n)),)}
    covered = []
    for sample in 1 + 0.03 * noise * draw.standard_normal((500, MOST_REPETITIONS)):
        for n, (low, high) in ranks.items():
            ordered = np.sort(sample[:n])
            estimate = Estimate(np.median(ordered), ordered[low], ordered[high], n)
            if distance(estimate) <= 0.03:
                break
        covered.append(estimate.low <= 1 <= estimate.high)
    assert 0.9 < np.mean(covered) < 1


def test_a_plan_is_read_as_it_was_written_and_refused_if_it_is_none(tmp_path):
    path = tmp_path / "7.json"
    write_plan(planned := plan(records_of()), path)
    assert read_plan(path) == planned
    with pytest.raises(ContractError, match="stopped: found 'tired'"):
        write_plan(planned | {"stopped": "tired"}, path)
    path.write_text("{")
    with pytest.raises(ContractError, match=r"7\.json: not a plan"):
        read_plan(path)


def test_what_was_reached_is_said():
    _, _, cells = study({STEADY: 1.0, NOISY: 1.0}, not_applicable={cell("numpy_mlp", 10, "cuda"): "the CPU only"})
    said = "Asked for median epoch times to ± 3 %: reached by every cell after 6 runs."
    assert precision(cells, 0.03, 3600, "precise") == said
    more = [*records_of(noisy=(*NOISY_S, 2.0)), *(record(BROKEN, r, 1.0, failure="crashed") for r in range(1, 7))]
    cells = cells_table(runs_table(more), dict.fromkeys((STEADY, NOISY, BROKEN)))
    text = precision(cells, 0.03, 3600, "budget")
    assert "to ± 3 %: reached by 1 of 3 cells after 6 runs; not by MLP in torch, CPU, H = 10 on digits" in text
    assert "(no run has a time) and MLP in numpy, CPU, H = 20 on digits (± 10 % after 7)" in text
    assert text.endswith("; the budget of 3,600 s was spent.")
    assert "reached by 2 of 3 cells after 6 to 7 runs; not by" in precision(cells, 0.11, 3600, "precise")


def test_many_that_were_missed_are_counted_and_the_farthest_named():
    cells = cells_table(
        runs_table([record(cell("numpy_mlp", h), r, 1 + h * r / 1000) for h in range(1, 12) for r in range(1, 7)]),
        {cell("numpy_mlp", h): None for h in range(1, 12)},
    )
    text = precision(cells, 0.0001, 60, "repetitions")
    assert "reached by no cell; not by 11, the farthest of them MLP in numpy, CPU, H = 11 on digits (±" in text
    assert re.findall(r"H = (\d+)", text) == ["11", "10", "9"]
    assert text.endswith("; a cell gets no more runs than that.")


# The whole workflow, for real.

STUDY = """
title: A study
description: For a test.
chapters: [accuracy]
until: {until}
until_s: {until_s}
recipes:
  short: {{scaling: unit, loss: cross_entropy, optimizer: sgd, learning_rate: 0.1, batch_size: 64, epochs: 5}}
grids:
  - {{datasets: [digits], models: [numpy_mlp], recipe: short, hidden_sizes: [8, 16]}}
"""
CONFIG = {
    "study": "mine.yaml",
    "devices": ["cpu"],
    "threads": 1,
    "repetitions": 9,  # the least of which one disturbed run is no end of the interval
    "seed": 3,
    "budget_s": 60,
    "quiet_wait_s": 0,
}


def test_blocks_are_added_until_the_medians_are_known_so_well_or_the_budget_is_spent(tmp_path):
    """First what is easily reached, then what is not, which goes on from there; and nothing is done twice."""
    project = copy_project(tmp_path / "project")
    for folder in (tmp_path / f"attempt{number}" for number in (1, 2, 3)):  # two slow runs of nine miss even 50 %
        folder.mkdir()
        (folder / "config.yaml").write_text(json.dumps(CONFIG))
        (folder / "mine.yaml").write_text(STUDY.format(until="50 %", until_s=3600))
        call, mine = ("--directory", str(folder), "--cores", "all"), folder / "results/mine"
        done = snakemake(*call, "tables", project=project)
        assert done.returncode == 0, done.stdout
        if len(list((mine / "blocks").glob("*.json"))) == 1:
            break

    def files(series: str) -> dict:
        return {path: path.read_bytes() for path in (mine / series).glob("*.json")}

    def counted(size: int) -> int:
        return len(list((mine / "runs").glob(f"*-h{size}-*.json")))

    (first,) = (read_plan(path) for path in files("blocks"))
    assert (first["block"], first["stopped"], counted(8), counted(16)) == (10, "precise", 9, 9)
    assert "Nothing to be done" in snakemake(*call, "tables", project=project).stdout

    before = files("runs") | files("control")
    until_s = math.ceil(first["measured_s"]) + 2
    (folder / "mine.yaml").write_text(STUDY.format(until="0.0001 %", until_s=until_s))
    done = snakemake(*call, project=project)
    assert done.returncode == 0, done.stdout
    after = files("runs") | files("control")
    assert {path: after[path] for path in before} == before
    last = max((read_plan(path) for path in files("blocks")), key=lambda planned: planned["block"])
    assert last["stopped"] == "budget"
    assert counted(8) == counted(16) == len(files("control")) == last["block"] - 1 > 9
    records = {path: read_record(path) for path in after}
    assert last["measured_s"] == pytest.approx(sum(record["process_s"] for record in records.values()))
    assert last["measured_s"] > until_s

    settings = configure(CONFIG | {"study": str(folder / "mine.yaml")}, "config.yaml", HOME / "workflow/studies")
    cells, control = (find(["cpu"], 1) for find in (settings.study.cells, settings.study.control_cell))
    drawn = order_of_runs(cells, control, last["block"] - 1, settings.seed)
    measured = sorted(records, key=lambda path: records[path]["started_at"])
    assert [(path.parent.name, records[path]["cell"], records[path]["repetition"]) for path in measured] == [
        (series, vars(one), repetition) for series, one, repetition in drawn
    ]

    tables = {name: pd.read_parquet(mine / f"tables/{name}.parquet") for name in ("runs", "control", "cells")}
    assert len(tables["runs"]) == 2 * len(tables["control"]) == 2 * (last["block"] - 1)
    assert set(tables["cells"]["n"]) == {last["block"] - 1}
    page = (mine / "report.html").read_text()
    assert "Asked for median epoch times to ± 0.0001 %: reached by no cell; not by MLP in numpy, CPU, H = " in page
    assert f"after {last['block'] - 1}); the budget of {until_s} s was spent." in page
    assert "Nothing to be done" in snakemake(*call, project=project).stdout


def test_a_study_that_asks_for_no_precision_has_no_blocks():
    done = snakemake("--dry-run", "--directory", "tests/tiny", "--cores", "1")
    assert done.returncode == 0, done.stdout
    assert "plan_block" not in done.stdout
    done = snakemake("--dry-run", "--directory", "tests/tiny", "--cores", "1", "results/tiny/blocks/7.json")
    assert "MissingRuleException" in done.stdout
