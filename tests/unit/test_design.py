"""What the workflow derives from a configuration, without Snakemake: cells, order, records, plans, needs."""

import json
import re
from types import SimpleNamespace

import numpy as np
import pytest
from conftest import HOME

from payoff.cells import Cell, Contest
from payoff.study.configuration import configure
from payoff.study.design import Design
from payoff.study.paths import HEAT, HEAT_NAME, heat_of, prepared, tables_in
from payoff.study.study import MOST_REPETITIONS, contest_of, order_of_heats

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
    assert {contest for contest, _ in design.order} == set(map(contest_of, design.applicable))
    assert sorted(cell for cells in design.contests.values() for cell in cells) == sorted(design.applicable)
    assert [(system, cell.device) for system, cell in design.systems] == [("X", "cpu"), ("X", "cuda")]


def test_an_accelerator_is_where_the_framework_is_asked(designed):
    design = designed(devices=["cpu", "cuda"])
    assert (design.devices, design.probed, design.has_accelerator) == (["cpu", "cuda"], "cuda", True)


def test_the_user_s_own_data_sets_are_told_apart(designed):
    design = designed()
    assert (design.datasets, design.own_datasets) == (["birds", "digits"], ["birds"])
    assert design.titles == {"birds": "Birds of a garden", "digits": "Digits"}


def test_a_heat_has_every_way_to_a_network_and_the_control_twice(designed):
    design = designed(devices=["cpu", "cuda"])
    runs = design.runs_of(contest_of(FIRST))
    assert {(cell.model, cell.device) for cell, is_control in runs if not is_control} == {
        ("numpy_mlp", "cpu"),
        ("torch_mlp", "cpu"),
        ("torch_mlp", "cuda"),
    }
    assert [cell for contest in design.contests for cell, is_control in design.runs_of(contest) if is_control] == [
        design.control
    ]
    with pytest.raises(KeyError):
        design.runs_of(contest_of(FIRST)._replace(hidden_size=9))


def test_the_earlier_a_heat_is_measured_the_higher_its_priority(designed):
    design = designed()
    drawn = order_of_heats(design.contests, 6, 1)
    assert design.order == drawn
    heats = [heat_of("mine", contest, "cpu", repetition) for contest, repetition in drawn]
    assert design.priorities == {heat: len(drawn) - place for place, heat in enumerate(heats)}
    assert min(design.priorities.values()) == 1


def test_a_path_s_wildcards_give_its_heat_back(designed):
    """The constraints leave one way to read a name."""
    design = designed()
    pattern = re.sub(r"\{(\w+)\}", lambda field: f"(?P<{field[1]}>{design.constraints[field[1]]})", HEAT)
    for contest, repetition in design.order:
        path = heat_of("mine", contest, "cpu", repetition)
        found = re.fullmatch(pattern, path).groupdict()
        assert (Contest.from_wildcards(found), int(found["repetition"])) == (contest, repetition)
        assert HEAT.format(**found) == path
    assert set(re.findall(r"\{(\w+)\}", HEAT_NAME)) <= set(design.constraints)


def test_the_heats_are_every_repetition_of_each_network(designed):
    design = designed()
    networks = [Contest(dataset, "short", "mlp", size) for dataset in ("birds", "digits") for size in (8, 16)]
    heats = design.heats([])
    assert set(heats) == {heat_of("mine", network, "cpu", r) for network in networks for r in range(1, 7)}
    assert len(heats) == 24


def test_a_heat_with_a_way_on_an_accelerator_is_measured_where_that_is(designed):
    heats = designed(devices=["cpu", "cuda"]).heats([])
    on_cuda = {heat for heat in heats if "-cuda-" in heat}
    assert on_cuda == {heat_of("mine", contest_of(FIRST), "cuda", r) for r in range(1, 7)}
    assert all("-cpu-" in heat for heat in set(heats) - on_cuda)


def plan(path, block: int, contests=(), stopped=None) -> None:
    heats = [contest._asdict() | {"repetition": block} for contest in contests]
    path.write_text(json.dumps({"block": block, "stopped": stopped, "heats": heats}))


def test_a_study_without_a_precision_has_no_further_blocks(designed):
    assert list(designed().plans(lambda block: pytest.fail("no plan is to be made"))) == []


def test_blocks_are_planned_until_one_ends_the_study_and_their_heats_are_measured_too(designed, tmp_path):
    design = designed("until: 3 %\n")
    first, control = contest_of(FIRST), contest_of(design.control)
    plan(tmp_path / "7.json", 7, [first, control])
    plan(tmp_path / "8.json", 8, [first])
    plan(tmp_path / "9.json", 9, stopped="precise")
    plans = list(design.plans("{}.json".format))
    assert plans == ["7.json", "8.json", "9.json"]
    assert list(design.plans("{}.json".format, before=8)) == ["7.json"]
    assert list(design.plans("{}.json".format, before=7)) == []
    added = [heat_of("mine", contest, "cpu", block) for contest, block in ((first, 7), (control, 7), (first, 8))]
    assert design.heats(plans)[-3:] == added
    assert design.heats([]) == design.heats(plans)[:-3]
    assert set(added) <= set(design.priorities), "drawn before it was known whether they are needed"
    assert max(repetition for _, repetition in design.order) == MOST_REPETITIONS


def test_a_hidden_size_that_is_added_has_the_ways_and_budgets_of_the_sizes_around_it(designed, tmp_path):
    design = designed("refine: 25 %\n", budget_s=60)
    first = contest_of(FIRST)
    between = first._replace(hidden_size=10)
    assert design.ways_of(first) == design.contests[first]
    assert [(cell.model, cell.hidden_size) for cell in design.contests[first]] == [("numpy_mlp", 8), ("torch_mlp", 8)]
    (cell,) = design.ways_of(between)  # torch_mlp is not measured at 16
    assert (cell.model, cell.hidden_size, design.budget_s(cell)) == ("numpy_mlp", 10, 20)
    assert design.runs_of(between) == [(cell, False)]
    for absent in (first._replace(hidden_size=7), first._replace(hidden_size=17), between._replace(dataset="mnist")):
        assert not design.has(absent)
        with pytest.raises(KeyError):
            design.ways_of(absent)
    assert not designed("until: 3 %\n").has(between)
    plan(tmp_path / "7.json", 1, [between])
    assert design.heats(["7.json"])[-1] == heat_of("mine", between, "cpu", 1)


def test_not_even_a_study_that_never_gets_precise_goes_on_for_ever(designed, tmp_path):
    design = designed("until: 3 %\n")
    for block in range(7, MOST_REPETITIONS + 2):
        plan(tmp_path / f"{block}.json", block)
    assert len(list(design.plans("{}.json".format))) == MOST_REPETITIONS + 1 - 6


def test_a_job_has_the_cells_of_its_heat_its_network_or_its_device(designed):
    design = designed(devices=["cpu", "cuda"])
    texts = {name: str(value) for name, value in vars(FIRST).items()}
    assert design.cells_of(SimpleNamespace(**texts)) == [FIRST]
    contest = {name: str(value) for name, value in contest_of(FIRST)._asdict().items()}
    heat = SimpleNamespace(**contest, device="cuda", repetition="3")
    assert len(design.cells_of(heat)) == 3
    assert design.memory_mb_of(heat) == sum(map(design.memory_mb, design.cells_of(heat)))
    assert design.memory_mb_of(SimpleNamespace(device="cpu")) < sum(map(design.memory_mb, design.applicable))
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
