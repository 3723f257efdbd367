"""Read a data set's raw files, each verified anew, into one .npz."""

import json
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pooch

from payoff.datasets.spec import DatasetSpec
from payoff.datasets.splits import PreparedDataset, Split, save
from payoff.errors import UserError


def prepare_dataset(spec: DatasetSpec, manifest: Path | None, folder: Path, output: Path) -> None:
    """Write `output` from the raw files that `manifest` lists in `folder`; an embedded data set has none.

    Raises UserError if a file no longer has its checksum, or the data do not fit `spec`.
    """
    train, test = READERS[spec.reader](spec, manifest, folder)
    for split in (train, test):
        _check(split, spec, output)
    save(PreparedDataset(train, test, spec.max_value, spec.classes), output)


def _read_sklearn_digits(_spec: DatasetSpec, _manifest: None, _folder: Path) -> tuple[Split, Split]:
    """1,797 images: four fifths train, one fifth test, each class alike; the same split for everyone."""
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    digits = load_digits()
    images = digits.images.astype(np.uint8)[:, np.newaxis]
    train_images, test_images, train_labels, test_labels = train_test_split(
        images, digits.target.astype(np.int64), test_size=0.2, stratify=digits.target, random_state=0
    )
    return Split(train_images, train_labels), Split(test_images, test_labels)


def _read_torchvision(spec: DatasetSpec, manifest: Path, folder: Path) -> tuple[Split, Split]:
    """Unpack what was downloaded into a temporary data root, and let torchvision read it."""
    import torchvision

    with tempfile.TemporaryDirectory() as root:
        for entry in json.loads(manifest.read_text(encoding="utf-8")):
            _place(folder / entry["path"], entry["md5"], Path(root) / entry["path"])
        dataset = getattr(torchvision.datasets, spec.torchvision)
        return tuple(_split(dataset(root, train=train), spec) for train in (True, False))


def _place(source: Path, md5: str, target: Path) -> None:
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


def _check(split: Split, spec: DatasetSpec, output: Path) -> None:
    images, labels = split.images, split.labels
    faults = [
        (images.dtype != np.uint8, f"pixels of {images.dtype}", "uint8"),
        (images.shape[1:] != spec.shape, f"images of shape {images.shape[1:]}", spec.shape),
        (len(images) != len(labels), f"{len(images)} images and {len(labels)} labels", "as many"),
        (images.max() > spec.max_value, f"a pixel of {images.max()}", f"at most {spec.max_value}"),
        (
            not np.isin(labels, range(len(spec.classes))).all(),
            "a label beyond the classes",
            len(spec.classes),
        ),
    ]
    for is_fault, found, allowed in faults:
        if is_fault:
            raise UserError(f"{output.name}: found {found}; allowed: {allowed}")


READERS: dict[str, Callable[[DatasetSpec, Path | None, Path], tuple[Split, Split]]] = {
    "sklearn_digits": _read_sklearn_digits,
    "torchvision": _read_torchvision,
}
