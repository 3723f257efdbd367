"""A study: which cells it has, and in which order their runs are measured."""

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

from payoff.cells import Cell
from payoff.models.registry import MODELS
from payoff.recipes import Recipe


@dataclass(frozen=True)
class Grid:
    """A product of data sets, models and hidden sizes under one recipe."""

    datasets: tuple[str, ...]
    models: tuple[str, ...]
    recipe: str
    hidden_sizes: tuple[int, ...]


@dataclass(frozen=True)
class Study:
    name: str
    title: str
    description: str
    recipes: Mapping[str, Recipe]
    grids: tuple[Grid, ...]

    @classmethod
    def from_document(cls, name: str, document: Mapping[str, Any]) -> "Study":
        """From a study file that fulfils its schema."""
        return cls(
            name=name,
            title=document["title"],
            description=document["description"],
            recipes={recipe: Recipe(**values) for recipe, values in document["recipes"].items()},
            grids=tuple(
                Grid(tuple(g["datasets"]), tuple(g["models"]), g["recipe"], tuple(g["hidden_sizes"]))
                for g in document["grids"]
            ),
        )

    def cells(self, devices: Iterable[str], threads: int) -> dict[Cell, str | None]:
        """Every cell of the study, each once -> why it cannot be measured, or None if it can."""
        return {
            Cell(dataset, model, grid.recipe, device, hidden_size, threads): MODELS[model].skip(device)
            for grid in self.grids
            for dataset, model, device, hidden_size in product(grid.datasets, grid.models, devices, grid.hidden_sizes)
        }


def order_of_runs(cells: Iterable[Cell], repetitions: int, seed: int) -> list[tuple[Cell, int]]:
    """(cell, repetition) in random blocks: block r holds repetition r of every cell, shuffled.

    So the repetitions of a cell are spread over the whole session, and a slow quarter of an hour
    touches every cell alike instead of one.
    """
    draw = random.Random(seed)
    blocks = []
    for repetition in range(1, repetitions + 1):
        block = [(cell, repetition) for cell in sorted(cells)]
        draw.shuffle(block)
        blocks += block
    return blocks
