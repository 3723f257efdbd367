"""The gate: compare each pair of ways to train the same network, in a separate process; one row per pair."""

import json
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from payoff.equal_work.agreement import KINDS, STEPS, TOLERANCE
from payoff.equal_work.table import equal_work_table
from payoff.machine.locks import alone_on_machine
from payoff.machine.processes import CRASHES, ProgramFaultError, call
from payoff.models.registry import MODELS
from payoff.recipes import Recipe

ENDS = ("first", "second")


def check_equal_work(
    checked: Sequence[Mapping[str, Any]],
    recipes: Mapping[str, Recipe],
    datasets: Mapping[str, Path],
    *,
    seed: int,
    threads: int,
    limit_s: float,
    log: Path,
) -> pd.DataFrame:
    """Compare the two ways of each pair, in a fresh process that prints into `log`.

    If a way crashes that process, or makes it take longer than limit_s seconds, all pairs with this way fail. Another
    process then checks the remaining pairs.

    checked: as payoff.equal_work.pairs.pairs makes them; recipes: by name; datasets: prepared .npz files, by name.
    Returns the pairs, each with the number of steps, the differences (see payoff.equal_work.agreement), the tolerance,
    whether all differences are within it, and if not, why. A pair that could not be checked did not pass. Raises
    ProgramFaultError if the process fails in another way.
    """
    request: dict[str, Any] = {
        "pairs": [{**pair, **{f"{end}_module": _module(pair, end) for end in ENDS}} for pair in checked],
        "recipes": {name: recipe.to_document() for name, recipe in recipes.items()},
        "datasets": {name: str(path) for name, path in datasets.items()},
        "seed": seed,
    }
    rows: list[dict[str, Any]] = []
    ended: dict[tuple[str, ...], str] = {}  # way -> how it ended the process that tried it
    while len(rows) < len(checked):
        if culprit := next((way for way in _ways(checked[len(rows)]) if way in ended), None):
            rows.append(_not_checked(culprit, ended[culprit]))
            continue
        found, culprit, how = _asked(request | {"pairs": request["pairs"][len(rows) :]}, threads, limit_s, log)
        rows += found
        if culprit:
            ended[culprit] = how
    rows = [{**pair, **answer} for pair, answer in zip(checked, rows, strict=True)]
    return equal_work_table(rows)


def _ways(pair: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """(model, mode, device) of each of the two ways."""
    return [tuple(pair[f"{end}_{part}"] for part in ("model", "mode", "device")) for end in ENDS]


def _not_checked(culprit: tuple[str, ...], how: str) -> dict[str, Any]:
    """The result of a pair if one of its ways ended the process that tried it."""
    figures = dict.fromkeys(f"{kind}_difference" for kind in KINDS)
    reason = f"could not be checked: {' '.join(culprit)}: {how}"
    return {"steps": STEPS, **figures, "tolerance": TOLERANCE, "passed": False, "reason": reason}


def _module(pair: Mapping[str, Any], end: str) -> str:
    return MODELS[pair[f"{end}_model"]].modules[pair[f"{end}_mode"]]


def _asked(
    request: Mapping[str, Any], threads: int, limit_s: float, log: Path
) -> tuple[list[dict[str, Any]], tuple[str, ...] | None, str]:
    """Check the pairs in one process. Returns the rows of all pairs, or of those before a way that ended the process;
    this way, or None; and how it ended the process."""
    with alone_on_machine() as held:  # nothing is timed here, but this would disturb a timed run
        called = call(
            "payoff.equal_work.check_worker", request, threads=threads, log=log, limit_s=limit_s, descriptors=held
        )
    status, lines = called.status, [json.loads(line) for line in called.written.splitlines()]
    rows = [line["row"] for line in lines if "row" in line]
    if status == 0:
        return rows, None, ""
    if lines and "trying" in lines[-1]:
        culprit = tuple(lines[-1]["trying"])
        if status is None:
            return rows, culprit, f"it took longer than {limit_s:g} s"
        if -status in CRASHES:
            return rows, culprit, f"it crashed ({signal.Signals(-status).name})"
    if status is None and rows:  # its time was over between two pairs, while it read other data
        return rows, None, ""
    raise ProgramFaultError("the check for equal work", status, log)
