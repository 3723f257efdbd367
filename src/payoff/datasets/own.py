"""A user's own data sets: what config.yaml says about them, and which files they consist of.

The workflow imports this file to plan, so it reads no data; `own_images` and `own_table` do.
"""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from payoff.datasets.spec import DatasetSpec
from payoff.errors import UserError, hidden_in

MOST_LEVELS = 2  # of folders below that of the data set: train/ or test/, and in it the classes
MOST_CLASSES, MOST_LETTERS = 10_000, 100
FILLED_IN = {"{", "}", "<", ">"}


def kind_of(path: str) -> str:
    """The kind of a data set with this path, which chooses its part of the schema: csv, npz or folder."""
    return {".csv": "csv", ".npz": "npz"}.get(Path(path).suffix, "folder")


def own_spec(name: str, entry: Mapping[str, Any]) -> DatasetSpec:
    """The spec of an entry of `datasets` in config.yaml. It fulfils its schema and has all defaults filled in."""
    options = {key: value for key, value in entry.items() if key not in ("title", "path")}
    is_table = kind_of(entry["path"]) != "folder"
    return DatasetSpec(
        title=entry.get("title", name),
        reader="own_table" if is_table else "own_images",
        torchvision=None,
        shape=None if is_table else (1 if entry["grey"] else 3, *entry["image_size"]),
        max_value=None if is_table else 255,
        classes=() if entry.get("target") == "number" else None,
        path=entry["path"],
        options=options,
    )


def own_files(spec: DatasetSpec) -> list[str]:
    """The files of a user's own data set, sorted: the table, or all files in the folder. Other data sets have none.

    Hidden files (.DS_Store, .git) do not count, since programs create them without being asked. Raises UserError if
    folders are nested too deeply, or if a name has what a page does not show, or braces or angle brackets, since a
    workflow would fill them in.
    """
    if spec.path is None:
        return []
    root = Path(spec.path)
    found = [] if root.is_dir() else [spec.path]
    for folder, subfolders, names in os.walk(spec.path, followlinks=True):
        subfolders[:] = [name for name in subfolders if not name.startswith(".")]
        if subfolders and len(Path(folder).relative_to(root).parts) == MOST_LEVELS:
            # also where a link leads upwards or in a ring, which would never end
            raise UserError(f"{Path(folder, subfolders[0])}: found a folder; allowed here: images")
        found += [str(Path(folder, name)) for name in names if not name.startswith(".")]
    for file in sorted(found):
        if set(file) & FILLED_IN:
            what = f"one of {' '.join(sorted(FILLED_IN))}, which a workflow fills in"
        elif hidden := hidden_in(file):
            what = f"{hidden}, which is no letter"
        else:
            continue
        raise UserError(f"{' '.join(file.split())}: found a name with {what}; allowed: one without")
    return sorted(found)


def check_classes(path: str, classes: Sequence[str]) -> None:
    """Raise UserError unless the classes' names can be shown."""
    if len(classes) > MOST_CLASSES:
        raise UserError(f"{path}: found {len(classes):,} classes; allowed: at most {MOST_CLASSES:,}")
    for name in classes:
        if hidden := hidden_in(name):
            raise UserError(f"{path}: found {hidden}, which is no letter, in the class {name}; allowed: one without")
        if not name.strip() or len(name) > MOST_LETTERS:
            allowed = f"1 to {MOST_LETTERS} letters"
            raise UserError(f"{path}: found {len(name.strip()):,} letters in the class {name}; allowed: {allowed}")
