"""The identity of what is measured, and the names of the columns that hold it in every table."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import NamedTuple


@dataclass(frozen=True, order=True)
class Cell:
    """dataset × model × mode × recipe × device × hidden_size × threads: what the repetitions of a run share."""

    dataset: str
    model: str
    mode: str
    recipe: str
    device: str
    hidden_size: int
    threads: int

    @classmethod
    def from_wildcards(cls, wildcards: object) -> "Cell":
        """From texts, as a path holds them: a mapping or an object that has each field by its name, and may have more.

        Raises KeyError if a field is not there.
        """
        texts = wildcards if isinstance(wildcards, Mapping) else vars(wildcards)
        values = {field.name: texts[field.name] for field in fields(cls)}
        return cls(**values | {number: int(values[number]) for number in ("hidden_size", "threads")})

    def __str__(self) -> str:
        return f"{self.model} ({self.mode}) on {self.dataset}, {self.device}, H = {self.hidden_size}"


class Contest(NamedTuple):
    """dataset × recipe × architecture × hidden_size: what the ways of a heat share, one network to train."""

    dataset: str
    recipe: str
    architecture: str
    hidden_size: int

    @classmethod
    def from_wildcards(cls, wildcards: object) -> "Contest":
        """From texts, see Cell.from_wildcards."""
        texts = wildcards if isinstance(wildcards, Mapping) else vars(wildcards)
        return cls(texts["dataset"], texts["recipe"], texts["architecture"], int(texts["hidden_size"]))

    def __str__(self) -> str:
        return f"{self.architecture.upper()} on {self.dataset}, H = {self.hidden_size}"


CELL = [field.name for field in fields(Cell)]
RUN = [*CELL, "repetition"]
SITED_CELL = ["site", *CELL]  # a cell where it was measured
WITHOUT_THREADS = [part for part in SITED_CELL if part != "threads"]
TASK = ["dataset", "recipe"]  # what is learnt, and how
IMPLEMENTATION = ["model", "mode", "device"]
WAY = [*IMPLEMENTATION, "threads"]  # to train a network for a task
FOR_READERS = [*TASK, *WAY, "hidden_size"]  # a cell again, in the order in which readers see it

# Where a row was measured is its `site`. HERE is this study on its own machines. In the tables of one study, the site
# of another machine is that machine's key; beside other studies, each site has a name.
HERE = ""

# Columns that readers need and no stored table has: payoff.comparisons.ways adds them where tables are read.
LABELS = ["task", "has_best_threads"]
