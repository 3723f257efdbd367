"""A large study that never ran: 10,000 runs, their tables made by the functions that make everyone's."""

from pathlib import Path

import numpy as np
import pandas as pd
from planted import record

from payoff.beside.about import FILE, about, write_about
from payoff.cells import Cell
from payoff.recipes import Recipe
from payoff.tables.cells import cells_table
from payoff.tables.runs import runs_table
from payoff.tables.samples import samples_table
from payoff.tables.sites import own_machines
from payoff.tables.time_to_accuracy import with_time_to_accuracy
from payoff.tables.writing import write_table

RECIPES = {
    name: Recipe("unit", "cross_entropy", "sgd", 0.1, batch, 3)
    for name, batch in (("small", 8), ("short", 32), ("large", 128))
}
# (model, mode) -> seconds of an epoch besides the arithmetic, and a neuron's share of it
WAYS = {
    ("numpy_mlp", "eager"): (0.02, 4e-5),
    ("torch_mlp", "eager"): (0.05, 2e-5),
    ("torch_mlp", "fused"): (0.04, 2.5e-5),
    ("torch_cnn", "eager"): (0.09, 3e-5),
}
THREADS = (1, 2)
HIDDEN_SIZES = np.unique(np.geomspace(8, 16_384, 70).astype(int)).tolist()
REPETITIONS = 6
RUNS = len(RECIPES) * len(WAYS) * len(THREADS) * len(HIDDEN_SIZES) * REPETITIONS


def plant(tables: Path) -> None:
    """Write the tables of the large study over those of the tiny one in this folder; of that, the steps stay."""
    draw = np.random.default_rng(0)
    cells = [
        Cell("digits", model, mode, recipe, "cpu", hidden_size, threads)
        for recipe in RECIPES
        for model, mode in WAYS
        for threads in THREADS
        for hidden_size in HIDDEN_SIZES
    ]
    records = [run for repetition in range(1, REPETITIONS + 1) for run in _block(cells, repetition, draw)]
    for minute, run in enumerate(records):
        run["started_at"] = (pd.Timestamp("2026-01-01", tz="UTC") + pd.Timedelta(minutes=minute)).isoformat()
    again = [run for run in records if run["cell"] == vars(cells[0])]
    runs, samples = runs_table(records), samples_table(records)
    summary = with_time_to_accuracy(cells_table(runs, dict.fromkeys(cells)), runs, samples, {"digits": 0.95})
    passed = pd.read_parquet(tables / "equal_work.parquet")
    equal_work = pd.concat([passed.assign(recipe=recipe) for recipe in RECIPES], ignore_index=True)
    named = {"runs": runs, "control": runs_table(again), "samples": samples, "cells": summary, "equal_work": equal_work}
    for name, table in named.items():
        write_table(table, tables / f"{name}.parquet", tables / f"{name}.csv")
    recipes = {name: recipe.stated() for name, recipe in RECIPES.items()}
    datasets = {"digits": {"title": "Digits", "md5": None}}
    own = own_machines(records)
    write_about(about(records, own, study="large", title="Large", datasets=datasets, recipes=recipes), tables / FILE)


def _block(cells: list[Cell], repetition: int, draw: np.random.Generator) -> list[dict]:
    """A run of each cell, in a random order. The largest networks do not fit into memory; some runs are disturbed."""
    records = []
    for cell in draw.permutation(np.array(cells, dtype=object)):
        rest, share = WAYS[cell.model, cell.mode]
        seconds = (rest + share * cell.hidden_size / cell.threads**0.7) * draw.lognormal(sigma=0.02)
        failure = "out_of_memory" if cell.hidden_size == HIDDEN_SIZES[-1] and cell.model == "torch_cnn" else None
        run = record(cell, repetition, seconds, failure)
        for epoch in run["epochs"]:  # figures of full length: they take the room that real ones take
            epoch["duration_s"] *= draw.lognormal(sigma=0.005)
            epoch["train_loss"], epoch["test_loss"] = draw.lognormal(-epoch["epoch"], 0.1, 2)
            epoch["test_accuracy"] = 1 - draw.lognormal(-epoch["epoch"], 0.1)
        run["contention"] = run["contention"] | {"others_cpu": draw.exponential(0.01), "unevenness": draw.lognormal()}
        if draw.random() < 0.01:
            run["contention"] |= {"label": "contended", "reasons": ["others"], "others_cpu": 0.3}
        records.append(run)
    return records
