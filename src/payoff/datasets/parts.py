"""What is read of a user's files, before it is divided into a training and a test part."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from payoff.datasets.faults import Faults
from payoff.datasets.splits import Origin, Split

# float32 has 24 bits. Where rounding to it merges values, and so few are left that a network would miss them, the data
# are refused. A measurement with more digits than float32 keeps far more steps than this.
MOST_MERGED, FEWEST_STEPS = 0.02, 1000
SAMPLE = 2000  # rows by which that is judged


class Part(NamedTuple):
    """images: float32 or uint8 (n, channels, height, width), finite; labels: one text or number per example, (n,);
    where_of: the index of an example -> its place in `file`, such as "line 3"."""

    images: np.ndarray
    labels: Sequence[str] | np.ndarray
    where_of: Callable[[int], str]
    file: str


class ReadData(NamedTuple):
    """splits: [all], or [train, test]; features: the names of the columns, if they have any; notes: how the files were
    understood, where their entry does not say it."""

    splits: list[Split]
    classes: tuple[str, ...]
    origin: Origin
    features: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def origin_of(digests: Mapping[str, str], source: str | None = None) -> Origin:
    """Where the data come from. digests: file -> MD5; of several files the MD5 is that of the lines `MD5  path`, sorted
    by path, as md5sum writes them."""
    if source is None:
        source = ", ".join(digests)
        if len(digests) == 1:
            return Origin(source, next(iter(digests.values())))
    listing = "".join(f"{digests[name]}  {name}\n" for name in sorted(digests))
    return Origin(source, hashlib.md5(listing.encode()).hexdigest())


def as_float32(values: np.ndarray, name_of: Callable[[int], str], faults: Faults) -> np.ndarray:
    """values: numbers, (n, d). Adds a fault for each column of which float32 cannot tell the values apart."""
    with np.errstate(over="ignore"):  # a number too large for float32 becomes infinite, and is refused as such
        held = values.astype(np.float32)
    inexact = np.flatnonzero((held != values).any(axis=0)) if values.dtype.itemsize > 2 else ()
    rows = np.unique(np.linspace(0, len(values) - 1, min(len(values), SAMPLE)).astype(int))
    for column in inexact:
        exact, left = np.unique(values[rows, column]), len(np.unique(held[rows, column]))
        if left < (1 - MOST_MERGED) * len(exact) and left < FEWEST_STEPS:
            found = (
                f"{len(exact):,} values such as {exact[0]:.15g} and {exact[1]:.15g}, of which float32 keeps {left:,}"
            )
            allowed = "values that differ in their first 7 digits: subtract the smallest, or leave the column out"
            faults.add("precision", name_of(int(column)), found, allowed)
    return held
