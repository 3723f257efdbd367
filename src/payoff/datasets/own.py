"""A user's own data sets: what config.yaml says about them, and which files they consist of.

The workflow imports this file to plan, so it reads no data; `own_images` and `own_table` do.
"""

import os
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from payoff.datasets.spec import DatasetSpec
from payoff.errors import UserError, hidden_in

MOST_LEVELS = 2  # of folders below that of the data set: train/ or test/, and in it the classes
MOST_CLASSES, MOST_LETTERS = 10_000, 100
FILLED_IN = {"{", "}", "<", ">"}
TABLES = (".csv", ".tsv", ".txt")
NOT_OPTIONS = ("title", "unit", "path")  # of an entry; all its other keys are options of the reader

# What file managers, archives and cameras leave behind, without being asked; beside all hidden files.
JUNK = {"thumbs.db", "ehthumbs.db", "desktop.ini", "__macosx", "icon\r", "@eadir", "$recycle.bin"}
JUNK_ENDINGS = (":zone.identifier",)

# What each kind of file can be saved as, if payoff does not read it.
INSTEAD = {
    **dict.fromkeys((".xlsx", ".xls", ".ods", ".numbers"), "the sheet saved as CSV"),
    **dict.fromkeys((".npy", ".pt", ".pkl", ".mat", ".h5", ".hdf5"), "a .npz, by numpy.savez(file, X=…, y=…)"),
    **dict.fromkeys((".parquet", ".feather", ".json", ".arff", ".db"), "a .csv, by pandas' to_csv(file, index=False)"),
    **dict.fromkeys((".zip", ".gz", ".tgz", ".tar", ".7z", ".rar", ".bz2", ".xz"), "the folder or file unpacked"),
}


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


def without_wrapping(folder: Path) -> Path:
    """The folder that an unpacked archive has wrapped into another of its own: as long as a folder holds nothing but
    one folder which holds folders, it is that one."""
    for _ in range(MOST_LEVELS):
        entries = visible(folder) if folder.is_dir() else []
        if len(entries) != 1 or not entries[0].is_dir() or not any(entry.is_dir() for entry in visible(entries[0])):
            break
        folder = entries[0]
    return folder


def visible(folder: Path) -> list[Path]:
    """What a folder holds, sorted, without hidden files and junk."""
    return sorted(entry for entry in folder.iterdir() if not is_junk(entry.name))


def is_junk(name: str) -> bool:
    return name.startswith(".") or name.casefold() in JUNK or name.casefold().endswith(JUNK_ENDINGS)


def same_text(text: str) -> str:
    """One spelling of a text that can be written in several ways which look alike: é as one character, or as two."""
    return unicodedata.normalize("NFC", text).strip()
