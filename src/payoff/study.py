"""A study: which cells it has, and in which order their runs are measured."""

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from payoff.cells import Cell
from payoff.devices import DEVICES
from payoff.models.registry import MODELS
from payoff.recipes import Recipe

# The chapters of a study that names none: what any study can fill.
CHAPTERS = ("scaling", "accuracy")


@dataclass(frozen=True)
class Grid:
    """A product of data sets, models, modes and hidden sizes under one recipe.

    devices, threads: None for those of the configuration; budget_s: less than that of the configuration where a
    rate is enough; systems: what of a replayed source this is.
    """

    datasets: tuple[str, ...]
    models: tuple[str, ...]
    recipe: str
    hidden_sizes: tuple[int, ...]
    modes: tuple[str, ...] = ("eager",)
    devices: tuple[str, ...] | None = None
    threads: tuple[int, ...] | None = None
    budget_s: int | None = None
    systems: tuple[str, ...] = ()

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "Grid":
        return cls(**{key: tuple(value) if isinstance(value, list) else value for key, value in document.items()})


@dataclass(frozen=True)
class Study:
    name: str
    title: str
    description: str
    recipes: Mapping[str, Recipe]
    grids: tuple[Grid, ...]
    chapters: tuple[str, ...] = CHAPTERS  # notebooks, in the order of the report
    claims: str | None = None  # a name from workflow/claims, or a path to a file

    @classmethod
    def from_document(cls, name: str, document: Mapping[str, Any]) -> "Study":
        """From a study file that fulfils its schema."""
        return cls(
            name=name,
            title=document["title"],
            description=document["description"],
            recipes={recipe: Recipe.from_document(values) for recipe, values in document["recipes"].items()},
            grids=tuple(Grid.from_document(grid) for grid in document["grids"]),
            chapters=tuple(document.get("chapters", CHAPTERS)),
            claims=document.get("claims"),
        )

    def cells(self, devices: Sequence[str], threads: int) -> dict[Cell, str | None]:
        """Every cell of the study, each once -> why it cannot be measured, or None if it can.

        devices, threads: for the grids that name none of their own.
        """
        return {cell: reason for grid in self.grids for cell, reason in self._cells_of(grid, devices, threads)}

    def budgets_s(self, devices: Sequence[str], threads: int, budget_s: int) -> dict[Cell, int]:
        """Seconds that a run of each cell may take: `budget_s`, or less; the most where several grids have the cell."""
        budgets = {}
        for grid in self.grids:
            own = min(grid.budget_s or budget_s, budget_s)
            for cell, _ in self._cells_of(grid, devices, threads):
                budgets[cell] = max(own, budgets.get(cell, 0))
        return budgets

    def systems(self, devices: Sequence[str], threads: int) -> list[tuple[str, Cell]]:
        """(what of a source, one of its cells), in the order of the grids."""
        return [
            (system, cell)
            for grid in self.grids
            for system in grid.systems
            for cell, _ in self._cells_of(grid, devices, threads)
        ]

    def _cells_of(self, grid: Grid, devices: Sequence[str], threads: int) -> Iterator[tuple[Cell, str | None]]:
        recipe = self.recipes[grid.recipe]
        for dataset, model, mode, device, hidden_size, count in product(
            grid.datasets,
            grid.models,
            grid.modes,
            grid.devices or devices,
            grid.hidden_sizes,
            grid.threads or (threads,),
        ):
            reason = MODELS[model].skip(device, mode, recipe)
            if reason is None and device not in devices:
                reason = f"config.yaml leaves {device} out" if DEVICES[device]() else f"no {device} device is here"
            yield Cell(dataset, model, mode, grid.recipe, device, hidden_size, count), reason


def order_of_runs(cells: Iterable[Cell], repetitions: int, seed: int) -> list[tuple[Cell, int]]:
    """(cell, repetition) in random blocks: block r holds repetition r of every cell, shuffled.

    So the repetitions of a cell are spread over the whole study, and a slow quarter of an hour
    touches every cell alike instead of one.
    """
    draw = random.Random(seed)
    blocks = []
    for repetition in range(1, repetitions + 1):
        block = [(cell, repetition) for cell in sorted(cells)]
        draw.shuffle(block)
        blocks += block
    return blocks
