"""Published records of a machine with a GPU, beside a study that measured none."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import HOME
from planted import RECIPE, cell, in_heat, race, record
from planted_tables import DIGITS, GPU, machine, plant, publish

from payoff.answer.compute import compare_ways
from payoff.beside.about import about, write_about
from payoff.beside.published import accelerated, fits, read_published
from payoff.beside.published_tables import not_among, published_tables
from payoff.beside.reading import left_out_beside, read_table, recipes_beside, sites_beside
from payoff.claims.sites import published_sites
from payoff.comparisons.compute import comparisons, withheld
from payoff.comparisons.ways import is_of_two_machines, label
from payoff.files.contracts import ContractError
from payoff.page.words.answer import NO_GPU, Told, other_recipes, tell
from payoff.page.words.headlines import question
from payoff.study.configuration import read_study
from payoff.tables.runs import runs_table
from payoff.tables.sites import own_machines
from payoff.tables.writing import write_table

SIZES = (10, 100, 1000)
H200 = machine("a", gpus=GPU)
RECIPES = {"short": RECIPE}


def lines_of(times, machine=H200, study="planted", day="2026-11-01", **changes) -> list[str]:
    """Six records per cell, one line each; times: cell -> seconds per epoch."""
    records = [
        record(cell, repetition, seconds * (1 + repetition / 1000))
        | {"machine": machine, "study": study, "started_at": f"{day}T00:00:{repetition:02}.000+00:00", **changes}
        for cell, seconds in times.items()
        for repetition in range(1, 7)
    ]
    return [json.dumps(one, ensure_ascii=False) for one in records]


def gpu_times(gpu_s, cpu_s) -> dict:
    """torch on a GPU and on the CPU, over the hidden size."""
    return {cell("torch_mlp", h, "cuda"): gpu_s(h) for h in SIZES} | {cell("torch_mlp", h): cpu_s(h) for h in SIZES}


def gathered(folder: Path, path: Path, recipes=RECIPES) -> list[str]:
    """The tables of each machine of a published file, as the rule leaves them."""
    tables = []
    for key, records in read_published(path, "planted").items():
        own = folder / key / "tables"
        kept = [one for one in records if fits(one, recipes)]
        for name, table in published_tables(records, kept, {}).items():
            write_table(table, own / f"{name}.parquet", own / f"{name}.csv")
        stated = {"short": RECIPE.stated()} if kept else {}
        document = about(
            records,
            own_machines(records),
            study="planted",
            title=f"published {path.stem} {key[0]}",
            datasets=DIGITS,
            recipes=stated,
        )
        write_about(document | {"left_out": [] if kept else ["short"]}, own / "about.json")
        tables.append(str(own))
    return tables


def told_of(tables: list[str]) -> Told:
    return tell(compare_ways(tables))


# A GPU that is overtaken by the CPU here below H = 202: 0.02 / (1e-4 - 1e-6).
HERE_S = race(lambda h: 1e-4 * h, lambda h: 2e-4 * h, SIZES)
THERE_S = gpu_times(lambda h: 0.02 + 1e-6 * h, lambda h: 1e-4 * h)


# Lines


def test_only_machines_with_an_accelerator_and_records_of_this_study_are_found(tmp_path):
    only_cpu = lines_of({cell("torch_mlp", 10): 0.1}, machine("c"))
    files = [
        publish(tmp_path / "h200.jsonl", lines_of(THERE_S), lines_of(THERE_S, machine("b", gpus=GPU)), only_cpu),
        publish(tmp_path / "other.jsonl", lines_of(THERE_S, study="another")),
        publish(tmp_path / "cpu.jsonl", only_cpu),
        publish(tmp_path / "empty.jsonl"),
    ]
    assert accelerated(files, "planted") == {"h200": ["a" * 12, "b" * 12]}
    assert accelerated(files, "another") == {"other": ["a" * 12]}
    assert accelerated([], "planted") == {}


def test_text_inside_a_record_is_not_taken_for_its_keys(tmp_path):
    told = '{"study": "another", "device": "cpu", "key": "cccccccccccc"}\u2028"study": "x'
    (line, *_) = lines_of({cell("torch_mlp", 10, "cuda"): 0.1}, log_tail=told)
    moved = json.loads(line)
    first = {"log_tail": moved.pop("log_tail")} | moved  # before what is looked for
    path = publish(tmp_path / "h200.jsonl", [json.dumps(first, ensure_ascii=False)])
    assert accelerated([path], "planted") == {"h200": ["a" * 12]}
    assert [one["log_tail"] for one in read_published(path, "planted")["a" * 12]] == [told]


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda lines: [lines[0], "{"], r"line 2: not a record: missing study, device, machine.key$"),
        (lambda lines: [lines[0], ""], r"line 2: not a record: missing study, device, machine.key$"),
        (lambda lines: [lines[0].replace('"key"', '"kee"')], r"line 1: not a record: missing machine.key$"),
    ],
)
def test_a_line_that_is_no_record_is_named_as_soon_as_the_workflow_is_called(tmp_path, edit, message):
    path = publish(tmp_path / "h200.jsonl", edit(lines_of(THERE_S)))
    with pytest.raises(ContractError, match=rf"h200\.jsonl: {message}"):
        accelerated([path], "planted")


def test_a_record_fits_a_recipe_that_is_still_the_same():
    (line, *_) = lines_of(THERE_S)
    one = json.loads(line)
    assert fits(one, RECIPES)
    assert not fits(one, {"short": replace(RECIPE, epochs=4)})
    assert not fits(one, {"long": RECIPE})
    assert not fits(one | {"recipe": one["recipe"] | {"gone": 1}}, RECIPES)


def test_every_record_that_this_project_publishes_can_be_read_and_counts():
    """Each is of a shipped study, of a recipe that it still has; and the folder's README tells whether there is one."""
    folder = HOME / "report" / "published"
    runs, probes = sorted(folder.glob("*.jsonl")), sorted(folder.glob("*.probe.json"))
    assert {*folder.iterdir()} == {*runs, *probes, folder / "README.md"}
    studies = {path.stem: read_study(path) for path in (HOME / "workflow/studies").glob("*.yaml")}
    records = [
        record
        for path in runs
        for name, study in studies.items()
        for of_machine in read_published(path, name).values()
        for record in of_machine
        if fits(record, study.recipes)
    ]
    assert len(records) == sum(len(path.read_text().splitlines()) for path in runs)
    assert all(site.probe["answers"] for site in published_sites(probes, "sources", {}))
    assert ("Nothing has been published yet" in (folder / "README.md").read_text()) == (not records and not probes)


# Tables


def test_machines_of_one_file_are_kept_apart(tmp_path):
    slower = {key: 3 * seconds for key, seconds in THERE_S.items()}
    path = publish(tmp_path / "h200.jsonl", lines_of(THERE_S), lines_of(slower, machine("b", gpus=GPU)))
    tables = [plant(tmp_path / "here", HERE_S), *gathered(tmp_path / "there", path)]
    cells = read_table(tables, "cells")
    sites = ["published h200 a", "published h200 b"]
    assert list(dict.fromkeys(cells["site"])) == ["", *sites]
    first, second = (cells[cells["site"] == site].reset_index() for site in sites)
    assert (first["n"] == 6).all()
    ratios = second["epoch_time_s_median"] / first["epoch_time_s_median"]
    assert ratios.to_list() == pytest.approx([3] * len(THERE_S))
    what = sites_beside(tables)["published h200 a"]
    assert ", NVIDIA H200; measured 2026-11-01) in " in what
    assert recipes_beside(tables) == {"short": RECIPE.stated()}


def test_a_control_that_was_measured_with_it_is_left_out(tmp_path):
    """Else its cell would have twice the runs, and a claim would be judged by them."""
    runs = [in_heat(record(cell("torch_mlp", 10, "cuda"), r, 0.1) | {"machine": H200}, [0.1] * 3) for r in range(1, 7)]
    again = [entry | {"heat": entry["heat"] | {"is_control": True}} for entry in runs]
    path = publish(tmp_path / "h200.jsonl", [json.dumps(one) for one in [*runs, *again]])
    (records,) = read_published(path, "planted").values()
    assert records == json.loads(json.dumps(runs))
    (site,) = published_sites([path], "planted", RECIPES)
    assert site.cells["n"].tolist() == [6]


def test_a_file_of_which_no_record_fits_is_a_study_without_a_row(tmp_path):
    path = publish(tmp_path / "h200.jsonl", lines_of(THERE_S))
    there = gathered(tmp_path / "there", path, {"short": replace(RECIPE, epochs=4)})
    tables = [plant(tmp_path / "here", HERE_S), *there]
    for name in ("runs", "samples", "steps", "cells", "control", "equal_work"):
        assert len(read_table(there, name)) == 0
        assert read_table(tables, name).equals(read_table(tables[:1], name))
    assert left_out_beside(tables) == {"published h200 a": ["short"]}
    assert told_of(tables).lead[-2:] == [
        NO_GPU,
        "Records of published h200 a are left out: this study does not have their recipe, or has changed it since "
        "(short).",
    ]
    assert "their recipes, or has changed them" in other_recipes({"x": ["a", "b"]})[0]


def test_a_run_that_is_on_the_page_is_not_beside_it_as_well(tmp_path):
    """Who has published a study and measures its CPU again, or names its folder in `compare:`, sees each run once."""
    (records,) = read_published(publish(tmp_path / "h200.jsonl", lines_of(THERE_S)), "planted").values()
    on_cpu = [one for one in records if one["cell"]["device"] == "cpu"]
    assert 0 < len(on_cpu) < len(records)
    left = not_among(records, runs_table(on_cpu))
    assert {one["cell"]["device"] for one in left} == {"cuda"}
    assert len(left) == len(records) - len(on_cpu)
    assert not_among(records, runs_table(records)) == []
    later = [one | {"started_at": "2027-01-01T00:00:00.000+00:00"} for one in records]
    assert not_among(later, runs_table(records)) == later


# Sentences


def test_without_a_published_gpu_the_page_says_that_none_was_measured(tmp_path):
    told = told_of([plant(tmp_path, HERE_S)])
    assert NO_GPU in told.lead
    assert "A GPU elsewhere" not in told.topics


@pytest.mark.parametrize("published", [True, False])
def test_the_gpu_of_another_machine_is_held_against_the_cpu_here(tmp_path, published):
    if published:
        there = gathered(tmp_path / "there", publish(tmp_path / "h200.jsonl", lines_of(THERE_S)))
        site = "published h200 a"
    else:
        there = [plant(tmp_path / "there", THERE_S, title="B", day="2026-11-01", machine=H200)]
        site = "B"
    tables = [plant(tmp_path / "here", HERE_S), *there]
    told = told_of(tables)
    assert told.finding.startswith("For 3 epochs of the MLP on Digits (UCI), numpy is the quickest")
    _, numpy_here, none, against_numpy, against_torch = told.lead
    assert "numpy has the shortest epochs at every size" in numpy_here
    assert none == (
        "No GPU was measured here. This machine's CPU is compared with the GPU of another machine: "
        f"NVIDIA H200 ({site}, 2026-11-01)."
    )
    assert re.match(
        r"Such a GPU would pay off in a part of the range: for the MLP on Digits \(UCI\), numpy trains faster than "
        rf"torch on the GPU \({site}\) at H = 10 and 100, up to 20\.\d\d times \[",
        against_numpy,
    )
    assert f"; torch on the GPU ({site}) at H = 1,000, 4.7" in against_numpy
    assert re.search(r"; they break even at H = 202 \[20\d, 20\d\]", against_numpy)
    assert "; they break even at H = 101 [10" in against_torch
    topic = told.topics["A GPU elsewhere"]
    assert topic[0].startswith("Two machines are compared here")
    assert len(topic) == 3
    assert topic[1].startswith(f"For the MLP on Digits (UCI), numpy trains faster than torch on the GPU ({site})")
    (own,) = [sentence for sentence in told.topics[f"Beside it: {site}"] if "on the GPU" in sentence]
    assert own.startswith(f"For the MLP on Digits (UCI), torch ({site}) trains faster than torch on the GPU ({site}) ")


def test_such_a_gpu_would_pay_off_throughout_or_never(tmp_path):
    for name, factor, start in (
        ("fast", 0.1, "Such a GPU would pay off throughout: torch on the GPU (published "),
        ("slow", 10, "Such a GPU would never pay off in this range: numpy trains the MLP"),
    ):
        times = {cell("torch_mlp", h, "cuda"): factor * 1e-4 * h for h in SIZES}
        there = gathered(tmp_path / name, publish(tmp_path / f"{name}.jsonl", lines_of(times)))
        told = told_of([plant(tmp_path / "here", HERE_S), *there])
        assert any(sentence.startswith(start) for sentence in told.lead)


def test_across_two_machines_only_plain_ways_are_compared(tmp_path):
    """Neither further modes and threads, nor an accelerator where this study has its own."""
    more = THERE_S | {cell("torch_mlp", 10, "cuda", mode="fused"): 0.1, cell("torch_cnn", 10, "cuda"): 0.1}
    there = gathered(tmp_path / "there", publish(tmp_path / "h200.jsonl", lines_of(more)))
    modes = {cell("torch_mlp", 10, mode="fused"): 0.1, cell("numpy_mlp", 10, threads=2): 0.1}
    tables = [plant(tmp_path / "here", HERE_S | modes), *there]
    compared = comparisons(read_table(tables, "cells"), read_table(tables, "runs"))
    found = [(label(c.first), label(c.second)) for c in compared if question(c.first, c.second) == "elsewhere"]
    gpu = "MLP in torch, GPU, published h200 a"
    assert found == [("MLP in numpy, CPU", gpu), ("MLP in torch, CPU", gpu)]
    own = HERE_S | {cell("torch_mlp", 10, "cuda"): 0.1}
    tables = [plant(tmp_path / "own", own), *there]
    compared = comparisons(read_table(tables, "cells"), read_table(tables, "runs"))
    assert compared
    assert not any(is_of_two_machines(c.first, c.second) for c in compared)


def test_a_pair_that_fails_its_check_on_either_machine_is_not_compared_across_them(tmp_path):
    here, there = ("numpy_mlp", "eager", "cpu"), ("torch_mlp", "eager", "cpu")
    on_gpu = ("torch_mlp", "eager", "cuda")
    for name, checks_here, checks_there, apart in (
        ("a", [(here, there)], [], [("numpy_mlp", "torch_mlp")]),
        ("b", [], [(there, on_gpu)], [("torch_mlp", "torch_mlp")]),
        ("c", [], [], []),
    ):
        tables = [
            plant(tmp_path / name / "here", HERE_S, checks=checks_here),
            plant(tmp_path / name / "there", THERE_S, checks=checks_there, title="B", machine=H200),
        ]
        cells, equal_work = read_table(tables, "cells"), read_table(tables, "equal_work")
        pairs = [apart.pair for apart in withheld(cells, equal_work)]
        found = [pair for pair in pairs if is_of_two_machines(pair.first, pair.second)]
        assert [(pair.first.model, pair.second.model) for pair in found] == apart
        compared = comparisons(cells, read_table(tables, "runs"), equal_work)
        kept = [c for c in compared if is_of_two_machines(c.first, c.second)]
        assert len(kept) == 2 - len(apart)
