"""The identity of what is measured, and the names of the columns that hold it in every table."""

from dataclasses import dataclass, fields


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

    def __str__(self) -> str:
        return f"{self.model} ({self.mode}) on {self.dataset}, {self.device}, H = {self.hidden_size}"


CELL = [field.name for field in fields(Cell)]
RUN = [*CELL, "repetition"]
TASK = ["dataset", "recipe"]  # what is learnt, and how
IMPLEMENTATION = ["model", "mode", "device"]
WAY = [*IMPLEMENTATION, "threads"]  # to train a network for a task
FOR_READERS = [*TASK, *WAY, "hidden_size"]  # a cell again, in the order in which it is told

# Where a row was measured is its `site`. HERE is this study on its own machines. In the tables of one study another
# machine is told by its key; beside other studies, each of their sites has a name.
HERE = ""


def site_name(site: str) -> str:
    """As a table or a sentence names it."""
    return site or "this study"
