"""What is known about a data set before its files are read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# Of a data set of one's own, as numbers: a small file may hold many more than fit into the memory.
MOST_BYTES = 2_000_000_000


@dataclass(frozen=True)
class DatasetSpec:
    """A data set of images of one size, or of measurements, which are stored as images of height 1.

    reader: how it is read, a key of payoff.datasets.prepare.READERS
    torchvision: the class of torchvision.datasets that knows its addresses and checksums;
        None for a data set that an installed package contains, or that is the user's own
    shape: (channels, height, width); None if it is known only from the files
    max_value: the value of the brightest pixel, where the darkest is 0; None for measurements, known from their files
    classes: their names; () if the labels are numbers; None if they are known only from the files
    unit: of the numbers to predict, for readers; empty if it is not known
    path: a user's own folder of images or table, relative to the working directory
    options: other settings for the reader of a user's own files
    """

    title: str
    reader: str
    torchvision: str | None
    shape: tuple[int, int, int] | None
    max_value: float | None
    classes: tuple[str, ...] | None
    unit: str = ""
    path: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
