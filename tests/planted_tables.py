"""The tables of studies that never ran, on disk as their rules leave them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
import pandas as pd
from planted import CHECK_COLUMNS, MACHINE, RECIPE, cell, check_of, record, study

from payoff.answer.compute import compare_ways
from payoff.beside.about import about, write_about
from payoff.cells import CELL, LABELS, Cell
from payoff.page.html.report import context
from payoff.tables.cells import cells_table
from payoff.tables.runs import runs_table
from payoff.tables.samples import samples_table, steps_table
from payoff.tables.sites import own_machines
from payoff.tables.turns import turns_table
from payoff.tables.writing import write_table

DIGITS = {"digits": {"title": "Digits (UCI)", "md5": None}}
SHORT = {"short": RECIPE.stated()}
SIX = range(1, 7)
GPU = [{"name": "NVIDIA H200", "memory_bytes": 2**37, "driver": "1"}]


def plant(
    folder: Path,
    times: Mapping[Cell, float | Sequence[float]],
    *,
    failures: Mapping[Cell, str] | None = None,
    not_applicable: Mapping[Cell, str] | None = None,
    day="2026-01-01",
    title="A study",
    datasets=DIGITS,
    recipes=SHORT,
    machine=MACHINE,
    checks=(),
) -> str:
    """The tables of a study with these times.

    times: cell -> seconds per epoch, in six runs that are 0.1 to 0.6 % longer, or the seconds of each run; failures:
    cell -> why each of six runs of it failed, besides those with times; not_applicable: cell -> why it was not run.
    """
    done = {one: [(seconds, None) for seconds in _each(given)] for one, given in times.items()}
    for one, failure in (failures or {}).items():
        done[one] = done.get(one, []) + [(1.0, failure) for _ in SIX]
    moment = crc32(folder.name.encode()) % 1000  # no two studies have the same run
    records = [
        record(one, repetition, seconds, failure)
        | {"machine": machine, "started_at": f"{day}T00:00:{repetition:02}.{moment:03}+00:00"}
        for one, own in done.items()
        for repetition, (seconds, failure) in enumerate(own, 1)
    ]
    cells = dict.fromkeys([*times, *(failures or {})]) | dict(not_applicable or {})
    return plant_records(folder, records, cells, title=title, datasets=datasets, recipes=recipes, checks=checks)


def plant_records(folder: Path, records, cells, *, title="A study", datasets=DIGITS, recipes=SHORT, checks=()) -> str:
    """The tables of these records; the control is of the first cell."""
    runs = runs_table(records)
    frames = {
        "runs": runs,
        "samples": samples_table(records),
        "turns": turns_table(records),
        "steps": steps_table(records),
        "cells": cells_table(runs, cells),
        "control": runs[(runs[CELL] == runs.iloc[0][CELL]).all(axis=1)],
        "equal_work": pd.DataFrame([check_of(*check, dataset="digits") for check in checks], columns=CHECK_COLUMNS),
    }
    tables = plant_frames(folder / "tables", **frames)
    document = about(records, own_machines(records), study="planted", title=title, datasets=datasets, recipes=recipes)
    write_about(document, tables / "about.json")
    return str(tables)


def planted_context(
    folder: Path, runs, samples, cells, *, checks=(), again=None, title="A study", recipes=None, **values
) -> dict[str, Any]:
    """The context of the page of a study with these tables, which are written into the folder first.

    checks: rows of the table of equal work; again: those of `runs` that are the control's, too; values: more of
    payoff.page.html.report.context.
    """
    tables = plant_frames(
        folder / "tables",
        runs=runs,
        samples=samples,
        steps=steps_table([]),
        cells=cells,
        control=runs.iloc[:0] if again is None else again,
        equal_work=pd.DataFrame(checks, columns=CHECK_COLUMNS),
    )
    document = about(
        [record(Cell(*cell), 1, 0.1) for cell in runs[CELL].drop_duplicates().itertuples(index=False, name=None)],
        own_machines([record(Cell(*cell), 1, 0.1) for cell in runs[CELL].itertuples(index=False, name=None)]),
        study="planted",
        title=title,
        datasets={name: {"title": name, "md5": None} for name in cells["dataset"].unique()},
        recipes=recipes or dict.fromkeys(cells["recipe"].unique(), RECIPE.stated()),
    )
    write_about(document, tables / "about.json")
    told = {"description": "For a test.", "chapters": [], "provenance": {"Commit": "unknown"}}
    return context([str(tables)], compare_ways([str(tables)]), **told | values)


def plant_frames(tables: Path, **frames: pd.DataFrame) -> Path:
    """name -> table, on disk; without the labels that reading adds."""
    for name, table in frames.items():
        bare = table.drop(columns=LABELS, errors="ignore")
        write_table(bare, tables / f"{name}.parquet", tables / f"{name}.csv")
    return tables


def _each(seconds: float | Sequence[float]) -> Sequence[float]:
    return [seconds * (1 + run / 1000) for run in SIX] if isinstance(seconds, float) else seconds


def machine(key: str, **changes) -> dict:
    return MACHINE | {"key": key * 12} | changes


def publish(path: Path, *lines: list[str]) -> Path:
    """A published file with these lines, each of which is a record."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(line + "\n" for own in lines for line in own), encoding="utf-8")
    return path


def said(text: str) -> str:
    """The words, wherever their lines end."""
    return " ".join(text.split())


def planted_large(count: int = 10_000) -> dict[str, pd.DataFrame]:
    """With as little order as there can be: random figures to the microsecond, and one checksum per run."""
    runs, samples, cells = study({cell("numpy_mlp", 10): 0.1})
    runs = runs.iloc[np.zeros(count, int)].reset_index(drop=True)
    samples = samples.iloc[np.zeros(10 * count, int)].reset_index(drop=True)
    random = np.random.default_rng(0)
    for table in (runs, samples):
        for name in table.select_dtypes(float).columns:
            table[name] = random.random(len(table)).round(6)
    runs["weights_sha256"] = [random.bytes(32).hex() for _ in range(count)]
    tables = {"cells": cells, "runs": runs, "samples": samples}
    return {name: table.drop(columns=LABELS, errors="ignore") for name, table in tables.items()}
