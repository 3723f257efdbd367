"""The whole DAG, run for real on the tiny twin: what it leaves, and what it says when it cannot."""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from conftest import HOME, snakemake
from snakemake.scheduling.job_scheduler import JobScheduler
from twin import CONTROLS, RESULTS, RUNS, TWIN, heat_file, records_of

from payoff.files.yaml_files import read_yaml
from payoff.runs.heat import ROUNDS, ROUNDS_ALONE
from payoff.runs.records import read_records
from payoff.study.configuration import configure
from payoff.study.design import Design


def test_every_run_is_a_record_and_a_row(tiny):
    records = records_of(tiny)
    assert len(records) == RUNS
    assert all(record["failure"] is None for record in records)
    runs = pd.read_parquet(tiny / RESULTS / "tables/runs.parquet")
    samples = pd.read_parquet(tiny / RESULTS / "tables/samples.parquet")
    cells = pd.read_parquet(tiny / RESULTS / "tables/cells.parquet")
    steps = pd.read_parquet(tiny / RESULTS / "tables/steps.parquet")
    turns = pd.read_parquet(tiny / RESULTS / "tables/turns.parquet")
    assert (len(runs), len(samples), len(cells), len(steps)) == (12, 24, 6, 12 * 24)
    taken = [len(record["turns"]) for record in [*records, *records_of(tiny, control=True)]]
    assert sorted(taken) == [ROUNDS_ALONE] * 2 + [ROUNDS] * 12, "the network of which there is one way takes fewer"
    assert len(turns) == sum(taken)
    assert (cells["n_finished"] == 2).all()
    for table in ("runs", "control", "samples", "cells", "steps", "turns"):
        assert len(pd.read_csv(tiny / RESULTS / f"tables/{table}.csv")) == len(
            pd.read_parquet(tiny / RESULTS / f"tables/{table}.parquet")
        )


def test_one_cell_is_twice_in_its_heats_as_a_control(tiny):
    """The same work, weights and predictions included."""
    runs, control = (pd.read_parquet(tiny / RESULTS / f"tables/{table}.parquet") for table in ("runs", "control"))
    assert set(control.columns) == set(runs.columns) - {"version_torch"}  # the control's model is numpy's
    key = ["model", "mode", "hidden_size", "repetition"]
    assert sorted(control[key].itertuples(index=False, name=None)) == [
        ("numpy_mlp", "eager", 32, repetition) for repetition in (1, 2)
    ]
    assert len(control) == CONTROLS
    both = control.merge(runs, on=["dataset", "recipe", "device", "threads", *key])
    assert len(both) == len(control)
    for column in ("seed", "weights_sha256", "predictions", "test_accuracy"):
        assert (both[f"{column}_x"] == both[f"{column}_y"]).all()
    assert (both["started_at_x"] != both["started_at_y"]).all()
    assert (both["heat_x"] == both["heat_y"]).all()


def test_heats_are_measured_one_at_a_time_in_the_drawn_order(tiny):
    config = tiny / "tests/tiny/config.yaml"
    values = read_yaml(config) | {"study": str(config.parent / "tiny.yaml")}
    design = Design(configure(values, str(config), HOME / "workflow" / "studies"))
    drawn = [heat_file(contest.architecture, str(contest.hidden_size), number) for contest, number in design.order]
    heats = {path.name: read_records(path) for path in (tiny / RESULTS / "heats").iterdir()}
    assert sorted(heats, key=lambda name: heats[name][0]["heat"]["started_at"]) == drawn
    assert [number for _, number in design.order] == [1] * 3 + [2] * 3
    ends = []
    for name in drawn:
        starts = [pd.Timestamp(record["started_at"]).timestamp() for record in heats[name]]
        assert not ends or max(ends) <= min(starts) + 0.01, "after all processes of the heat before"
        ends = [start + record["process_s"] for start, record in zip(starts, heats[name], strict=True)]
    ways = {name: [(way["cell"]["model"], way["cell"]["mode"]) for way in heat] for name, heat in heats.items()}
    eager, fused = [("numpy_mlp", "eager"), ("torch_mlp", "eager")], ("torch_mlp", "fused")
    for number in (1, 2):
        assert ways[heat_file("mlp", "8", number)] == [*eager, fused]
        assert ways[heat_file("mlp", "32", number)] == [*eager, eager[0]]  # at last the control
        assert ways[heat_file("cnn", "8", number)] == [("torch_cnn", "eager")]


def test_chapters_are_executed_and_their_code_is_folded(tiny):
    for chapter in ("scaling", "accuracy", "pictures", "convolutions"):
        notebook = nbformat.read(tiny / RESULTS / f"notebooks/{chapter}.ipynb", as_version=4)
        code = [cell for cell in notebook.cells if cell.cell_type == "code"]
        assert all(cell.execution_count for cell in code)
        html = (tiny / RESULTS / f"notebooks/{chapter}.html").read_text()
        assert "<svg" in html
        read, folded = re.subn(r'<pre class="code".*?</pre>', "", html, flags=re.DOTALL)
        assert folded > 1
        assert "from payoff" in html
        assert "from payoff" not in read
        assert "<script" not in html


def test_the_report_is_one_file_with_everything_in_it(tiny):
    page = (tiny / RESULTS / "report.html").read_text().replace("\N{NO-BREAK SPACE}", " ")
    assert len(page) < 2_000_000
    assert "A tiny study of &lt;digits&gt; &amp; friends" in page
    assert "too few repetitions for an interval (n = 2 each)" in page
    assert "No GPU was measured" in page
    # not in sentences, where "2 of 240 turns" were disturbed if the machine was busy
    assert page.count(">2 of 2</td>") == 6, "in the grid of cells"
    assert len(re.findall(r"H = \d+: 2 of 2\b", page)) == 4, "for the system T1"
    anchors = re.findall(r'<a href="#([^"]+)"', page)
    assert anchors
    for anchor in anchors:
        assert f'id="{anchor}"' in page
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert len(ids) == len(set(ids)) > 0


def test_the_chapters_stand_in_the_report_in_the_study_s_order(tiny):
    page = (tiny / RESULTS / "report.html").read_text()
    chapters = re.findall(r'<section id="(\w+)" class="chapter">', page)
    trust = ["where_the_time_goes", "trust_in_the_timings"]
    assert chapters == ["scaling", "why", "accuracy", *trust, "pictures", "convolutions"]
    html = (tiny / RESULTS / "notebooks/convolutions.html").read_text()
    assert len(html.encode()) < 250_000
    assert "7 of the 7 stated sizes" in html
    assert "gives 5. The size that it states is 4" in html
    assert "at stride 2 up to 2 sizes give the same" in html


def test_every_job_left_a_log(tiny):
    logs = tiny / RESULTS / "logs"
    assert len(list((logs / "run_heat").glob("*.log"))) == 6
    of_runs = list((logs / "run_heat").glob("*/*.log"))
    assert len(of_runs) == RUNS + CONTROLS
    assert sum(log.stem.endswith("-again") for log in of_runs) == CONTROLS
    assert all("epoch 2/2" in log.read_text() for log in of_runs)
    for rule in ("gather_runs", "summarise", "compare_ways", "render_report", "run_notebooks/scaling"):
        assert (logs / f"{rule}.log").exists()


def test_it_runs_where_nothing_is_installed_but_pythonpath_names_the_packages(tiny, tmp_path):
    """As on a machine without a package index: no environment is active, `python3 -m snakemake` is all there is. It has
    to make a figure again that a full disk has cut."""
    project = tmp_path / "project"
    shutil.copytree(tiny, project, symlinks=True)
    figure = next((project / RESULTS / "figures/why").glob("*.svg"))
    whole = figure.read_bytes()
    figure.write_bytes(whole[:1000])
    paths = os.pathsep.join([sysconfig.get_path("purelib"), str(project / "src")])
    done = subprocess.run(
        [sys._base_executable, "-m", "snakemake", *TWIN],
        cwd=project,
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "PYTHONPATH": paths},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    assert f"{figure.name}: found only a part; it was removed" in done.stdout
    assert figure.read_bytes() == whole


def test_another_study_s_report_is_not_made_of_this_study_s_runs(tiny):
    done = snakemake("--dry-run", "--directory", "tests/tiny", "results/mnist/report.html", project=tiny)
    assert done.returncode != 0
    assert "MissingRuleException" in done.stdout


def test_a_data_set_that_cannot_be_had_is_an_error_that_helps(tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "config.yaml").write_text("study: mnist\ndata_root: empty\n")
    done = snakemake("--directory", str(tmp_path), "--cores", "1", "datasets")
    assert done.returncode != 0
    assert "empty: missing MNIST/raw/train-images-idx3-ubyte.gz" in done.stdout
    assert "nothing is downloaded" in done.stdout
    assert not list((tmp_path / "results").rglob("manifest.json"))


@pytest.mark.skipif("PAYOFF_DATA_ROOT" not in os.environ, reason="PAYOFF_DATA_ROOT names no data root")
def test_a_data_set_from_a_data_root_stays_fresh_when_the_root_is_gone(tmp_path):
    """Wherever the verified files came from, they are the same."""
    (tmp_path / "config.yaml").write_text("study: mnist\n")
    call = ("--directory", str(tmp_path), "--cores", "1", "datasets")
    done = snakemake(*call, "--config", f"data_root={os.environ['PAYOFF_DATA_ROOT']}")
    assert done.returncode == 0, done.stdout
    assert (tmp_path / "results/datasets/mnist.npz").stat().st_size > 50_000_000
    assert "Nothing to be done" in snakemake(*call).stdout


RULE_FOR_A_NOTEBOOK = """
rule all:
    input: notebooks=["chapter.ipynb"], template="{template}"
    output: html=["chapter.html"], figures=[directory("figures")]
    log: jobs=["log.txt"], notebooks=["executed.ipynb"]
    params: parameters=[{{"{name}": "x"}}]
    script: "{script}"
"""


def chapter_with(folder: Path, source: str, parameter: str) -> tuple[str, ...]:
    """Write a notebook with this code and a workflow that executes it, giving this parameter; the words of its call."""
    notebook = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_code_cell('tables = ""', metadata={"tags": ["parameters"]}),
            nbformat.v4.new_code_cell(source),
        ],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
    )
    nbformat.write(notebook, folder / "chapter.ipynb")
    template, script = HOME / "report/chapter.html.j2", HOME / "scripts/run_notebooks.py"
    rule = RULE_FOR_A_NOTEBOOK.format(name=parameter, template=template, script=script)
    (folder / "Snakefile").write_text(rule)
    return "--snakefile", str(folder / "Snakefile"), "--directory", str(folder), "--cores", "1"


@pytest.mark.parametrize(
    ("name", "source", "message"),
    [
        ("tabels", "1", "unknown parameter tabels; allowed: tables"),
        ("tables", "1 / 0", "ZeroDivisionError"),
    ],
)
def test_a_notebook_that_cannot_be_run_says_why(tmp_path, name, source, message):
    call = chapter_with(tmp_path, source, name)
    done = snakemake(*call)
    assert done.returncode != 0
    assert message in (tmp_path / "log.txt").read_text()
    assert not (tmp_path / "chapter.html").exists()
    executed = (tmp_path / "executed.ipynb").read_text()  # Snakemake makes an empty log where a job wrote none
    assert bool(executed) == (name == "tables")


def test_a_chapter_needs_no_short_paths_no_home_and_no_kernel(tmp_path):
    """A kernel of Jupyter failed in each of these places, after all runs were measured."""
    kernel = tmp_path / "jupyter/kernels/python3"
    kernel.mkdir(parents=True)
    (kernel / "kernel.json").write_text('{"argv": ["/gone/python"], "display_name": "Python 3", "language": "python"}')
    long = tmp_path / ("temporary" * 12)
    long.mkdir()
    source = "from IPython.display import HTML, display\nprint('printed')\ndisplay(HTML('<b>shown</b>'))"
    call = chapter_with(tmp_path, source, "tables")
    done = snakemake(
        *call,
        TMPDIR=str(long),
        HOME="/proc/no-home",
        XDG_CACHE_HOME=str(tmp_path / "cache"),  # Snakemake itself must be able to write there
        JUPYTER_PATH=str(tmp_path / "jupyter"),
    )
    assert done.returncode == 0, done.stdout + (tmp_path / "log.txt").read_text()
    chapter = (tmp_path / "chapter.html").read_text()
    assert "<b>shown</b>" in chapter
    assert "printed" in (tmp_path / "log.txt").read_text()


def test_the_limiter_of_job_starts_that_the_workflow_takes_away_is_still_there():
    """If this fails, a newer Snakemake keeps its rate of job starts elsewhere: see docs/decisions/scheduler.md."""
    assert {"job_rate_limiter", "schedule"} <= {*JobScheduler.__init__.__code__.co_names, *vars(JobScheduler)}
