"""A user's own data sets: what config.yaml says about them, and which files they consist of.

The workflow imports this file to plan, so it reads no data; `own_images` and `own_table` do.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from payoff.datasets.folders import MOST_LEVELS, is_junk, without_wrapping
from payoff.datasets.spec import DatasetSpec
from payoff.errors import UserError, hidden_in

FILLED_IN = {"{", "}", "<", ">"}
TABLES = (".csv", ".tsv", ".txt")
NOT_OPTIONS = ("title", "unit", "path")  # of an entry; all its other keys are options of the reader


def kind_of(path: str) -> str:
    """The kind of a data set with this path, which chooses its part of the schema: csv, npz or folder."""
    suffix = Path(path).suffix.lower()
    return "csv" if suffix in TABLES else "npz" if suffix == ".npz" else "folder"


def own_spec(name: str, entry: Mapping[str, Any]) -> DatasetSpec:
    """The spec of an entry of `datasets` in config.yaml. It fulfils its schema and has all defaults filled in."""
    options = {key: value for key, value in entry.items() if key not in NOT_OPTIONS}
    is_table = kind_of(entry["path"]) != "folder"
    return DatasetSpec(
        title=entry.get("title", name),
        reader="own_table" if is_table else "own_images",
        torchvision=None,
        shape=_shape_of(entry) if is_table else (1 if entry["grey"] else 3, *entry["image_size"]),
        max_value=None if is_table else 255,
        classes=() if entry.get("target") == "number" else None,
        unit=entry.get("unit", ""),
        path=str(Path(entry["path"]).expanduser()),
        options=options,
    )


def _shape_of(entry: Mapping[str, Any]) -> tuple[int, int, int] | None:
    """(channels, height, width), if the entry says it."""
    match entry.get("shape"):
        case [height, width]:
            return (1, height, width)
        case [channels, height, width]:
            return (channels, height, width)
    return None


def own_files(spec: DatasetSpec) -> list[str]:
    """The files of a user's own data set, sorted: the table and its test part, or all files in the folder. Other data
    sets have none.

    Hidden files and junk do not count, since programs create them without being asked. Raises UserError if folders are
    nested too deeply, or if a name has what a page does not show, or braces or angle brackets, since a workflow
    would fill them in.
    """
    if spec.path is None:
        return []
    files = [str(Path(spec.options["test"]).expanduser())] if "test" in spec.options else []
    root = Path(spec.path)
    if not root.is_dir():
        files.append(spec.path)
    root = without_wrapping(root)
    for folder, subfolders, names in os.walk(root, followlinks=True):
        subfolders[:] = [name for name in subfolders if not is_junk(name)]
        if subfolders and len(Path(folder).relative_to(root).parts) == MOST_LEVELS:
            # also where a link leads upwards or in a ring, which would never end
            raise UserError(f"{Path(folder, subfolders[0])}: found a folder; allowed here: images")
        files += [str(Path(folder, name)) for name in names if not is_junk(name)]
    for file in sorted(files):
        if set(file) & FILLED_IN:
            what = f"one of {' '.join(sorted(FILLED_IN))}, which a workflow fills in"
        elif hidden := hidden_in(file):
            what = f"{hidden}, which is no letter"
        else:
            continue
        raise UserError(f"{' '.join(file.split())}: found a name with {what}; allowed: one without")
    return sorted(files)
