"""A prepared data set: uint8 images and labels, as every network reads them."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from payoff.files import appearing_whole


@dataclass(frozen=True)
class Split:
    """images: uint8 (n, channels, height, width); labels: int64 (n,), the index of the class."""

    images: np.ndarray
    labels: np.ndarray

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True)
class PreparedDataset:
    train: Split
    test: Split
    max_value: int
    classes: tuple[str, ...]


def save(dataset: PreparedDataset, path: Path) -> None:
    """Write one .npz without pickles. The same data give the same bytes."""
    with appearing_whole(path) as temporary:
        np.savez(
            temporary,
            train_images=dataset.train.images,
            train_labels=dataset.train.labels,
            test_images=dataset.test.images,
            test_labels=dataset.test.labels,
            max_value=dataset.max_value,
            classes=np.array(dataset.classes),
        )


def load(path: Path) -> PreparedDataset:
    with np.load(path, allow_pickle=False) as arrays:
        return PreparedDataset(
            train=Split(arrays["train_images"], arrays["train_labels"]),
            test=Split(arrays["test_images"], arrays["test_labels"]),
            max_value=int(arrays["max_value"]),
            classes=tuple(arrays["classes"].tolist()),
        )
