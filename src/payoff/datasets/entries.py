"""What a schema cannot say about the entries of a user's own data sets in config.yaml."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from payoff.datasets.own import kind_of
from payoff.files.contracts import ContractError, did_you_mean, fault

ALLOWED = "an existing folder of images, an existing .csv, .tsv or .txt, or an existing .npz"

# What each kind of file can be saved as, if payoff does not read it.
INSTEAD = {
    **dict.fromkeys((".xlsx", ".xls", ".ods", ".numbers"), "the sheet saved as CSV"),
    **dict.fromkeys((".npy", ".pt", ".pkl", ".mat", ".h5", ".hdf5"), "a .npz, by numpy.savez(file, X=…, y=…)"),
    **dict.fromkeys((".parquet", ".feather", ".json", ".arff", ".db"), "a .csv, by pandas' to_csv(file, index=False)"),
    **dict.fromkeys((".zip", ".gz", ".tgz", ".tar", ".7z", ".rar", ".bz2", ".xz"), "the folder or file unpacked"),
}


def check_paths(entries: Any, file: str) -> None:
    """Raise ContractError for each path that names no data, before the schema takes it for a folder and asks for what
    a folder needs. Whatever has no path, the schema refuses."""
    found = entries.items() if isinstance(entries, Mapping) else ()
    faults = [
        fault(file, f"datasets.{name}.{key}", entry[key], allowed)
        for name, entry in found
        if isinstance(entry, Mapping)
        for key in ("path", "test")
        if isinstance(entry.get(key), str) and 0 < len(entry[key]) <= 1000
        if (allowed := _allowed_instead(entry[key]))
    ]
    if faults:
        raise ContractError("\n".join(faults))


def _allowed_instead(text: str) -> str | None:
    """None if there are data at this path."""
    path = Path(text).expanduser()
    if path.is_dir() if kind_of(text) == "folder" else path.is_file():
        return None
    if path.is_file() and (instead := INSTEAD.get(path.suffix.lower())):
        return f"{ALLOWED}; for this file, {instead}"
    beside = [entry.name for entry in path.parent.iterdir()] if path.parent.is_dir() else []
    _, also, near = did_you_mean(path.name, beside).partition(" (did you mean")
    return ALLOWED + also + near


def check_entries(entries: Mapping[str, Mapping[str, Any]], file: str) -> None:
    """Raise ContractError for each pair of keys that do not go together. The entries fulfil their schema."""
    faults = [
        fault(file, f"datasets.{name}.{key}", found, allowed)
        for name, entry in entries.items()
        for key, found, allowed in _faults_of(entry)
    ]
    if faults:
        raise ContractError("\n".join(faults))


def _faults_of(entry: Mapping[str, Any]) -> Iterator[tuple[str, Any, str]]:
    """(key, what was found, what is allowed)."""
    if "image_size" in entry and len(entry["image_size"]) != 2:
        yield "image_size", entry["image_size"], "[height, width]"
    if "unit" in entry and entry.get("target") != "number":
        yield "unit", entry["unit"], "a unit beside `target: number` only"
    if kind_of(entry["path"]) != "csv":
        return
    if "ignore" in entry and "features" in entry:
        yield "ignore", entry["ignore"], "either ignore or features"
    if "test" in entry and "test_fraction" in entry:
        yield "test_fraction", entry["test_fraction"], "either test or test_fraction"
    if "test" in entry and kind_of(entry["test"]) != "csv":
        yield "test", entry["test"], "a table, as the path"
    for key in ("ignore", "features"):
        if str(entry["label"]) in map(str, entry.get(key, ())):
            yield key, entry[key], "columns other than the label"
    if (encoding := entry.get("encoding")) and not _is_known(encoding):
        yield "encoding", encoding, "a name that Python knows, such as utf-8, utf-16, cp1252"


def _is_known(encoding: str) -> bool:
    try:
        "".encode(encoding)
    except LookupError:
        return False
    return True
