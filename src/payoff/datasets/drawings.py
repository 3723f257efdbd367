"""What the drawings of a data set have in common: the colour of their ink, its size and its place in the image."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

MOST_IMAGES = 10_000  # of the training part: the quantiles below do not change with more
PLAIN = 0.05  # a border this near to black or white, as a fraction of the whole range, is empty
USUAL = 0.95  # of the training images have an empty border; else they are photographs
FALSE_ALARM = 0.01  # of the training images have a trait outside its range


@dataclass(frozen=True)
class Drawings:
    """How images of one channel with ink on an empty ground were made, as measured on the training images.

    ink: whether it is brighter or darker than the ground; size: of the ink's larger side, in pixels (median);
    centred_by, centre: the point of the ink that varies less from image to image, its centre of mass or the middle of
    its bounding box, and where it lies on average, (y, x) in pixels; ranges: for each of TRAITS, between which values
    it lies; together they leave out FALSE_ALARM of the training images.
    """

    ink: Literal["bright", "dark"]
    size: float
    centred_by: Literal["mass", "box"]
    centre: tuple[float, float]
    ranges: Mapping[str, tuple[float, float]]

    @classmethod
    def of(cls, images: np.ndarray, max_value: float) -> "Drawings | None":
        """images: as stored, (n, channels, height, width). None if they are not drawings on an empty ground."""
        if images.dtype != np.uint8 or images.shape[1] != 1 or min(images.shape[2:]) < 4:
            return None
        values = images[:: -(-len(images) // MOST_IMAGES), 0] / np.float32(max_value)
        edges = (values[:, 0], values[:, -1], values[:, :, 0], values[:, :, -1])
        borders = np.median(np.concatenate(edges, axis=1), axis=1)
        if (borders <= PLAIN).mean() >= USUAL:
            ink: Literal["bright", "dark"] = "bright"
        elif (borders >= 1 - PLAIN).mean() >= USUAL:
            ink, values = "dark", 1 - values
        else:
            return None
        drawn = [image for image in values if image.max() >= 0.5]
        if not drawn:
            return None
        boxes = np.array([box_of(image) for image in drawn])
        points = {"mass": np.array([mass_of(image) for image in drawn]), "box": boxes.mean(axis=2)}
        centred_by: Literal["mass", "box"] = "mass" if spread(points["mass"]) < spread(points["box"]) else "box"
        y, x = points[centred_by].mean(axis=0)
        size = float(np.median(np.ptp(boxes, axis=2).max(axis=1)))
        found = cls(ink, size, centred_by, (float(y), float(x)), {})
        measured = [found.traits(image) for image in drawn]
        share = FALSE_ALARM / len(TRAITS) / 2  # at each end of each range
        ranges = {}
        for name in TRAITS:
            low, high = np.quantile([each[name] for each in measured], [share, 1 - share])
            ranges[name] = (0.0 if name == "place" else float(low), float(high))
        return replace(found, ranges=ranges)

    def point_of(self, image: np.ndarray) -> np.ndarray:
        """(y, x) of the point that these drawings are centred by, in an image with a value of at least 0.5."""
        return mass_of(image) if self.centred_by == "mass" else box_of(image).mean(axis=1)

    def traits(self, image: np.ndarray) -> dict[str, float]:
        """image: (height, width), bright ink from 0 to 1, with a value of at least 0.5."""
        size, ink = float(np.ptp(box_of(image), axis=1).max()), float(image.sum())
        return {
            "share": ink / size**2,
            "grey": float((image * (1 - image)).sum()) / ink,
            "size": size,
            "place": float(np.hypot(*(self.point_of(image) - self.centre))),
        }

    def unusual(self, image: np.ndarray) -> list[str]:
        """Which of TRAITS lie outside their ranges, in words, for an image as `traits` takes it."""
        found = self.traits(image)
        return [TRAITS[name] for name, (low, high) in self.ranges.items() if not low <= found[name] <= high]

    def document(self) -> dict[str, Any]:
        return vars(self) | {"ranges": dict(self.ranges)}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "Drawings":
        y, x = document["centre"]
        ranges = {name: (low, high) for name, (low, high) in document["ranges"].items()}
        return cls(**{**document, "centre": (y, x), "ranges": ranges})


# What is measured on each image, as a user is told of it.
TRAITS = {
    "share": "how much of its square the ink fills",
    "grey": "how much of the ink is grey",
    "size": "how large the ink is",
    "place": "where the ink lies",
}


def box_of(image: np.ndarray) -> np.ndarray:
    """((top, bottom), (left, right)) of the ink in an image, (height, width), that has a value of at least 0.5.

    In pixels, 0 the middle of the first: where the largest value of a row or column crosses 0.5, between two pixels by
    linear interpolation. So an image and its enlargement have the same box but for the scale.
    """
    return np.array([_crossings(image.max(axis=1)), _crossings(image.max(axis=0))])


def mass_of(image: np.ndarray) -> np.ndarray:
    """(y, x), the centre of mass of an image that is not empty."""
    rows, columns = image.sum(axis=1), image.sum(axis=0)
    return np.array([side @ np.arange(len(side)) / side.sum() for side in (rows, columns)])


def spread(points: np.ndarray) -> float:
    return float(points.var(axis=0).sum())


def _crossings(profile: np.ndarray) -> tuple[float, float]:
    padded = np.concatenate([[0], profile, [0]])
    first, last = np.flatnonzero(padded >= 0.5)[[0, -1]]
    before, after = padded[first - 1], padded[last + 1]
    start = first - (padded[first] - 0.5) / (padded[first] - before)
    end = last + (padded[last] - 0.5) / (padded[last] - after)
    return float(start) - 1, float(end) - 1
