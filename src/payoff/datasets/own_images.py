"""Read a user's folder of images, with one subfolder per class."""

import hashlib
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from payoff.datasets.folders import visible, without_wrapping
from payoff.datasets.image_files import read_pixels, suffixes
from payoff.datasets.labels import same_text, sorted_classes
from payoff.datasets.parts import ReadData, origin_of
from payoff.datasets.spec import MOST_BYTES
from payoff.datasets.split_names import NAMES_OF_PARTS, VALIDATION_LEFT_OUT, VALIDATION_TESTS
from payoff.datasets.splits import Split
from payoff.errors import UserError, few

USUAL = ".png, .jpg, .bmp, .tif, .pgm and what else Pillow reads"


def read_images(path: str, image_size: Sequence[int], grey: bool) -> ReadData:
    """-> [all], or [train, test] where the folder has these two, under one of their usual names.

    image_size: (height, width) in pixels, to which each image is resized, whatever its proportions. Grey is
    0.299 R + 0.587 G + 0.114 B. The classes are in the order of numbers if all of their names are numbers. Raises
    UserError that names every file that cannot be read.
    """
    root = without_wrapping(Path(path))
    notes = [f"its folders are those in {root.relative_to(path)}/"] if root != Path(path) else []
    parts, of_parts = _parts_of(root)
    by_class = [_class_folders(part) for part in parts]
    classes = sorted_classes(by_class[0])
    _check_classes(parts, by_class, classes)
    _check_size(root, by_class, math.prod(image_size) * (1 if grey else 3))
    reader = _Reader(root, image_size, grey)
    found = [[reader.read(folders[name]) for name in classes] for folders in by_class]
    if reader.faults:
        raise UserError("\n".join(reader.faults))
    splits = [_split(of_part) for of_part in found]
    origin = origin_of(reader.digests, f"{path} ({len(reader.digests)} files)")
    return ReadData(splits, classes, origin, notes=(*notes, *of_parts))


@dataclass
class _Reader:
    """Reads the images of one class after the other. digests: file -> MD5; faults: one line for each."""

    root: Path
    image_size: Sequence[int]
    grey: bool
    digests: dict[str, str] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def read(self, folder: Path) -> list[np.ndarray]:
        images, entries = [], visible(folder)
        if not entries:
            self.faults.append(f"{folder}: found no file; allowed: at least one image for each class")
        unfit = [entry for entry in entries if entry.suffix.lower() not in suffixes() or not entry.is_file()]
        if unfit:
            first, more = unfit[0], _more(unfit)
            kind = "a folder" if first.is_dir() else "a file that is no image" if first.is_file() else "no file to read"
            self.faults.append(f"{first}: found {kind}{more}; allowed here: {USUAL}")
        for file in sorted(set(entries) - set(unfit)):
            content = file.read_bytes()
            self.digests[file.relative_to(self.root).as_posix()] = hashlib.md5(content).hexdigest()
            try:
                images.append(read_pixels(content, file, self.image_size, grey=self.grey))
            except UserError as error:
                self.faults.append(str(error))
        return images


def _split(of_classes: Sequence[Sequence[np.ndarray]]) -> Split:
    labels = np.repeat(np.arange(len(of_classes)), [len(images) for images in of_classes])
    return Split(np.stack([image for images in of_classes for image in images]), labels.astype(np.int64))


def _parts_of(root: Path) -> tuple[list[Path], list[str]]:
    """The folders of all images, or of the training and the test images; and what is to be said about them."""
    folders = _subfolders(root)
    named = {folder: NAMES_OF_PARTS.get(same_text(folder.name).casefold()) for folder in folders}
    parts = {part: folder for folder, part in named.items() if part}
    if "train" not in parts or len(parts) < 2 or not _holds_folders(parts["train"]):
        return [root], []
    if others := [folder for folder in folders if parts.get(named[folder] or "") != folder]:
        allowed = f"beside {few([folder.name for folder in parts.values()])}, nothing else"
        raise UserError(f"{others[0]}: found a folder that is no other part of the data; allowed: {allowed}")
    notes = [f"{parts['train'].name}/ is for training"] if parts["train"].name != "train" else []
    if "test" not in parts:
        return [parts["train"], parts["validation"]], [*notes, f"{parts['validation'].name}/: {VALIDATION_TESTS}"]
    if parts["test"].name != "test":
        notes.append(f"{parts['test'].name}/ is for testing")
    if "validation" in parts:
        notes.append(f"{parts['validation'].name}/: {VALIDATION_LEFT_OUT}")
    return [parts["train"], parts["test"]], notes


def _holds_folders(folder: Path) -> bool:
    return any(entry.is_dir() for entry in visible(folder))


def _class_folders(part: Path) -> dict[str, Path]:
    """The name of each class -> its folder."""
    folders = _subfolders(part)
    names = Counter(same_text(folder.name) for folder in folders)
    if twice := [name for name, n in names.items() if n > 1]:
        raise UserError(f"{part}: found two folders that are both written {twice[0]}; allowed: each class once")
    if len(folders) < 2:
        found = few(names) or "no subfolder"
        raise UserError(f"{part}: found {found}; allowed: a subfolder for each of at least two classes")
    return {same_text(folder.name): folder for folder in folders}


def _check_classes(parts: Sequence[Path], by_class: Sequence[dict[str, Path]], classes: Sequence[str]) -> None:
    for part, folders in zip(parts[1:], by_class[1:], strict=True):
        if set(folders) != set(classes):
            missing = few([f"{name} is missing" for name in classes if name not in folders])
            new = few([f"{name} is new" for name in folders if name not in classes])
            differ = ", ".join(filter(None, [missing, new]))
            allowed = few(classes)
            raise UserError(f"{part}: found other classes than in {parts[0].name} ({differ}); allowed: {allowed}")


def _check_size(root: Path, by_class: Sequence[dict[str, Path]], bytes_each: int) -> None:
    files = sum(len(visible(folder)) for folders in by_class for folder in folders.values())
    if (size := files * bytes_each) > MOST_BYTES:
        raise UserError(f"{root}: found {size:,} bytes of pixels; allowed: at most {MOST_BYTES:,}: smaller images")


def _subfolders(folder: Path) -> list[Path]:
    """The subfolders of a folder. Raises UserError if it holds anything else."""
    entries = visible(folder)
    if unfit := [entry for entry in entries if not entry.is_dir()]:
        raise UserError(f"{unfit[0]}: found a file{_more(unfit)}; allowed here: a subfolder for each class")
    return entries


def _more(unfit: Sequence[Path]) -> str:
    return f" (and {len(unfit) - 1:,} more like it)" if len(unfit) > 1 else ""
