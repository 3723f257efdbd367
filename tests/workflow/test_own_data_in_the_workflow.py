"""A user's own data through the workflow."""

import hashlib
import json
import os
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
from conftest import snakemake
from drawn_images import draw_images

from payoff.datasets.splits import load
from payoff.tables.formats import significant

STUDY = """
title: <script>alert(1)</script>
description: Signals of our own.
chapters: [accuracy]
recipes:
  short: {scaling: unit, loss: cross_entropy, optimizer: sgd, learning_rate: 0.5, batch_size: 8, epochs: 20}
grids:
  - {datasets: [DATASET], models: [numpy_mlp], recipe: short, hidden_sizes: [16]}
  - {datasets: [DATASET], models: [torch_mlp], devices: [cuda], recipe: short, hidden_sizes: [16]}
"""
# a recipe and a grid more
NUMBERS = """\
  numbers:
    {scaling: standard, loss: squared_error, optimizer: adam, learning_rate: 0.01, batch_size: 8, epochs: 20}
grids:
  - {datasets: [power], models: [numpy_mlp], recipe: numbers, hidden_sizes: [16]}
"""


def plan(folder: Path) -> str:
    done = snakemake("--dry-run", "--directory", str(folder), "--cores", "1", "datasets")
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_a_changed_added_or_removed_file_makes_the_prepared_data_stale(tmp_path):
    pets = draw_images(tmp_path / "my pets")
    odd = pets / "cat/é *, 1.png"
    shutil.copy(pets / "cat/0.png", odd)
    entry = "{path: my pets, image_size: [6, 4]}"
    (tmp_path / "config.yaml").write_text(f"study: mine.yaml\ndatasets: {{pets: {entry}}}\n")
    (tmp_path / "mine.yaml").write_text(STUDY.replace("DATASET", "pets"))
    call = ("--directory", str(tmp_path), "--cores", "1", "datasets")
    done = snakemake(*call)
    assert done.returncode == 0, done.stdout
    assert len(load(tmp_path / "results/datasets/pets.npz").train) == 8
    assert "Nothing to be done" in plan(tmp_path)

    file, added = pets / "dog/2.png", pets / "dog/new.png"
    content, times = file.read_bytes(), (file.stat().st_atime_ns, file.stat().st_mtime_ns)
    shutil.copy(pets / "cat/0.png", file)
    assert "Prepare the data set pets" in plan(tmp_path)
    file.write_bytes(content)
    os.utime(file, ns=times)
    assert "Nothing to be done" in plan(tmp_path)
    shutil.copy(file, added)
    os.utime(added, ns=times)  # older than the prepared data: it is stale all the same
    assert "Prepare the data set pets" in plan(tmp_path)
    added.unlink()
    assert "Nothing to be done" in plan(tmp_path)
    file.unlink()
    assert "Prepare the data set pets" in plan(tmp_path)

    odd.rename(pets / "cat/{dataset}.png")
    done = snakemake("--dry-run", *call)
    assert done.returncode != 0
    assert "my pets/cat/{dataset}.png: found a name with one of < > { }, which a workflow fills in" in done.stdout
    (pets / "cat/{dataset}.png").rename(odd)
    file.write_bytes(b"this is no image")
    done = snakemake(*call)
    assert done.returncode != 0
    assert "my pets/dog/2.png: found no readable image" in done.stdout
    assert "Traceback" not in done.stdout


def test_a_study_of_a_user_s_signals_goes_the_whole_way(tmp_path):
    """Slow and fast waves of any phase and strength, in a spreadsheet's CSV, from config.yaml to the report. One
    network tells their kind, another predicts their strength; a third asks for a GPU that is not there."""
    time = np.arange(32) / 32
    kinds = np.array(["slow", "fast"])[np.arange(120) % 2]
    cycles = np.where(kinds == "slow", 1, 3)[:, np.newaxis]
    draw = np.random.default_rng(0)
    strength = draw.uniform(1, 2, (120, 1))
    signals = strength * np.sin(2 * np.pi * (cycles * time + draw.uniform(0, 0.3, (120, 1))))
    frame = pd.DataFrame(signals, columns=[f"t{step}" for step in range(32)]).assign(kind=kinds, strength=strength)
    frame.to_csv(tmp_path / "echoes.csv", index=False, sep=";", decimal=",")
    (tmp_path / "config.yaml").write_text(
        "study: mine.yaml\ndevices: [cpu, cuda]\nrepetitions: 2\nthreads: 1\nquiet_wait_s: 0\ndatasets:\n"
        "  echoes: {path: echoes.csv, label: kind, ignore: [strength]}\n"
        "  power: {path: echoes.csv, label: strength, target: number, unit: mV, ignore: [kind]}\n"
    )
    (tmp_path / "mine.yaml").write_text(STUDY.replace("DATASET", "echoes").replace("grids:\n", NUMBERS))
    call = ("--directory", str(tmp_path), "--cores", "all")
    # without a visible GPU, so that it is missing on a machine that has one, too
    done = snakemake(*call, CUDA_VISIBLE_DEVICES="")
    assert done.returncode == 0, done.stdout
    cells = pd.read_parquet(tmp_path / "results/mine/tables/cells.parquet")
    kinds, power = (
        cells[(cells["dataset"] == name) & (cells["device"] == "cpu")].squeeze() for name in ("echoes", "power")
    )
    assert kinds["n"] == power["n"] == 2
    assert kinds["test_accuracy_median"] > 0.9
    about = json.loads((tmp_path / "results/mine/tables/about.json").read_text())["datasets"]["power"]
    assert power["test_error_median"] < about["error_of_mean"]
    assert about["unit"] == "mV"
    page = (tmp_path / "results/mine/report.html").read_text()
    assert "On power, numbers, the lowest error is " in page
    assert f"the mean of the training targets has an error of {significant(about['error_of_mean'])} mV" in page
    assert "Its numbers have decimal commas." in page
    assert f"echoes.csv {hashlib.md5((tmp_path / 'echoes.csv').read_bytes()).hexdigest()}" in page
    assert "0 of 2: device missing" in page
    assert "numpy computes on the CPU only" in page
    assert "torch sees no accelerator, not cuda" in page
    assert page.count("<script>") == 4, "the page's own"
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "Nothing to be done" in snakemake("--dry-run", *call, CUDA_VISIBLE_DEVICES="").stdout

    with (tmp_path / "echoes.csv").open("a") as table:
        table.write("1;2;3\n")
    planned = snakemake("--dry-run", *call).stdout
    for rule in ("prepare_dataset", "run_heat", "render_report"):
        assert rule in planned
    done = snakemake(*call)
    assert done.returncode != 0
    assert "echoes.csv: line 122: found 3 fields; allowed: 34, as in line 1" in done.stdout
