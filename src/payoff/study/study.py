"""A study: which cells it has, and in which order its heats are measured."""

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any

from payoff.cells import Cell, Contest
from payoff.machine.devices import DEVICES
from payoff.models.registry import MODELS
from payoff.recipes import Recipe

# How often a study that asks for a precision measures each cell: at least six times, since an interval of the median
# needs six values (payoff.statistics.estimates.median_interval), and at most MOST_REPETITIONS times, so that it ends.
FEWEST_REPETITIONS = 6
MOST_REPETITIONS = 100

# Of a study. Snakemake plans 72,000 runs in 34 s of CPU and 0.7 GB (docs/decisions/scale.md).
MOST_RUNS = 200_000

# Seconds of measured time that such a study may spend, unless its file says otherwise.
UNTIL_S = 3600

# The chapters of a study that names none. Any study has the data for them.
CHAPTERS = ("scaling", "why", "accuracy", "where_the_time_goes", "trust_in_the_timings")


@dataclass(frozen=True)
class Grid:
    """All combinations of data sets, models, modes and hidden sizes, with one recipe.

    modes: None for each model's default; devices, threads: None for those of the configuration; budget_s: less than
    that of the configuration if a rate is enough; systems: the systems of a replayed source that these cells are.
    """

    datasets: tuple[str, ...]
    models: tuple[str, ...]
    recipe: str
    hidden_sizes: tuple[int, ...]
    modes: tuple[str, ...] | None = None
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
    # recipe -> its fields that a replayed source does not give; this is for readers, no training depends on it
    chosen: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    chapters: tuple[str, ...] = CHAPTERS  # notebooks, in the order of the report
    targets: Mapping[str, float] = field(default_factory=dict)  # data set -> the test accuracy to reach, a fraction
    claims: str | None = None  # a name from workflow/claims, or a path to a file
    # the largest allowed distance from a median to the ends of its interval, as a fraction of the median; None: the
    # number of repetitions is fixed
    until: float | None = None
    # the same for the break-evens, for which hidden sizes are added; None: the sizes are those of the grids
    refine: float | None = None
    until_s: int = UNTIL_S  # seconds of measured time that may be spent to reach `until` and `refine`

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
            refine=fraction(document["refine"]) if "refine" in document else None,
            until_s=document.get("until_s", UNTIL_S),
        )

    @property
    def has_blocks(self) -> bool:
        """Whether the study goes on in blocks after its first repetitions, until it is as precise as asked."""
        return self.until is not None or self.refine is not None

    def cells(self, devices: Sequence[str], threads: Sequence[int]) -> dict[Cell, str | None]:
        """Each cell of the study -> why it cannot be measured, or None if it can.

        devices, threads: for the grids that name none. On the CPU each of these numbers of threads is measured, the
        first of them on other devices, where threads only feed the device, and for a system of a replayed source.
        """
        return {cell: reason for grid in self.grids for cell, reason in self._cells_of(grid, devices, threads)}

    def most_runs(self, devices: Sequence[str], threads: Sequence[int], repetitions: int) -> int:
        """At most so many runs does the study come to; computed without listing them."""
        cells = 0
        for grid in self.grids:
            modes = len(grid.modes or ("default",))
            ways = len(grid.models) * modes * len(grid.devices or devices) * len(grid.threads or threads)
            cells += len(grid.datasets) * ways * len(grid.hidden_sizes)
        return cells * repetitions

    def control_cell(self, devices: Sequence[str], threads: Sequence[int]) -> Cell:
        """The cell that is twice in each of its heats, as a control: the same work is compared with itself.

        Its data set, model, mode, device and number of threads are those of the first cell that can be measured. Its
        hidden size is the middle one of that cell's grid; of an even number of sizes, the upper of the two middle ones.
        Raises ValueError if no cell can be measured.
        """
        for grid in self.grids:
            for cell, reason in self._cells_of(grid, devices, threads):
                if reason is None:
                    return replace(cell, hidden_size=sorted(grid.hidden_sizes)[len(grid.hidden_sizes) // 2])
        raise ValueError(f"no cell of {self.name} can be measured")

    def budgets_s(self, devices: Sequence[str], threads: Sequence[int], budget_s: float) -> dict[Cell, float]:
        """Seconds that a run of each cell may take: `budget_s` or less. If several grids have the cell, the most."""
        budgets: dict[Cell, float] = {}
        for grid in self.grids:
            own = min(grid.budget_s or budget_s, budget_s)
            for cell, _ in self._cells_of(grid, devices, threads):
                budgets[cell] = max(own, budgets.get(cell, 0))
        return budgets

    def systems(self, devices: Sequence[str], threads: Sequence[int]) -> list[tuple[str, Cell]]:
        """(a system of a source, one of its cells), in the order of the grids."""
        return [
            (system, cell)
            for grid in self.grids
            for system in grid.systems
            for cell, _ in self._cells_of(grid, devices, threads)
        ]

    def _cells_of(
        self, grid: Grid, devices: Sequence[str], threads: Sequence[int]
    ) -> Iterator[tuple[Cell, str | None]]:
        recipe = self.recipes[grid.recipe]
        executed = [(model, mode) for model in grid.models for mode in grid.modes or (MODELS[model].default_mode,)]
        for dataset, (model, mode), device, hidden_size in product(
            grid.datasets, executed, grid.devices or devices, grid.hidden_sizes
        ):
            reason = MODELS[model].skip(device, mode, recipe)
            if reason is None and device not in devices:
                reason = f"config.yaml leaves {device} out" if DEVICES[device]() else f"no {device} device is here"
            several = device == "cpu" and not grid.systems
            for count in grid.threads or (threads if several else threads[:1]):
                yield Cell(dataset, model, mode, grid.recipe, device, hidden_size, count), reason


def fraction(percentage: str) -> float:
    """The number that a text such as "3 %" means: 0.03."""
    return float(percentage.removesuffix("%")) / 100


def contest_of(cell: Cell) -> Contest:
    """The contest in which a cell takes part."""
    return Contest(cell.dataset, cell.recipe, MODELS[cell.model].architecture, cell.hidden_size)


def order_of_heats(contests: Iterable[Contest], repetitions: int, seed: int) -> list[tuple[Contest, int]]:
    """(contest, repetition) in random blocks: block r holds repetition r of every contest, shuffled.

    So the heats of a contest are spread over the whole study, and a slow quarter of an hour affects all contests alike
    instead of only one.
    """
    draw = random.Random(seed)
    order: list[tuple[Contest, int]] = []
    for repetition in range(1, repetitions + 1):
        block = [(contest, repetition) for contest in sorted(contests)]
        draw.shuffle(block)
        order += block
    return order
