"""A study: which cells it has, and in which order their runs are measured."""

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any, Literal

from payoff.cells import Cell
from payoff.machine.devices import DEVICES
from payoff.models.registry import MODELS
from payoff.recipes import Recipe

# What a record is of: the study itself, or its control. Each has its folder of records.
Series = Literal["runs", "control"]

# A study that asks for a precision measures at least so often: an interval of the median takes six values
# (payoff.statistics.estimates.median_interval). At most so often, so that it ends whatever the machine does.
FEWEST_REPETITIONS = 6
MOST_REPETITIONS = 100

# Seconds of measured time that it may spend if it does not say.
UNTIL_S = 3600

# The chapters of a study that names none: what any study can fill.
CHAPTERS = ("scaling", "accuracy", "where_the_time_goes", "trust_in_the_timings")


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
        fields: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in document.items()
        }
        return cls(**fields)


@dataclass(frozen=True)
class Study:
    name: str
    title: str
    description: str
    recipes: Mapping[str, Recipe]
    grids: tuple[Grid, ...]
    # recipe -> those of its fields that a replayed source leaves out: readers are told, no training depends on it
    chosen: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    chapters: tuple[str, ...] = CHAPTERS  # notebooks, in the order of the report
    targets: Mapping[str, float] = field(default_factory=dict)  # data set -> the test accuracy to reach, a fraction
    claims: str | None = None  # a name from workflow/claims, or a path to a file
    # how far the ends of a median's interval may lie from it, as a fraction of it; None: measure a number of times
    until: float | None = None
    until_s: int = UNTIL_S  # seconds of measured time that this may take

    @classmethod
    def from_document(cls, name: str, document: Mapping[str, Any]) -> "Study":
        """From a study file that fulfils its schema."""
        recipes = {recipe: dict(values) for recipe, values in document["recipes"].items()}
        chosen = {recipe: tuple(values.pop("chosen")) for recipe, values in recipes.items() if "chosen" in values}
        return cls(
            name=name,
            title=document["title"],
            description=document["description"],
            recipes={recipe: Recipe.from_document(values) for recipe, values in recipes.items()},
            grids=tuple(Grid.from_document(grid) for grid in document["grids"]),
            chosen=chosen,
            chapters=tuple(document.get("chapters", CHAPTERS)),
            targets=document.get("targets", {}),
            claims=document.get("claims"),
            until=fraction(document["until"]) if "until" in document else None,
            until_s=document.get("until_s", UNTIL_S),
        )

    def cells(self, devices: Sequence[str], threads: int) -> dict[Cell, str | None]:
        """Every cell of the study, each once -> why it cannot be measured, or None if it can.

        devices, threads: for the grids that name none of their own.
        """
        return {cell: reason for grid in self.grids for cell, reason in self._cells_of(grid, devices, threads)}

    def control_cell(self, devices: Sequence[str], threads: int) -> Cell:
        """The cell that is measured a second time, as a control: the same work against itself.

        It is the study's middle: of the first grid that has a cell which can be measured, the first such data set,
        model, mode, device and number of threads, with the middle one of the grid's hidden sizes (of an even number,
        the upper of the two). Raises ValueError if the study has no such cell.
        """
        for grid in self.grids:
            for cell, reason in self._cells_of(grid, devices, threads):
                if reason is None:
                    return replace(cell, hidden_size=sorted(grid.hidden_sizes)[len(grid.hidden_sizes) // 2])
        raise ValueError(f"no cell of {self.name} can be measured")

    def budgets_s(self, devices: Sequence[str], threads: int, budget_s: float) -> dict[Cell, float]:
        """Seconds that a run of each cell may take: `budget_s`, or less; the most where several grids have the cell."""
        budgets: dict[Cell, float] = {}
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


def fraction(percentage: str) -> float:
    """0.03 of "3 %"."""
    return float(percentage.removesuffix("%")) / 100


def order_of_runs(cells: Iterable[Cell], control: Cell, repetitions: int, seed: int) -> list[tuple[Series, Cell, int]]:
    """(series, cell, repetition) in random blocks: block r holds repetition r of every cell and the control, shuffled.

    So the repetitions of a cell are spread over the whole study, and a slow quarter of an hour
    touches every cell alike instead of one. `control` is one of the cells: its runs and those of its
    control lie in the same blocks, as those of any two cells do.
    """
    draw = random.Random(seed)
    order: list[tuple[Series, Cell, int]] = []
    for repetition in range(1, repetitions + 1):
        block: list[tuple[Series, Cell, int]] = [("runs", cell, repetition) for cell in sorted(cells)]
        block.append(("control", control, repetition))
        draw.shuffle(block)
        order += block
    return order
