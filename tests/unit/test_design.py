"""What the workflow derives from a configuration, without Snakemake: cells, order, records, plans, needs."""

import json
import re
from types import SimpleNamespace

import numpy as np
import pytest
from conftest import HOME

from payoff.cells import Cell
from payoff.study.configuration import configure
from payoff.study.design import Design
from payoff.study.paths import NAME, RUN, prepared, run_of, tables_in
from payoff.study.study import MOST_REPETITIONS, order_of_runs

STUDY = """
title: A study
description: For a test.
recipes:
  short: {scaling: unit, loss: cross_entropy, optimizer: sgd, learning_rate: 0.1, batch_size: 8, epochs: 1}
grids:
  - {datasets: [digits, birds], models: [numpy_mlp], recipe: short, hidden_sizes: [8, 16], budget_s: 20}
  - {systems: [X], datasets: [digits], models: [torch_mlp], recipe: short, hidden_sizes: [8], devices: [cpu, cuda]}
"""
FIRST = Cell("digits", "numpy_mlp", "eager", "short", "cpu", 8, 2)


@pytest.fixture
def designed(tmp_path, monkeypatch):
    """A design of the study, with more of the study and the configuration; the working directory is an empty one."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "birds.csv").touch()

    def design(more="", **values) -> Design:
        (tmp_path / "mine.yaml").write_text(STUDY + more)
        own = {"birds": {"path": "birds.csv", "label": "kind", "title": "Birds of a garden"}}
        usual = {"study": "mine.yaml", "devices": ["cpu"], "threads": 2, "repetitions": 6, "seed": 1, "datasets": own}
        return Design(configure(usual | values, "config.yaml", HOME / "workflow" / "studies"))

    return design


def test_cells_that_are_not_measured_have_a_reason_and_no_part_in_the_rest(designed):
    design = designed()
    assert [cell.device for cell, reason in design.cells.items() if reason] == ["cuda"]
    assert len(design.applicable) == 5
    assert FIRST in design.applicable
    assert (design.devices, design.probed, design.has_accelerator) == (["cpu"], "cpu", False)
    assert {cell for _, cell, _ in design.order} == set(design.applicable)
    assert [(system, cell.device) for system, cell in design.systems] == [("X", "cpu"), ("X", "cuda")]


def test_an_accelerator_is_where_the_framework_is_asked(designed):
    design = designed(devices=["cpu", "cuda"])
    assert (design.devices, design.probed, design.has_accelerator) == (["cpu", "cuda"], "cuda", True)


def test_the_user_s_own_data_sets_are_told_apart(designed):
    design = designed()
    assert (design.datasets, design.own_datasets) == (["birds", "digits"], ["birds"])
    assert design.titles == {"birds": "Birds of a garden", "digits": "Digits"}


def test_the_earlier_a_run_is_measured_the_higher_its_priority(designed):
    design = designed()
    drawn = order_of_runs(design.applicable, design.control, 6, 1)
    assert design.order == drawn
    assert design.priorities == {run_of("mine", *entry): len(drawn) - place for place, entry in enumerate(drawn)}
    assert min(design.priorities.values()) == 1


def test_a_path_s_wildcards_give_its_run_back(designed):
    """The constraints leave one way to read a name."""
    design = designed()
    pattern = re.sub(r"\{(\w+)\}", lambda field: f"(?P<{field[1]}>{design.constraints[field[1]]})", RUN)
    for entry in design.order:
        path = run_of("mine", *entry)
        found = re.fullmatch(pattern, path).groupdict()
        assert (found["series"], Cell.from_wildcards(found), int(found["repetition"])) == entry
        assert RUN.format(**found) == path
    assert set(re.findall(r"\{(\w+)\}", NAME)) <= set(design.constraints)


def test_the_records_of_a_series_are_every_repetition_of_its_cells(designed):
    design = designed()
    runs, control = design.records("runs", []), design.records("control", [])
    assert set(runs) == {run_of("mine", "runs", cell, r) for cell in design.applicable for r in range(1, 7)}
    assert set(control) == {run_of("mine", "control", design.control, r) for r in range(1, 7)}
    assert len(runs) == 30


def plan(path, block: int, runs=(), control=(), stopped=None) -> None:
    cells = {"runs": list(map(vars, runs)), "control": list(map(vars, control))}
    path.write_text(json.dumps({"block": block, "stopped": stopped} | cells))


def test_a_study_without_a_precision_has_no_further_blocks(designed):
    assert list(designed().plans(lambda block: pytest.fail("no plan is to be made"))) == []


def test_blocks_are_planned_until_one_ends_the_study_and_their_records_are_measured_too(designed, tmp_path):
    design = designed("until: 3 %\n")
    plan(tmp_path / "7.json", 7, runs=[FIRST, design.control], control=[design.control])
    plan(tmp_path / "8.json", 8, runs=[FIRST])
    plan(tmp_path / "9.json", 9, stopped="precise")
    plans = list(design.plans("{}.json".format))
    assert plans == ["7.json", "8.json", "9.json"]
    assert list(design.plans("{}.json".format, before=8)) == ["7.json"]
    assert list(design.plans("{}.json".format, before=7)) == []
    added = [run_of("mine", "runs", *entry) for entry in ((FIRST, 7), (design.control, 7), (FIRST, 8))]
    assert design.records("runs", plans)[-3:] == added
    assert design.records("runs", []) == design.records("runs", plans)[:-3]
    assert design.records("control", plans)[-1] == run_of("mine", "control", design.control, 7)
    assert set(added) <= set(design.priorities), "drawn before it was known whether they are needed"
    assert max(repetition for *_, repetition in design.order) == MOST_REPETITIONS


def test_not_even_a_study_that_never_gets_precise_goes_on_for_ever(designed, tmp_path):
    design = designed("until: 3 %\n")
    for block in range(7, MOST_REPETITIONS + 2):
        plan(tmp_path / f"{block}.json", block)
    assert len(list(design.plans("{}.json".format))) == MOST_REPETITIONS + 1 - 6


def test_a_job_for_one_run_has_its_cell_and_one_for_a_device_all_of_its_cells(designed):
    design = designed(devices=["cpu", "cuda"])
    texts = {name: str(value) for name, value in vars(FIRST).items()}
    assert design.cells_of(SimpleNamespace(**texts, repetition="3")) == [FIRST]
    assert design.cells_of(SimpleNamespace(device="cpu")) == [
        cell for cell in design.applicable if cell.device == "cpu"
    ]


def test_a_cell_of_no_grid_has_the_configuration_s_budget(designed):
    design = designed(budget_s=60)
    assert design.budget_s(FIRST) == 20
    assert design.budget_s(Cell("digits", "numpy_mlp", "eager", "short", "cpu", 9, 2)) == 60


def test_memory_is_reserved_for_the_data_as_soon_as_they_are_here(designed, tmp_path):
    design = designed()
    (path,) = prepared(["digits"])
    before = design.memory_mb(FIRST)
    (tmp_path / path).parent.mkdir(parents=True)
    np.save((tmp_path / path).open("wb"), np.zeros(3_000_000, dtype=np.uint8))
    assert design.memory_mb(FIRST) == before + 39
    assert design.gpus(FIRST) == 0


def test_paths_are_sorted_each_once_and_tables_come_with_what_they_are_of():
    assert prepared(["b", "a", "b"]) == ["results/datasets/a.npz", "results/datasets/b.npz"]
    assert tables_in(["x/tables", "y"], "runs") == [
        *("x/tables/about.json", "x/tables/runs.parquet"),
        *("y/about.json", "y/runs.parquet"),
    ]
