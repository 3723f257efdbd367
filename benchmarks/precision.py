"""How well a ratio of two ways is known: from fresh processes one after the other, and from ways that take turns.

    python benchmarks/precision.py results/precision.json [hidden size] [repetitions]

Each of the two methods estimates the ratio of torch to numpy several times, alone and beside one busy loop. What is
told is the relative standard deviation of these estimates, and how long an estimate took.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import numpy as np
import yaml

from payoff.cells import Cell
from payoff.comparisons.heats import Heats
from payoff.datasets.prepare import prepare_dataset
from payoff.datasets.registry import DATASETS
from payoff.files.home import HOME
from payoff.files.whole import appearing_whole
from payoff.machine.description import describe_machine
from payoff.models.registry import MODELS
from payoff.recipes import Recipe
from payoff.runs.heat import Run, measure_heat
from payoff.tables.runs import runs_table
from payoff.tables.turns import turns_table

WAYS = ("torch_mlp", "numpy_mlp")
FRESH = 6  # processes of each way for one estimate, as in the study quick
HEATS = 3  # for one estimate: about the same time
STUDY = HOME / "workflow" / "studies" / "quick.yaml"


Makes = Callable[[int], Iterator[Run]]  # so many runs of each way


def fresh(runs: Makes, logs: Path) -> float:
    """The ratio of the medians over fresh processes, each the median of its epochs, one process after the other."""
    records = [record for run in runs(FRESH) for record in measure_heat([run], logs, rounds=0)]
    times = runs_table(records).groupby("model")["epoch_time_s"].median()
    return float(times[WAYS[0]] / times[WAYS[1]])


def turns(runs: Makes, logs: Path) -> float:
    """The geometric mean of the ratios of some heats."""
    pairs = list(runs(HEATS))
    records = [record for pair in zip(pairs[::2], pairs[1::2], strict=True) for record in measure_heat(pair, logs)]
    cells = [("", *vars(run.cell).values()) for run in pairs[:2]]
    return float(np.exp(np.mean(Heats(turns_table(records)).logs(*cells))))


METHODS = {"fresh processes": fresh, "turns": turns}


def maker(dataset: Path, hidden_size: int) -> Makes:
    """Makes so many runs of each way, the ways alternating; no two runs have the same repetition and seed."""
    name, document = next(iter(yaml.safe_load(STUDY.read_text(encoding="utf-8"))["recipes"].items()))
    numbers = count(1)

    def runs(number: int) -> Iterator[Run]:
        for repetition in (next(numbers) for _ in range(number)):
            for model in WAYS:
                cell = Cell("digits", model, "eager", name, "cpu", hidden_size, 1)
                recipe, module = Recipe.from_document(document), MODELS[model].modules["eager"]
                yield Run("precision", cell, repetition, repetition, module, recipe, dataset, budget_s=600)

    return runs


@contextmanager
def busy(loops: int) -> Iterator[None]:
    """So many processes that only count, beside what is measured."""
    processes = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(loops)]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


def estimated(method: Callable[[Makes, Path], float], runs: Makes, logs: Path, repetitions: int) -> dict:
    started = time.monotonic()
    ratios = [method(runs, logs) for _ in range(repetitions)]
    return {
        "ratios": ratios,
        "relative_deviation": float(np.std(ratios, ddof=1) / np.mean(ratios)),
        "seconds": (time.monotonic() - started) / repetitions,
    }


def main(target: str, hidden_size: str = "2048", repetitions: str = "5") -> None:
    found: list[dict] = []
    with tempfile.TemporaryDirectory() as folder:
        dataset, logs = Path(folder) / "digits.npz", Path(folder) / "logs"
        prepare_dataset(DATASETS["digits"], None, Path(folder), dataset)
        runs = maker(dataset, int(hidden_size))
        for loops in (0, 1):
            for name, method in METHODS.items():
                with busy(loops):
                    result = estimated(method, runs, logs, int(repetitions))
                found.append({"method": name, "busy_loops": loops, **result})
                where = "beside a busy loop" if loops else "alone"
                ratios = ", ".join(f"{ratio:.2f}" for ratio in result["ratios"])
                deviation, seconds = f"{result['relative_deviation']:.1%}", f"{result['seconds']:.0f} s per estimate"
                print(f"{name}, {where}: {ratios}; relative standard deviation {deviation}, {seconds}", flush=True)
    document = {"machine": describe_machine(), "hidden_size": int(hidden_size), "estimates": found}
    with appearing_whole(target) as temporary:
        temporary.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
