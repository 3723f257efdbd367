"""A prepared data set: images and labels in the form that all networks read."""

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from payoff.files.whole import appearing_whole


@dataclass(frozen=True)
class Split:
    """The images and labels of one part of a data set, n of each.

    images: pixels, uint8 (n, channels, height, width); or measurements, float32 (n, channels, 1, length), where a
        row of d numbers has one channel: (n, 1, 1, d)
    labels: int64 (n,), the index of the class; or, where the data set has no classes, float32 (n, outputs)
    """

    images: np.ndarray
    labels: np.ndarray

    def __len__(self) -> int:
        return len(self.labels)


class Origin(NamedTuple):
    """Where a user's own data come from; both fields are empty for other data.

    source: the path, for a folder with the number of its files; md5: of the content that was read
    """

    source: str = ""
    md5: str = ""


NO_ORIGIN = Origin()


@dataclass(frozen=True)
class PreparedDataset:
    """What a run trains on and is tested on.

    max_value: for pixels the brightest possible value; for measurements the largest absolute value in `train` (the
        test part may have larger ones)
    classes: their names; () for a data set whose labels are numbers
    features: the names of the columns of a table, () if it has none; notes: how a user's files were understood
    """

    train: Split
    test: Split
    max_value: float
    classes: tuple[str, ...]
    origin: Origin = NO_ORIGIN
    features: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def outputs(self) -> int:
        """The number of classes, or of numbers to predict."""
        return len(self.classes) or self.train.labels.shape[1]


def save(dataset: PreparedDataset, path: Path) -> None:
    """Write one .npz without pickles. The same data give the same bytes."""
    with appearing_whole(path) as temporary:
        np.savez(
            temporary,
            train_images=dataset.train.images,
            train_labels=dataset.train.labels,
            test_images=dataset.test.images,
            test_labels=dataset.test.labels,
            max_value=np.float64(dataset.max_value),
            classes=np.array(dataset.classes, dtype=str),
            source=dataset.origin.source,
            md5=dataset.origin.md5,
            **_texts(dataset),
        )


def _texts(dataset: PreparedDataset) -> dict[str, Any]:
    """What only some data sets have. The files of the others hold nothing of it."""
    texts = {"features": dataset.features, "notes": dataset.notes}
    return {name: np.array(lines, dtype=str) for name, lines in texts.items() if lines}


def load(path: Path) -> PreparedDataset:
    with np.load(path, allow_pickle=False) as arrays:
        return PreparedDataset(
            train=Split(arrays["train_images"], arrays["train_labels"]),
            test=Split(arrays["test_images"], arrays["test_labels"]),
            max_value=float(arrays["max_value"]),
            classes=tuple(arrays["classes"].tolist()),
            origin=_origin(arrays),
            **{name: tuple(arrays[name].tolist()) for name in ("features", "notes") if name in arrays},
        )


def load_shape(path: Path) -> tuple[tuple[int, ...], int]:
    """The shape of the training images, (n, channels, height, width), and the number of outputs; reads no image."""
    with zipfile.ZipFile(path) as archive:
        images, labels, classes = (_shape_in(archive, name) for name in ("train_images", "train_labels", "classes"))
    return images, classes[0] or labels[1]


def _shape_in(archive: zipfile.ZipFile, name: str) -> tuple[int, ...]:
    with archive.open(f"{name}.npy") as array:
        np.lib.format.read_magic(array)
        return np.lib.format.read_array_header_1_0(array)[0]


def load_labels(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """The labels of the training and of the test examples, without their images."""
    with np.load(path, allow_pickle=False) as arrays:
        return arrays["train_labels"], arrays["test_labels"]


def load_origin(path: Path) -> Origin:
    """The `origin` of a prepared data set, without its images."""
    with np.load(path, allow_pickle=False) as arrays:
        return _origin(arrays)


def _origin(arrays: Mapping[str, np.ndarray]) -> Origin:
    # An earlier version wrote the MD5 only into `source`. The rule makes such a file again before the MD5 is read.
    return Origin(str(arrays["source"]), str(arrays["md5"]) if "md5" in arrays else "")
