"""Two workflows on one machine: whatever --cores says, no two heats overlap."""

import subprocess
import sys
from datetime import datetime, timedelta
from itertools import pairwise

from conftest import as_user, copy_project

from payoff.runs.records import Record, read_records

CONFIG = "{study: mine.yaml, devices: [cpu], threads: 1, repetitions: 2, budget_s: 60, quiet_wait_s: 0}"
STUDY = """
title: One of two
description: At the same time as another.
recipes:
  short: {scaling: unit, loss: cross_entropy, optimizer: sgd, learning_rate: 0.1, batch_size: 128, epochs: 2}
grids:
  - {datasets: [digits], models: [numpy_mlp], recipe: short, hidden_sizes: [8, 16]}
"""
# Two clocks are compared: the wall's, in milliseconds, says when a process began, a steady one how long it took.
RESOLUTION = timedelta(milliseconds=5)


def interval(heat: list[Record]) -> tuple[datetime, datetime]:
    """From the start of its first process to the end of its last."""
    starts = [datetime.fromisoformat(record["started_at"]) for record in heat]
    lasting = [timedelta(seconds=record["process_s"]) for record in heat]
    return min(starts), max(start + lasts for start, lasts in zip(starts, lasting, strict=True))


def test_no_two_heats_overlap(tmp_path):
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
    of_each = [[read_records(path) for path in folder.glob("results/mine/heats/*.jsonl")] for folder in folders]
    assert [sorted(map(len, heats)) for heats in of_each] == [[1, 1, 2, 2]] * 2  # two cells, and the control in one's
    timed = sorted(interval(heat) for heats in of_each for heat in heats)
    assert all(before[1] <= after[0] + RESOLUTION for before, after in pairwise(timed))
    # They really were there at once: one waited for the other, and its log says so.
    assert any(record["waited_s"]["lock"] > 0.1 for heats in of_each for heat in heats for record in heat)
    logs = [path.read_text() for folder in folders for path in folder.glob("results/mine/logs/run_heat/*.log")]
    assert any("another timed run is on this machine" in log for log in logs)
