"""Published records of a machine with a GPU, beside a study that measured none, through the workflow."""

import json
import re
import shutil
from pathlib import Path

import pytest
from conftest import snakemake
from planted import MACHINE
from planted_tables import GPU, publish
from twin import RESULTS, TWIN, heats_in, planned_rules, records_of, with_one_chapter

from payoff.beside.about import read_about


def as_of_a_gpu(records: list[dict], key: str = "abcabcabcabc") -> list[str]:
    """Records of the tiny twin as of another machine: there torch was on a GPU as well, ten times as fast."""
    other = MACHINE | {"key": key, "gpus": GPU}
    lines = []
    for one in (one | {"machine": other} for one in records):
        lines.append(json.dumps(one))
        if one["cell"]["model"].startswith("torch"):
            epochs = [epoch | {"duration_s": (epoch["duration_s"] or 0) / 10} for epoch in one["epochs"]]
            turns = [turn | {"epoch_s": turn["epoch_s"] / 10} for turn in one["turns"]]
            moved = {"cell": one["cell"] | {"device": "cuda"}, "epochs": epochs, "turns": turns}
            lines.append(json.dumps(one | moved))
    return lines


def dry(project: Path, *words: str) -> set[str]:
    done = snakemake(*TWIN, "-n", *words, project=project)
    assert done.returncode == 0, done.stdout
    return planned_rules(done.stdout)


@pytest.fixture
def project(tiny, tmp_path) -> Path:
    """A copy of the tiny twin after its run."""
    return with_one_chapter(Path(shutil.copytree(tiny, tmp_path / "project", symlinks=True)))


def test_a_published_file_makes_the_report_stale_and_no_run_and_so_does_its_going(project):
    path = project / "report/published/h200.jsonl"
    publish(path, as_of_a_gpu(records_of(project)))
    report = {"compare_ways", "run_notebooks", "render_report"}
    assert dry(project) == {"gather_published", *report}
    done = snakemake(*TWIN, project=project)
    assert done.returncode == 0, done.stdout
    assert heats_in(done.stdout) == set()
    folder = project / RESULTS / "published/h200/abcabcabcabc/tables"
    assert read_about(folder)["title"] == "published h200"
    page = (project / RESULTS / "report.html").read_text()
    short = (project / RESULTS / "report.md").read_text()
    for text in (page, short):
        assert "CPU is compared with the GPU of another machine" in text
        assert "NVIDIA H200 (published h200, " in text.replace("\\", "")
    assert "MLP in torch, GPU, published h200" in page
    assert dry(project) == set()
    path.unlink()
    assert dry(project) == report


def test_a_broken_line_is_one_error_that_names_file_and_line(project):
    lines = as_of_a_gpu(records_of(project))
    broken = json.loads(lines[-1])
    del broken["seed"]
    publish(project / "report/published/h200.jsonl", [*lines[:-1], json.dumps(broken)])
    done = snakemake(*TWIN, project=project)
    assert done.returncode != 0
    log = (project / RESULTS / "logs/gather_published/h200-abcabcabcabc.log").read_text()
    assert re.search(rf"h200\.jsonl: line {len(lines)}: \(top level\): missing seed", log)
    assert "Traceback" not in log


def test_two_machines_of_one_file_have_names_and_tables_of_their_own(project):
    keys = ("abcabcabcabc", "defdefdefdef")
    publish(project / "report/published/h200.jsonl", *(as_of_a_gpu(records_of(project), key) for key in keys))
    files = [f"results/tiny/published/h200/{key}/tables/about.json" for key in keys]
    done = snakemake(*TWIN, *files, project=project)
    assert done.returncode == 0, done.stdout
    documents = [read_about((project / "tests/tiny" / file).parent) for file in files]
    assert [about["title"] for about in documents] == [f"published h200, machine {key}" for key in keys]
    assert [machine["key"] for about in documents for machine in about["machines"]] == list(keys)


def test_a_study_with_an_accelerator_of_its_own_shows_no_other(project):
    publish(project / "report/published/h200.jsonl", as_of_a_gpu(records_of(project)))
    assert "gather_published" in dry(project)
    # insisted upon, so that its cells are part of the study, whether or not the device is there
    config = ("--config", "devices=[cpu,cuda]")
    assert "gather_published" not in dry(project, *config)
