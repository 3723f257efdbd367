"""What is known of a data set before it is here."""

from dataclasses import dataclass


@dataclass(frozen=True)
class DatasetSpec:
    """A classification data set of images of one size.

    reader: how it is read, a key of payoff.datasets.prepare.READERS
    torchvision: the class of torchvision.datasets that knows its addresses and checksums;
        None for a data set that an installed package carries
    shape: (channels, height, width)
    max_value: the value of the brightest pixel; the darkest is 0
    """

    title: str
    reader: str
    torchvision: str | None
    shape: tuple[int, int, int]
    max_value: int
    classes: tuple[str, ...]
