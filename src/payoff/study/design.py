"""The design of a study: what this configuration measures of it, and in which order."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from payoff.cells import Cell, Contest
from payoff.models.registry import MODELS, MODES
from payoff.models.shapes import ARCHITECTURES
from payoff.study import needs
from payoff.study.configuration import Settings
from payoff.study.paths import DATASET, heat_of
from payoff.study.study import MOST_REPETITIONS, contest_of, order_of_heats


@dataclass(frozen=True)
class Design:
    """What the workflow derives from checked settings. Each part is computed when it is first needed."""

    settings: Settings

    @cached_property
    def cells(self) -> dict[Cell, str | None]:
        """Every cell of the study -> the reason why it is not measured, or None if it is."""
        return self.settings.study.cells(self.settings.devices, self.settings.cpu_threads)

    @cached_property
    def applicable(self) -> list[Cell]:
        """The cells that are measured."""
        return [cell for cell, reason in self.cells.items() if reason is None]

    @cached_property
    def control(self) -> Cell:
        """The cell that is twice in its heats: a difference as small as that between the two may be chance."""
        return self.settings.study.control_cell(self.settings.devices, self.settings.cpu_threads)

    @cached_property
    def systems(self) -> list[tuple[str, Cell]]:
        """(a system of a replayed source, one of its cells)."""
        return self.settings.study.systems(self.settings.devices, self.settings.cpu_threads)

    @cached_property
    def devices(self) -> list[str]:
        """The devices on which something is measured."""
        return sorted({cell.device for cell in self.applicable})

    @property
    def probed(self) -> str:
        """The device on whose machine the framework itself is asked: an accelerator's, if one is measured."""
        return next((device for device in self.devices if device != "cpu"), "cpu")

    @property
    def has_accelerator(self) -> bool:
        """Whether anything but CPUs is measured."""
        return self.probed != "cpu"

    @cached_property
    def datasets(self) -> list[str]:
        """The names of the cells' data sets, sorted."""
        return sorted({cell.dataset for cell in self.cells})

    @property
    def own_datasets(self) -> list[str]:
        """Those of them that are the user's own."""
        return [name for name in self.datasets if self.settings.datasets[name].path]

    @property
    def number_datasets(self) -> list[str]:
        """Those of them of which numbers are predicted, not classes."""
        return [name for name in self.datasets if self.settings.datasets[name].classes == ()]

    @property
    def units(self) -> dict[str, str]:
        """Data set -> the unit of the numbers to predict, where it is known."""
        return {name: unit for name in self.number_datasets if (unit := self.settings.datasets[name].unit)}

    @property
    def titles(self) -> dict[str, str]:
        """Data set -> its name for readers."""
        return {name: self.settings.datasets[name].title for name in self.datasets}

    @cached_property
    def contests(self) -> dict[Contest, list[Cell]]:
        """Each contest -> the cells that take part in its heats."""
        contests: dict[Contest, list[Cell]] = {}
        for cell in sorted(self.applicable):
            contests.setdefault(contest_of(cell), []).append(cell)
        return contests

    @cached_property
    def order(self) -> list[tuple[Contest, int]]:
        """The heats in the order of their `priorities`. If the study asks for a precision, these are the most
        heats that its own hidden sizes can have: each further block measures some of its contests, in this order."""
        settings = self.settings
        repetitions = MOST_REPETITIONS if settings.study.has_blocks else settings.repetitions
        return order_of_heats(self.contests, repetitions, settings.seed)

    @cached_property
    def priorities(self) -> dict[str, int]:
        """The file of each heat -> its priority: the higher, the earlier; of more than 250 heats, nearly so
        (docs/decisions/scheduler.md)."""
        heats = [self.heat(*entry) for entry in self.order]
        return {heat: len(heats) - position for position, heat in enumerate(heats)}

    def plans(self, planned: Callable[[int], str], before: int | None = None) -> Iterator[str]:
        """The plans of further blocks, up to the one that ends the study. A study that asks for no precision has none.

        planned: the path of the plan of a block, once it is made; before: only the plans of the blocks before this one.
        """
        last = (before or MOST_REPETITIONS + 2) if self.settings.study.has_blocks else 0
        for block in range(self.settings.repetitions + 1, last):
            path = planned(block)
            yield path
            if _read(path)["stopped"]:
                return

    def heats(self, plans: Iterable[str]) -> list[str]:
        """The files of the heats: those of the blocks that every study has, then those that these plans add."""
        repetitions = self.settings.repetitions
        first = [self.heat(contest, number) for contest, number in self.order if number <= repetitions]
        added = [heat for plan in map(_read, plans) for heat in plan["heats"]]
        return first + [self.heat(Contest.from_wildcards(heat), heat["repetition"]) for heat in added]

    def heat(self, contest: Contest, repetition: int) -> str:
        """The file of a heat. All its ways are measured on one machine: if one of them needs an accelerator, the CPU of
        that machine is measured, too. Raises KeyError if the study has no such contest."""
        devices = {cell.device for cell in self.ways_of(contest)}
        device = next((device for device in sorted(devices) if device != "cpu"), "cpu")
        return heat_of(self.settings.study.name, contest, device, repetition)

    def has(self, contest: Contest) -> bool:
        """Whether the study has this contest, or may add it."""
        try:
            return bool(self.ways_of(contest))
        except KeyError:
            return False

    def ways_of(self, contest: Contest) -> list[Cell]:
        """The cells that take part in the heats of a contest. If the study adds hidden sizes, a contest between two of
        its own has the ways that both of these have. Raises KeyError if the study has no such contest."""
        if contest in self.contests or not self.settings.study.refine:
            return self.contests[contest]
        of_network = {
            own.hidden_size: {replace(cell, hidden_size=contest.hidden_size) for cell in cells}
            for own, cells in self.contests.items()
            if own._replace(hidden_size=contest.hidden_size) == contest
        }
        smaller = [size for size in of_network if size < contest.hidden_size]
        larger = [size for size in of_network if size > contest.hidden_size]
        shared = of_network[max(smaller)] & of_network[min(larger)] if smaller and larger else set()
        if not shared:
            raise KeyError(contest)
        return sorted(shared)

    @property
    def constraints(self) -> dict[str, str]:
        """Wildcard -> the regular expression of what it may be in a path of this study."""
        numbers = ("hidden_size", "threads", "repetition", "block")
        return {
            "study": self.settings.study.name,
            "dataset": "|".join(self.settings.datasets),
            "architecture": "|".join(ARCHITECTURES),
            "model": "|".join(MODELS),
            "mode": "|".join(MODES),
            "recipe": "[a-z][a-z0-9_]*",
            "device": "[a-z]+",
            **dict.fromkeys(numbers, "[0-9]+"),
        }

    def cells_of(self, wildcards: Any) -> list[Cell]:
        """The cells of a job: of a heat (the control's is there twice), of one network, or all that are on a device."""
        if hasattr(wildcards, "architecture"):
            return [cell for cell, _ in self.runs_of(Contest.from_wildcards(wildcards))]
        if hasattr(wildcards, "model"):
            return [Cell.from_wildcards(wildcards)]
        return [cell for cell in self.applicable if cell.device == wildcards.device]

    def runs_of(self, contest: Contest) -> list[tuple[Cell, bool]]:
        """(cell, whether it is the control) for each run of a heat. The control's cell is in its heats twice.

        Raises KeyError if the study has no such contest.
        """
        cells = self.ways_of(contest)
        return [*((cell, False) for cell in cells), *((cell, True) for cell in cells if cell == self.control)]

    @staticmethod
    def module(cell: Cell) -> str:
        """The module of the cell's model in its mode."""
        return MODELS[cell.model].modules[cell.mode]

    @cached_property
    def _budgets_s(self) -> dict[Cell, float]:
        return self.settings.study.budgets_s(self.settings.devices, self.settings.cpu_threads, self.settings.budget_s)

    def budget_s(self, cell: Cell) -> float:
        """Seconds that a run of this cell may take. It need not be one of the study's; at a hidden size that was added,
        it is the most that the way may take at the study's own sizes."""
        if cell in self._budgets_s or not self.settings.study.refine:
            return self._budgets_s.get(cell, self.settings.budget_s)
        alike = (s for own, s in self._budgets_s.items() if replace(own, hidden_size=cell.hidden_size) == cell)
        return max(alike, default=self.settings.budget_s)

    @staticmethod
    def gpus(cell: Cell) -> int:
        """How many GPUs a run of this cell reserves."""
        return needs.gpus(cell.device, MODELS[cell.model].gpus)

    def memory_mb_of(self, wildcards: Any) -> int:
        """Memory of a job in MB. The processes of a heat are alive at the same time; those of other jobs follow one
        another."""
        amounts = [self.memory_mb(cell) for cell in self.cells_of(wildcards)]
        return sum(amounts) if hasattr(wildcards, "architecture") else max(amounts)

    def memory_mb(self, cell: Cell) -> int:
        """Memory of a run of this cell in MB. Before its data set is prepared, the data count as nothing."""
        dataset = Path(DATASET.format(dataset=cell.dataset))
        return needs.memory_mb(
            MODELS[cell.model].architecture,
            self.settings.study.recipes[cell.recipe],
            shape=self.settings.datasets[cell.dataset].shape,
            hidden_size=cell.hidden_size,
            device=cell.device,
            data_mb=dataset.stat().st_size / 1e6 if dataset.exists() else 0,
        )


def _read(plan: str) -> dict:
    # without a check against its schema, because every plan is read again for each further block
    return json.loads(Path(plan).read_text(encoding="utf-8"))
