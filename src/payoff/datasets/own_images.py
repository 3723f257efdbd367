"""Read a user's folder of images, with one subfolder per class."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from payoff.datasets.image_files import read_pixels
from payoff.datasets.spec import MOST_BYTES
from payoff.datasets.splits import Origin, Split
from payoff.errors import UserError, few

IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp")
PARTS = ["test", "train"]


def read_images(path: str, image_size: Sequence[int], grey: bool) -> tuple[list[Split], tuple[str, ...], Origin]:
    """-> [all], or [train, test] where the folder has these two; the classes; where they come from.

    image_size: (height, width) in pixels, to which each image is resized, whatever its proportions. Grey is
    0.299 R + 0.587 G + 0.114 B. The MD5 is that of the lines `MD5  path` of the files, sorted by path, as
    md5sum writes them. Raises UserError that names the file.
    """
    root = Path(path)
    folders = _subfolders(root)
    parts = [root / "train", root / "test"] if [folder.name for folder in folders] == PARTS else [root]
    classes = [folder.name for folder in _subfolders(parts[0])]
    if len(classes) < 2:
        found = few(classes) or "no subfolder"
        raise UserError(f"{parts[0]}: found {found}; allowed: a subfolder for each of at least two classes")
    splits: list[Split] = []
    digests: dict[str, str] = {}
    for part in parts:
        if (names := [folder.name for folder in _subfolders(part)]) != classes:
            differ = few([f"{name} is missing" for name in classes if name not in names])
            differ = ", ".join(filter(None, [differ, few([f"{name} is new" for name in names if name not in classes])]))
            raise UserError(f"{part}: found other classes than in train ({differ}); allowed: {few(classes)}")
        files = [(file, label) for label, name in enumerate(classes) for file in _images_in(part / name)]
        size = len(files) * image_size[0] * image_size[1] * (1 if grey else 3)
        if size > MOST_BYTES:
            raise UserError(f"{part}: found {size:,} bytes of pixels; allowed: at most {MOST_BYTES:,}: smaller images")
        images = []
        for file, _ in files:
            content = file.read_bytes()
            digests[file.relative_to(root).as_posix()] = hashlib.md5(content).hexdigest()
            images.append(read_pixels(content, file, image_size, grey=grey))
        splits.append(Split(np.stack(images), np.array([label for _, label in files], dtype=np.int64)))
    listing = "".join(f"{digests[name]}  {name}\n" for name in sorted(digests))
    origin = Origin(f"{path} ({len(digests)} files)", hashlib.md5(listing.encode()).hexdigest())
    return splits, tuple(classes), origin


def _subfolders(folder: Path) -> list[Path]:
    """The subfolders of a folder. Raises UserError if it holds anything else."""
    entries = _visible(folder)
    for entry in entries:
        if not entry.is_dir():
            raise UserError(f"{entry}: found a file; allowed here: a subfolder for each class")
    return entries


def _images_in(folder: Path) -> list[Path]:
    entries = _visible(folder)
    if not entries:
        raise UserError(f"{folder}: found no file; allowed: at least one image for each class")
    unfit = [entry for entry in entries if entry.suffix.lower() not in IMAGE_SUFFIXES or not entry.is_file()]
    if unfit:
        first, more = unfit[0], f" (and {len(unfit) - 1:,} more like it)" if len(unfit) > 1 else ""
        kind = "a folder" if first.is_dir() else "a file that is no image" if first.is_file() else "no file to read"
        raise UserError(f"{first}: found {kind}{more}; allowed here: {', '.join(IMAGE_SUFFIXES)}")
    return entries


def _visible(folder: Path) -> list[Path]:
    return sorted(entry for entry in folder.iterdir() if not entry.name.startswith("."))
