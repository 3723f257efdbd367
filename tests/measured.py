"""What the tests of runs and of heats share, in which processes really train."""

import json
import os
from pathlib import Path

import pytest

from payoff.cells import Cell
from payoff.models.registry import MODELS
from payoff.recipes import Recipe
from payoff.runs.entrant import Run
from payoff.runs.records import read_records, write_records

RECIPE = Recipe("unit", "cross_entropy", "sgd", learning_rate=0.1, batch_size=128, epochs=2)


def check_contract(*records: dict, folder: Path) -> None:
    """They can be written, and are read as they were."""
    write_records(records, folder / "heat.jsonl")
    assert read_records(folder / "heat.jsonl") == json.loads(json.dumps(records))


@pytest.fixture
def run(digits):
    def make(
        model="numpy_mlp",
        mode=None,
        recipe=RECIPE,
        hidden_size=8,
        device="cpu",
        threads=1,
        budget_s=60,
        module=None,
    ) -> Run:
        mode = mode or MODELS[model].default_mode
        cell = Cell("digits", model, mode, "short", device, hidden_size, threads)
        return Run("test", cell, 1, 4, module or MODELS[model].modules[mode], recipe, digits, budget_s)

    return make


@pytest.fixture
def module_of(tmp_path, monkeypatch):
    """A module with this text, found by the measured process."""
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)

    def write(name: str, text: str) -> str:
        (tmp_path / f"{name}.py").write_text(text)
        return name

    return write
