"""Read a data set that was downloaded, that a package contains, or that is the user's own, into one .npz."""

import json
import math
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
import pooch

from payoff.datasets.labels import check_classes
from payoff.datasets.parts import ReadData
from payoff.datasets.spec import DatasetSpec
from payoff.datasets.splits import PreparedDataset, Split, save
from payoff.errors import UserError


def prepare_dataset(spec: DatasetSpec, manifest: Path | None, folder: Path, output: Path, *, say: bool = True) -> None:
    """Write `output` from the raw files in `folder`, which `manifest` lists; None for a data set without a download.

    say: whether to print how a user's files were understood, where their entry does not say it.
    Raises UserError if a file no longer has its checksum, or the data do not fit `spec`.
    """
    dataset = READERS[spec.reader](spec, manifest, folder)
    for note in dataset.notes if say else ():
        print(f"{spec.path}: {note}", flush=True)
    for split in (dataset.train, dataset.test):
        _check(split, dataset, spec, output)
    save(dataset, output)


def _read_sklearn_digits(spec: DatasetSpec, _manifest: Path | None, _folder: Path) -> PreparedDataset:
    """1,797 images: of each class four fifths train and one fifth test; the split is always the same."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    images = digits.images.astype(np.uint8)[:, np.newaxis]
    classes = _known(spec.classes)
    train, test = _divide(Split(images, digits.target.astype(np.int64)), 0.2, classes, "digits")
    return PreparedDataset(train, test, _known(spec.max_value), classes)


def _read_torchvision(spec: DatasetSpec, manifest: Path | None, folder: Path) -> PreparedDataset:
    """Unpack the downloaded files into a temporary data root, and let torchvision read them."""
    import torchvision

    with tempfile.TemporaryDirectory() as root:
        for entry in json.loads(_known(manifest).read_text(encoding="utf-8")):
            _unpack(folder / entry["path"], entry["md5"], Path(root) / entry["path"])
        dataset = getattr(torchvision.datasets, _known(spec.torchvision))
        train, test = (_split(dataset(root, train=train), spec) for train in (True, False))
        return PreparedDataset(train, test, _known(spec.max_value), _known(spec.classes))


def _read_noise(spec: DatasetSpec, _manifest: Path | None, _folder: Path) -> PreparedDataset:
    """20 rows of 10 standard normal numbers with 5 targets each, used both for training and for testing.

    The DPS921 wiki (2020) trains on such data. They hold nothing to learn, only work to time.
    """
    draw = np.random.default_rng(0)
    features = draw.standard_normal((20, *_known(spec.shape)), dtype=np.float32)
    split = Split(features, draw.standard_normal((20, 5), dtype=np.float32))
    return PreparedDataset(split, split, _largest(split), _known(spec.classes))


def _read_own_images(spec: DatasetSpec, _manifest: Path | None, _folder: Path) -> PreparedDataset:
    from payoff.datasets.own_images import read_images

    path = _known(spec.path)
    read = read_images(path, spec.options["image_size"], spec.options["grey"])
    train, test = _parts(read, spec, path)
    return PreparedDataset(train, test, _known(spec.max_value), read.classes, read.origin, notes=read.notes)


def _read_own_table(spec: DatasetSpec, _manifest: Path | None, _folder: Path) -> PreparedDataset:
    from payoff.datasets.own_table import read_table

    path = _known(spec.path)
    read = read_table(path, spec.options, spec.shape)
    train, test = _parts(read, spec, path)
    if (largest := _largest(train)) == 0:
        raise UserError(f"{path}: found no feature but 0 in the training part; allowed: something to learn from")
    return PreparedDataset(train, test, largest, read.classes, read.origin, read.features, read.notes)


def _parts(read: ReadData, spec: DatasetSpec, path: str) -> tuple[Split, Split]:
    """(train, test): those of the files, or drawn from all examples."""
    check_classes(path, read.classes)
    if len(read.splits) == 1:
        return _divide(read.splits[0], spec.options["test_fraction"], read.classes, path)
    train, test = read.splits
    return train, test


Known = TypeVar("Known")


def _known(value: Known | None) -> Known:
    """A value that the spec of each data set of this reader gives. It is None only if the files must give it."""
    assert value is not None
    return value


def _divide(split: Split, test_fraction: float, classes: tuple[str, ...], name: str) -> tuple[Split, Split]:
    """(train, test): always the same split; if there are classes, each is divided in this proportion.

    Raises UserError, which begins with `name`, if there are too few examples to divide.
    """
    from sklearn.model_selection import train_test_split

    for index, count in enumerate(np.bincount(split.labels) if classes else ()):
        if count < 2:
            raise UserError(f"{name}: found one example of {classes[index]}; allowed: at least two of each class")
    least = max(1, len(classes))
    n_test, examples = math.ceil(test_fraction * len(split)), "example" if len(split) == 1 else "examples"
    if min(n_test, len(split) - n_test) < least:
        raise UserError(
            f"{name}: found {len(split)} {examples}, {n_test} of them for testing (test_fraction {test_fraction}); "
            f"allowed: at least {least} for training and {least} for testing"
        )
    train_images, test_images, train_labels, test_labels = train_test_split(
        split.images,
        split.labels,
        test_size=test_fraction,
        stratify=split.labels if classes else None,
        random_state=0,
    )
    if left_out := [each for index, each in enumerate(classes) if index not in train_labels]:
        raise UserError(
            f"{name}: found no training example of {', '.join(left_out)} (test_fraction {test_fraction}); "
            "allowed: more examples of each class, or a smaller test_fraction"
        )
    return Split(train_images, train_labels), Split(test_images, test_labels)


def _largest(split: Split) -> float:
    return float(np.abs(split.images).max())


def _unpack(source: Path, md5: str, target: Path) -> None:
    from torchvision.datasets.utils import extract_archive

    if (found := pooch.file_hash(source, "md5")) != md5:
        raise UserError(f"{source}: found md5 {found}; allowed: {md5}. Delete it and start again.")
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.name.endswith((".tar.gz", ".gz")):
        extract_archive(str(source), str(target.parent))
    else:
        target.symlink_to(source.resolve())


def _split(dataset, spec: DatasetSpec) -> Split:
    images = np.asarray(dataset.data)
    if images.ndim == 3:  # grey: (n, height, width)
        images = images[:, np.newaxis]
    elif images.shape[1:] != spec.shape:  # colour: (n, height, width, channels)
        images = images.transpose(0, 3, 1, 2)
    return Split(np.ascontiguousarray(images), np.asarray(dataset.targets, dtype=np.int64))


def _check(split: Split, dataset: PreparedDataset, spec: DatasetSpec, output: Path) -> None:
    images, labels, classes = split.images, split.labels, dataset.classes
    pixels, indices = spec.max_value is not None, labels.dtype == np.int64 and labels.ndim == 1
    numbers = labels.dtype == np.float32 and labels.ndim == 2
    kinds = (np.uint8,) if pixels else (np.uint8, np.float32)  # images in a table may have pixels of their own scale
    faults = [
        (images.dtype not in kinds, f"images of {images.dtype}", "uint8 or float32"),
        (spec.shape not in (None, images.shape[1:]), f"images of shape {images.shape[1:]}", spec.shape),
        (len(images) != len(labels), f"{len(images)} images and {len(labels)} labels", "an equal number"),
        (pixels and images.max() > dataset.max_value, f"a pixel of {images.max()}", f"at most {dataset.max_value}"),
        (not (indices if classes else numbers), f"labels of {labels.dtype}, {labels.shape}", "an index or numbers"),
        (classes and not np.isin(labels, range(len(classes))).all(), "a label beyond the classes", len(classes)),
    ]
    for is_fault, found, allowed in faults:
        if is_fault:
            raise UserError(f"{output.name}: found {found}; allowed: {allowed}")


READERS: dict[str, Callable[[DatasetSpec, Path | None, Path], PreparedDataset]] = {
    "sklearn_digits": _read_sklearn_digits,
    "torchvision": _read_torchvision,
    "noise": _read_noise,
    "own_images": _read_own_images,
    "own_table": _read_own_table,
}
