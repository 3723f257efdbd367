"""What a study is made of, for readers: every cell and what became of it, its systems, its recipes, its machine."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from payoff.cells import HERE, SITED_CELL, TASK, WAY
from payoff.comparisons.ways import name, site_name, way_of
from payoff.failures import REASONS
from payoff.machine.rates import RATES
from payoff.page.words.sentences import listed
from payoff.statistics.estimates import ENDS
from payoff.tables.formats import count, significant
from payoff.tables.runs import is_contended

LINE = ["site", *TASK, *WAY]  # what the cells of one line share; they differ in the hidden size
OF_MARK = ["hidden_size", "status", "reason", "n", "n_failed", "n_partial"]  # what became of a cell


def machine_lines(runs: pd.DataFrame) -> list[str]:
    """One line for each machine on which runs were measured, with the CPU threads of the runs; the lines of other
    studies begin with their names."""
    names = ("cpu", "logical_cores", "memory_bytes", "gpus", "os", "host")
    facts = [f"machine_{name}" for name in names]
    lines = []
    for site, site_runs in runs.fillna(dict.fromkeys(facts, "")).groupby("site"):
        threads, machines = _threads(site_runs["threads"]), list(site_runs.groupby(facts, sort=False))
        for (cpu, cores, memory, gpus, os, _), measured in machines:
            line = f"{cpu}, {count(cores)} cores, {memory / 2**30:.0f} GiB, {gpus or 'no GPU'}, {os}; {threads}"
            line += f" (the runs on {listed(sorted(measured['device'].unique()))})" if len(machines) > 1 else ""
            lines.append(f"{site}: {line}" if site else line)
    return lines


def tally(cells: pd.DataFrame, runs: pd.DataFrame) -> str:
    """For each study: how many runs were done, how many of them failed, and how long they took."""
    told = []
    for site, site_runs in runs.groupby("site"):
        asked = int(((cells["site"] == site) & (cells["status"] != "not applicable")).sum())
        told.append(f"{site}: {_tally(asked, site_runs)}" if site else _tally(asked, site_runs))
    return " ".join(told)


def _tally(cells: int, runs: pd.DataFrame) -> str:
    stopped = int(runs["extrapolated"].sum())
    failed = int(runs["failure"].notna().sum()) - stopped
    contended = int(is_contended(runs).sum())
    of_them = [f"{'none' if n == 0 else count(n)} {what}" for n, what in ((contended, "contended"), (failed, "failed"))]
    if stopped:
        of_them.append(f"{count(stopped)} stopped for the time budget, so that only the rate counts")
    minutes = significant(runs["wall_s"].sum() / 60, 2)
    number, cell = "run" if len(runs) == 1 else "runs", "cell" if cells == 1 else "cells"
    done = f"{count(len(runs))} {number} of {count(cells)} {cell}, of them {', '.join(of_them)}"
    return f"{done}; {minutes} minutes of measured time."


def _threads(threads: pd.Series) -> str:
    numbers = sorted(threads.unique())
    return f"{' and '.join(map(count, numbers))} CPU thread{'s' if numbers != [1] else ''}"


def completeness_grid(cells: pd.DataFrame) -> dict:
    """One row per data set, recipe and way, with one mark per hidden size: what was measured, and if not, why.

    `sites` says whether there are several studies; the `site` of a row is then its study. `complete` says whether each
    of the `asked` cells has a time from all of its runs.
    """
    sizes = sorted(cells["hidden_size"].unique())
    rows = []
    for _, group in cells.groupby(LINE, sort=False):
        by_size = {cell["hidden_size"]: cell for cell in group[OF_MARK].to_dict("records")}
        marks = [_mark(by_size.get(size)) for size in sizes]
        first, way = group.iloc[0], way_of(group.iloc[0])
        row = {"site": site_name(way.site), "dataset": first["task"], "model": name(way), "device": way.device}
        rows.append(row | {"marks": marks})
    asked = cells[cells["status"] != "not applicable"]
    return {
        "sizes": [count(size) for size in sizes],
        "sites": bool(cells["site"].any()),
        "rows": rows,
        "asked": count(len(asked)),
        "complete": bool(len(asked) and (asked["status"] == "measured").all() and not asked["n_failed"].any()),
    }


def _mark(cell: Mapping[str, Any] | None) -> dict:
    if cell is None:
        return {"text": "not asked", "kind": "absent"}
    if cell["status"] == "not applicable":
        return {"text": cell["reason"], "kind": "absent"}
    done = f"{cell['n']} of {cell['n'] + cell['n_failed']}"
    if cell["status"] == "measured":
        return {"text": done, "kind": "measured"}
    if cell["status"] == "extrapolated":
        return {"text": f"{done}, {cell['n_partial']} stopped for the budget", "kind": "measured"}
    return {"text": f"{done}: {cell['reason']}".replace("_", " "), "kind": "failed"}


def systems_rows(systems: Iterable[tuple[str, Mapping[str, Any]]], cells: pd.DataFrame) -> list[dict]:
    """One row per system and line of cells, with what became of each hidden size.

    systems: one (the system of a replayed source, the identity of a cell) per cell.
    """
    identities = pd.DataFrame(
        [{"system": system, "site": HERE, **cell} for system, cell in systems], columns=["system", *SITED_CELL]
    )
    rows = []
    for (system, *_), line in identities.merge(cells, on=SITED_CELL).groupby(["system", *LINE], sort=False):
        became = [
            f"H = {count(cell['hidden_size'])}: {_mark(cell)['text']}" for cell in line[OF_MARK].to_dict("records")
        ]
        first, way = line.iloc[0], way_of(line.iloc[0])
        row = {"system": system, "dataset": first["task"], "model": name(way), "device": way.device}
        rows.append(row | {"became": "; ".join(became)})
    return rows


def recipes_rows(recipes: Mapping[str, Mapping[str, Any]], chosen: Mapping[str, Sequence[str]]) -> list[dict]:
    """One row per recipe: its settings, and which of them were chosen here because the source leaves them out."""
    rows = []
    for recipe, stated in recipes.items():
        text = "; ".join(f"{field.replace('_', ' ')} {_setting(value)}" for field, value in stated.items())
        rows.append({"name": recipe, "text": text, "chosen": ", ".join(chosen.get(recipe, ())).replace("_", " ")})
    return rows


def _limits(machine: Mapping[str, Any]) -> dict[str, str]:
    """What a container allows, if it allows less than the machine has."""
    cpus = [f"{machine['cpu_quota']:g} CPUs"] if "cpu_quota" in machine else []
    limits = [*cpus, *_memory(machine.get("memory_limit_bytes"))]
    return {"Limits of the container": ", ".join(limits)} if limits else {}


def machine_facts(machine: Mapping[str, Any]) -> dict[str, str]:
    """The facts of payoff.machine.description.describe_machine as text, by name."""
    gpus = [
        ", ".join([gpu["name"] or "a GPU", *_memory(gpu["memory_bytes"]), f"driver {gpu['driver'] or 'unknown'}"])
        for gpu in machine["gpus"]
    ]
    cores = f"{count(machine['physical_cores'])} cores, {count(machine['logical_cores'])} threads"
    packages = [f"{name} {machine[name]}" for name in ("python", "numpy", "torch", "jax") if machine.get(name)]
    blas = [part for part in (machine["blas"] or {}).values() if part]
    return {
        "Processor": ", ".join([machine["cpu"], machine["architecture"], cores, *_memory(machine["memory_bytes"])]),
        **_limits(machine),
        "GPUs": "; ".join([*(gpus or ["none"]), *machine.get("gpu_faults", ())]),
        "System": machine["os"],
        "Software": ", ".join(packages),
        "BLAS of numpy": ", ".join(blas) or "does not tell",
        "Machine, host": f"{machine['key']}, {machine['host']} (hashes of all these facts, and of hardware and name)",
    }


def rated_machines(rates: Sequence[Mapping[str, Any]], runs: pd.DataFrame) -> list[dict[str, Any]]:
    """What each machine is, and how fast it is; rates: of payoff.machine.rates, one per device.

    `facts`: text by name; `rows`: one row per rate, or one row for a device without any; `elsewhere`: the devices whose
    runs in this study another machine measured.
    """
    here = runs[runs["site"] == HERE]
    machines: dict[str, dict[str, Any]] = {}
    for device in sorted(rates, key=lambda device: device["device"] != "cpu"):
        machine = device["machine"]
        told = machines.setdefault(machine["key"], {"facts": machine_facts(machine), "rows": [], "elsewhere": []})
        told["rows"] += rates_rows(device)
        if machine["key"] not in set(here.loc[here["device"] == device["device"], "machine_key"]):
            told["elsewhere"].append(_on(device["device"]))
    return [
        told | {"elsewhere": listed(told["elsewhere"]) if told["elsewhere"] else None} for told in machines.values()
    ]


def rates_rows(rates: Mapping[str, Any]) -> list[dict]:
    """One row per rate of a device, or one row if it has none; rates: of payoff.machine.rates."""
    on, rows = _on(rates["device"]), []
    for found in rates["rates"]:
        rate = RATES[found["rate"]]
        median, low, high = (significant(found[end]) for end in ENDS)
        row = {"label": rate.label, "device": on, "figure": f"{median} [{low}, {high}]", "unit": found["unit"]}
        threads = f"; {count(rates['threads'])} CPU thread{'s' if rates['threads'] > 1 else ''}" if on == "CPU" else ""
        rows.append(row | {"description": f"{rate.description}; n = {count(found['n'])}{threads}"})
    if rates["missing"]:
        rows.append(
            {"label": "None", "device": on, "figure": "–", "unit": "", "description": REASONS[rates["missing"]]}
        )
    return rows


def _on(device: str) -> str:
    return "CPU" if device == "cpu" else device


def _memory(size: int | None) -> list[str]:
    return [] if size is None else [f"{size / 2**30:.0f} GiB"]


def _setting(value: Any) -> str:
    """A value of a recipe as text; a mapping as its keys and values, a list of mappings joined by arrows."""
    if isinstance(value, Mapping):
        return ", ".join(f"{key.replace('_', ' ')} {_setting(entry)}" for key, entry in value.items())
    if isinstance(value, list | tuple):
        separator = " → " if any(isinstance(entry, Mapping) for entry in value) else ", "
        return separator.join(_setting(entry) for entry in value)
    return {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)
