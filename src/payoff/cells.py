"""The identity of what is measured."""

from dataclasses import dataclass


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
