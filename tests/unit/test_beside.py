"""Studies beside each other: planted tables on disk."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
from planted import MACHINE, answer_from, cell, race, record
from planted_tables import GPU, SHORT, machine, plant, plant_records

from payoff.answer.compute import compare_ways
from payoff.beside.about import SCHEMA_VERSION, check_compared, read_about
from payoff.beside.naming import names_beside
from payoff.beside.reading import (
    chosen_beside,
    dataset_titles,
    other_machines,
    read_table,
    recipes_beside,
    sites_beside,
)
from payoff.cells import HERE
from payoff.comparisons.compute import comparisons, withheld
from payoff.comparisons.control import control
from payoff.comparisons.disturbance import labels, relative_to_cell
from payoff.comparisons.ways import label, way_of
from payoff.files.contracts import ContractError
from payoff.page.figures.hidden_size import over_hidden_size
from payoff.page.html.inventory import completeness_grid, machine_lines, tally
from payoff.page.words.answer import machines
from payoff.tables.ledger import ledger_table

NUMPY = {cell("numpy_mlp", 10): 0.2}


def sites(tables: list[str]) -> list[str]:
    return list(dict.fromkeys(read_table(tables, "cells")["site"]))


def test_the_tables_alone_are_this_study_with_its_data_set_s_title(tmp_path):
    tables = [plant(tmp_path, race(lambda h: 0.1, lambda h: 0.2))]
    cells = read_table(tables, "cells")
    assert (cells["site"] == "").all()
    assert set(cells["dataset"]) == {"Digits (UCI)"}
    assert dataset_titles(tables) == {"digits": "Digits (UCI)"}
    assert list(recipes_beside(tables)) == ["short"]
    assert sites_beside(tables) == {}
    assert all(comparison.first.site == HERE for comparison in comparisons(cells, read_table(tables, "runs")))


@pytest.mark.parametrize(
    ("other", "site"),
    [
        ({"title": "Another study"}, "Another study"),
        ({"machine": machine("1", gpus=GPU)}, "NVIDIA H200"),
        ({"machine": machine("1", cpu="AMD EPYC(TM) 9654 96-Core Processor @ 2.4GHz")}, "AMD EPYC 9654"),
        ({"day": "2026-03-04"}, "2026-03-04"),
        ({"machine": machine("1")}, "there"),  # the same hardware, with other packages
    ],
)
def test_a_study_is_named_after_what_tells_it_apart(tmp_path, monkeypatch, other, site):
    monkeypatch.chdir(tmp_path)
    tables = [plant(Path("here"), NUMPY), plant(Path("there"), NUMPY, **other)]
    assert sites(tables) == ["", site]
    assert list(sites_beside(tables)) == [site]
    assert label(way_of(read_table(tables, "cells").iloc[-1])) == f"MLP in numpy, CPU, {site}"


def test_a_table_is_read_again_once_its_file_has_changed(tmp_path):
    tables = [plant(tmp_path / "here", NUMPY)]
    cells = read_table(tables, "cells")
    cells["recipe"] = "changed by a reader"
    assert set(read_table(tables, "cells")["recipe"]) == {"short"}
    plant(tmp_path / "here", NUMPY | {cell("torch_mlp", 10): 0.1})
    assert len(read_table(tables, "cells")) == len(cells) + 1
    assert set(read_table(tables, "runs")["model"]) == {"numpy_mlp", "torch_mlp"}


def test_three_studies_have_three_names(tmp_path):
    tables = [
        plant(tmp_path / "a", NUMPY),
        plant(tmp_path / "b", NUMPY, machine=machine("1", cpu="A"), day="2026-02-01"),
        plant(tmp_path / "c", NUMPY, machine=machine("2", cpu="A"), day="2026-03-01"),
    ]
    assert sites(tables) == ["", "2026-02-01", "2026-03-01"]


def test_no_row_is_lost_or_mixed(tmp_path):
    """The same cells in two studies, of which one took three times as long."""
    here, there = race(lambda h: 0.1, lambda h: 0.2), race(lambda h: 0.3, lambda h: 0.6)
    tables = [plant(tmp_path / "a", here), plant(tmp_path / "b", there, title="B")]
    for name in ("runs", "samples", "cells", "control"):
        alone = [len(pd.read_parquet(f"{folder}/{name}.parquet")) for folder in tables]
        both = read_table(tables, name)
        assert both.groupby("site").size().to_dict() == dict(zip(("", "B"), alone, strict=True))
        assert len(both) == sum(alone) > 0
    runs = read_table(tables, "runs")
    assert relative_to_cell(runs)["deviation"].between(0.99, 1.01).all()
    medians = ledger_table(runs).groupby("site")["training"].median()
    assert medians["B"] / medians[""] == pytest.approx(3, rel=0.01)
    assert all(
        own.ratio.median == 1 for own in (control(runs, read_table(tables, "control"), site) for site in ("", "B"))
    )


def test_one_way_in_two_studies_is_compared_and_this_study_s_pairs_come_first(tmp_path):
    here, there = race(lambda h: 0.1, lambda h: 0.2), race(lambda h: 0.3, lambda h: 0.6)
    tables = [plant(tmp_path / "a", here), plant(tmp_path / "b", there, title="B")]
    compared = comparisons(read_table(tables, "cells"), read_table(tables, "runs"))
    found = [(own.first.model[:5], own.first.site, own.second.model[:5], own.second.site) for own in compared]
    assert found == [
        ("numpy", HERE, "torch", HERE),
        ("numpy", HERE, "numpy", "B"),
        ("torch", HERE, "torch", "B"),
        ("numpy", "B", "torch", "B"),
    ]
    truth = [1 / 2, 1 / 3, 1 / 3, 1 / 2]
    for comparison, ratio in zip(compared, truth, strict=True):
        assert [r.median for r in comparison.ratios.values()] == pytest.approx([ratio] * 3, rel=0.01)
        assert comparison.first_wins == [10, 100, 1000]
    alone = comparisons(read_table(tables[:1], "cells"), read_table(tables[:1], "runs"))
    assert compared[0].p_values[10] > alone[0].p_values[10], "corrected for all ratios of the page"


def test_what_failed_its_check_in_one_study_is_withheld_there_only(tmp_path):
    times = race(lambda h: 0.1, lambda h: 0.2)
    ways = (("numpy_mlp", "eager", "cpu"), ("torch_mlp", "eager", "cpu"))
    tables = [plant(tmp_path / "a", times), plant(tmp_path / "b", times, title="B", checks=[ways])]
    cells, equal_work = read_table(tables, "cells"), read_table(tables, "equal_work")
    compared = comparisons(cells, read_table(tables, "runs"), equal_work)
    assert [(own.first.site, own.second.site) for own in compared] == [(HERE, HERE), (HERE, "B"), (HERE, "B")]
    (apart,) = withheld(cells, equal_work)
    assert apart.pair.first.site == apart.pair.second.site == "B"


def test_each_way_of_each_study_has_its_own_best_number_of_threads(tmp_path):
    there = {cell("numpy_mlp", 10, threads=8): 0.1, cell("numpy_mlp", 20, threads=8): 0.1, cell("numpy_mlp", 10): 0.3}
    tables = [plant(tmp_path / "a", NUMPY), plant(tmp_path / "b", there, title="B")]
    cells, runs = read_table(tables, "cells"), read_table(tables, "runs")
    (across, *_) = comparisons(cells, runs)
    assert across.ratios[10].median == pytest.approx(2, rel=0.01), "this one's only thread beside the other's eight"
    assert [line.rpartition("; ")[2] for line in machine_lines(runs)] == ["1 CPU thread", "1 and 8 CPU threads"]
    assert machine_lines(runs)[1].startswith("B: A <CPU>")


def test_a_recipe_that_states_something_else_is_another(tmp_path):
    other = {"short": SHORT["short"] | {"learning_rate": 0.5}}
    tables = [
        plant(tmp_path / "a", NUMPY),
        plant(tmp_path / "b", NUMPY, title="B", recipes=other),
        plant(tmp_path / "c", NUMPY, title="C"),
        plant(tmp_path / "d", NUMPY, title="D", recipes=other),
    ]
    cells = read_table(tables, "cells")
    assert cells.set_index("site")["recipe"].to_dict() == {
        "": "short",
        "B": "short (in B)",
        "C": "short",
        "D": "short (in B)",
    }
    assert recipes_beside(tables)["short (in B)"]["learning_rate"] == 0.5
    across = [(own.first.site, own.second.site) for own in comparisons(cells, read_table(tables, "runs"))]
    assert across == [(HERE, "C")]


def test_recipes_that_state_the_same_have_one_name_whatever_each_study_calls_them(tmp_path):
    """Also where two studies have exchanged their names; a second recipe that states the same stays apart."""
    one, other = SHORT["short"], SHORT["short"] | {"learning_rate": 0.5}
    stated = ({"a": one, "b": other}, {"a": other, "b": one, "c": one}, {"d": other})
    folders = [
        plant(tmp_path / name, NUMPY, title=name, recipes=recipes) for name, recipes in zip("ABC", stated, strict=True)
    ]
    named = names_beside(folders, [read_about(Path(folder)) for folder in folders])
    assert [names.recipes for names in named] == [
        {"a": "a", "b": "b"},
        {"a": "b", "b": "a", "c": "c"},
        {"d": "b"},
    ]


@pytest.mark.parametrize("version", [2, SCHEMA_VERSION])
def test_what_was_chosen_for_a_source_tells_no_two_recipes_apart(tmp_path, version):
    """Version 2 had it within the recipe."""
    tables = [plant(tmp_path / "a", NUMPY), plant(tmp_path / "b", NUMPY, title="B")]
    path = Path(tables[1], "about.json")
    document = json.loads(path.read_text())
    if version == 2:
        document["recipes"]["short"]["chosen"] = ["learning_rate"]
        del document["chosen"]
    else:
        document["chosen"] = {"short": ["learning_rate"]}
    path.write_text(json.dumps(document | {"schema_version": version}))
    assert read_about(path.parent)["schema_version"] == version
    assert recipes_beside(tables) == SHORT
    assert chosen_beside(tables) == {"short": ["learning_rate"]}
    assert chosen_beside(tables[:1]) == {"short": []}


def test_data_sets_are_told_apart_by_their_files_and_named_by_their_titles(tmp_path):
    birds = {cell("numpy_mlp", 10, dataset=name): 0.1 for name in ("birds", "finches")}
    ours = {"birds": {"title": "Birds", "md5": "0" * 32}, "finches": {"title": "Birds", "md5": "1" * 32}}
    theirs = {"birds": {"title": "Birds!", "md5": "0" * 32}, "finches": {"title": "Finches", "md5": "2" * 32}}
    tables = [plant(tmp_path / "a", birds, datasets=ours), plant(tmp_path / "b", birds, title="B", datasets=theirs)]
    cells = read_table(tables, "cells")
    called = {site: list(own["dataset"]) for site, own in cells.groupby("site")}
    assert called == {"": ["birds", "finches"], "B": ["birds", "Finches (in B)"]}, "two are called Birds"
    assert [own.task for own in comparisons(cells, read_table(tables, "runs"))] == ["birds"]


def test_what_cannot_stand_beside_this_study_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ours = plant(Path("results/planted"), NUMPY)
    plant(Path("other"), NUMPY, day="2026-05-05")
    shutil.copytree("results/planted", "copy")
    Path("empty").mkdir()
    check_compared(["other"], "planted", "config.yaml")
    for folder, words in {
        "results/planted": "a study other than this one",
        "empty": "with the tables of a study and their about.json",
        "copy": "other runs than those of results/planted",
    }.items():
        with pytest.raises(ContractError, match=rf"^config.yaml: compare.0: found '{folder}' .*{words}$"):
            check_compared([folder], "planted", "config.yaml")
    with pytest.raises(ContractError, match=r"compare.1: .* each study once$"):
        check_compared(["other", "../" + tmp_path.name + "/other"], "planted", "config.yaml")
    with pytest.raises(ContractError, match="other runs than those of"):
        read_table([ours, "copy/tables"], "cells")
    document = Path("other/tables/about.json")
    document.write_text(json.dumps(json.loads(document.read_text()) | {"schema_version": SCHEMA_VERSION + 1}))
    for refused in (
        lambda: check_compared(["other"], "planted", "x"),
        lambda: read_table([ours, "other/tables"], "cells"),
    ):
        with pytest.raises(
            ContractError, match=rf"about.json: schema_version: found {SCHEMA_VERSION + 1}; allowed: .*{SCHEMA_VERSION}"
        ):
            refused()
    with pytest.raises(ContractError, match=r"^empty: missing about.json"):
        read_about(Path("empty"))


def test_a_run_that_two_studies_have_is_refused(tmp_path):
    """Of a folder that was copied and then measured on, some runs are in both."""
    ours, theirs = tmp_path / "a/tables", tmp_path / "b/tables"
    plant(tmp_path / "a", NUMPY)
    shutil.copytree(ours, theirs)
    document = json.loads((theirs / "about.json").read_text())
    (theirs / "about.json").write_text(json.dumps(document | {"last_start": "2026-09-09"}))
    found = "the run .* numpy_mlp eager short cpu 10 1 1 of 2026-01-01"
    with pytest.raises(ContractError, match=rf"b/tables/runs.parquet: found {found}.* which .*a/tables has as well"):
        read_table([str(ours), str(theirs)], "runs")


UPDATED = MACHINE | {"key": "2" * 12, "torch": "2.12.0"}
ANOTHER = MACHINE | {"key": "1" * 12, "host": "1" * 12}


def plant_on_machines(folder: Path, machines, **how) -> str:
    """Runs of several machines: (machine, cell) -> (seconds per epoch, number of runs)."""
    numbers = {}
    records = []
    for (key, what), (seconds, n) in machines.items():
        for _ in range(n):
            numbers[what] = numbers.get(what, 0) + 1
            run = record(what, numbers[what], seconds * (1 + numbers[what] / 1000))
            records.append(run | {"machine": {m["key"]: m for m in (MACHINE, UPDATED, ANOTHER)}[key]})
    return plant_records(folder, records, dict.fromkeys(what for _, what in machines), **how)


def test_a_figure_marks_where_two_ways_of_this_study_break_even_and_nothing_else(tmp_path):
    """The same curves there, a little apart, so that each way crosses itself, and the two cross there as well."""
    here = race(lambda h: h / 1000, lambda h: 0.05 + h / 2000)
    there = race(lambda h: 0.005 + h / 1100, lambda h: 0.055 + h / 2100)
    tables = [plant(tmp_path / "a", here), plant(tmp_path / "b", there, title="B")]
    cells, runs = read_table(tables, "cells"), read_table(tables, "runs")
    compared = comparisons(cells, runs)
    assert sum(len(pair.break_evens) for pair in compared) == 4
    figure = over_hidden_size(cells, runs, "epoch_time_s", compared=compared)
    (marked,) = [point.text for point in figure.points if "break even" in point.text]
    assert "numpy and torch break even" in marked


def test_no_median_mixes_two_machines_of_one_study(tmp_path):
    """Ten runs of a cell: six on one machine, four on another that is twice as slow."""
    what = cell("numpy_mlp", 10)
    table = plant_on_machines(tmp_path, {(MACHINE["key"], what): (0.1, 6), (ANOTHER["key"], what): (0.2, 4)})
    name = f"machine {ANOTHER['key']}"
    cells, runs = read_table([table], "cells"), read_table([table], "runs")
    assert cells.groupby("site")["n"].first().to_dict() == {"": 6, name: 4}
    assert cells.groupby("site")["epoch_time_s_median"].first().to_dict() == pytest.approx(
        {"": 0.1, name: 0.2}, rel=0.02
    )
    assert len(runs) == 10
    assert len(read_table([table], "samples")) == 30
    assert (cells["relative"] == 1).all(), "each is the fastest of its machine"
    assert other_machines([table]) == [name]
    assert sites_beside([table])[name].endswith(f"its runs on another machine ({ANOTHER['key']})")
    (pair,) = comparisons(cells, runs)
    assert (pair.first.site, pair.second.site) == (HERE, name)
    (told,) = machines(compare_ways([table]).circumstances)
    assert f"have measured runs of this study, too ({name}: 4). No median mixes runs of two machines." in told


def test_the_cpu_and_the_gpu_of_a_study_may_be_of_two_machines(tmp_path):
    """As on a cluster: each device has its own machine, and a run of it elsewhere stands apart."""
    cpu, gpu = cell("torch_mlp", 10), cell("torch_mlp", 10, "cuda")
    runs = {(MACHINE["key"], cpu): (0.2, 6), (ANOTHER["key"], gpu): (0.1, 6), (ANOTHER["key"], cpu): (0.3, 3)}
    tables = plant_on_machines(tmp_path, runs)
    cells, runs = read_table([tables], "cells"), read_table([tables], "runs")
    assert runs.groupby(["site", "device"]).size().tolist() == [6, 6, 3]
    (pair, *_) = comparisons(cells, runs)
    assert (pair.first.device, pair.second.device, pair.second.site) == ("cpu", "cuda", HERE)
    assert pair.ratios[10].median == pytest.approx(2, rel=0.02)
    with_gpu = runs.assign(machine_gpus=runs["machine_key"].map({MACHINE["key"]: "", ANOTHER["key"]: "A GPU"}))
    assert machines(answer_from(cells, with_gpu).circumstances) == [
        "The devices belong to several machines: cpu to A <CPU> and cuda to A GPU."
    ]
    lines = machine_lines(runs)
    assert [line.rpartition("; ")[2] for line in lines] == [
        "1 CPU thread (the runs on cpu)",
        "1 CPU thread (the runs on cuda)",
        "1 CPU thread",
    ]


def test_an_update_of_the_software_makes_another_machine_that_is_named_by_it(tmp_path):
    what = cell("numpy_mlp", 10)
    tables = plant_on_machines(tmp_path / "a", {(MACHINE["key"], what): (0.1, 3), (UPDATED["key"], what): (0.2, 3)})
    assert other_machines([tables]) == ["torch 2.12.0"], "of as many runs on both, those that began first are its own"
    here = plant(tmp_path / "b", NUMPY, title="B", day="2026-03-03")
    assert sites([here, tables]) == ["", "A study", "A study, torch 2.12.0"]


def test_labels_completeness_and_tally_are_told_study_by_study(tmp_path):
    tables = [plant(tmp_path / "a", NUMPY), plant(tmp_path / "b", NUMPY | {cell("torch_mlp", 10): 1.0}, title="B")]
    cells, runs = read_table(tables, "cells"), read_table(tables, "runs")
    assert tally(cells, runs).startswith("6 runs of 1 cell,")
    assert " B: 12 runs of 2 cells" in tally(cells, runs)
    assert labels(runs).startswith("6 of 6 runs were quiet")
    assert "B: 12 of 12 runs were quiet" in labels(runs)
    grid = completeness_grid(cells)
    assert grid["sites"]
    assert [(row["site"], row["model"]) for row in grid["rows"]] == [
        ("this study", "MLP in numpy"),
        ("B", "MLP in numpy"),
        ("B", "MLP in torch"),
    ]
