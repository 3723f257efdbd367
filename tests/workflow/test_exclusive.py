"""Two workflows on one machine: whatever --cores says, no two timed runs overlap."""

import subprocess
import sys
from datetime import datetime, timedelta
from itertools import pairwise

from conftest import as_user, copy_project

from payoff.runs.records import read_record

CONFIG = "{study: mine.yaml, devices: [cpu], threads: 1, repetitions: 2, budget_s: 60, quiet_wait_s: 0}"
STUDY = """
title: One of two
description: At the same time as another.
recipes:
  short: {scaling: unit, loss: cross_entropy, optimizer: sgd, learning_rate: 0.1, batch_size: 128, epochs: 2}
grids:
  - {datasets: [digits], models: [numpy_mlp], recipe: short, hidden_sizes: [8, 16]}
"""
# Two clocks are compared: the wall's, in milliseconds, says when a run began, a steady one how long it took.
RESOLUTION = timedelta(milliseconds=5)


def intervals(record: dict) -> list[tuple[datetime, datetime]]:
    """When the run was timed, and its first measurement if it was repeated."""
    measured = [record, record["before_repeat"]] if record["before_repeat"] else [record]
    starts = [datetime.fromisoformat(entry["started_at"]) for entry in measured]
    return [
        (start, start + timedelta(seconds=entry["process_s"])) for start, entry in zip(starts, measured, strict=True)
    ]


def test_no_two_timed_runs_overlap(tmp_path):
    project = copy_project(tmp_path / "project")
    folders = [project / name for name in ("one", "two")]
    for folder in folders:
        folder.mkdir()
        (folder / "config.yaml").write_text(CONFIG)
        (folder / "mine.yaml").write_text(STUDY)
    command = [sys.executable, "-m", "snakemake", "tables", "--cores", "8", "--directory"]
    workflows = [
        subprocess.Popen(
            [*command, folder.name],
            cwd=project,
            env=as_user(project),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for folder in folders
    ]
    for workflow in workflows:
        output, _ = workflow.communicate()
        assert workflow.returncode == 0, output
    of_each = [[read_record(path) for path in folder.glob("results/mine/*/*-r*.json")] for folder in folders]
    assert [len(records) for records in of_each] == [6, 6]  # two cells and the control, twice each
    timed = sorted(interval for records in of_each for record in records for interval in intervals(record))
    assert all(before[1] <= after[0] + RESOLUTION for before, after in pairwise(timed))
    # They really were there at once: one waited for the other, and its log says so.
    assert any(record["waited_s"]["lock"] > 0.1 for records in of_each for record in records)
    logs = [path.read_text() for folder in folders for path in folder.glob("results/mine/logs/train_run/*/*.job.log")]
    assert any("another timed run is on this machine" in log for log in logs)
