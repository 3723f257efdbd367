"""What a full disk or a power cut has left: files without content under the names of finished ones.

A workflow takes a file that is there for done, so such files are removed, and made again.
"""

import os
from collections.abc import Iterator
from pathlib import Path

SUFFIXES = (".jsonl", ".parquet", ".json", ".csv", ".npz", ".html", ".md", ".safetensors")


def remove_damaged(results: Path, metadata: Path) -> list[str]:
    """Remove the results that are empty, and the records that were cut. Returns a line for each.

    metadata: the folder with what Snakemake has noted of each result; an empty note, which would end it with an error
    that names no file, is removed without a word: Snakemake then takes the result as it is.
    """
    for note in _files(metadata):
        if note.stat().st_size == 0:
            note.unlink()
    told = []
    for file in _files(results):
        if file.suffix in SUFFIXES and (what := _damage(file)):
            file.unlink()
            told.append(f"{file}: {what}; it was removed, and is made again")
    return told


def _files(folder: Path) -> Iterator[Path]:
    """All files under a folder but the logs, of which there are most."""
    for where, folders, names in os.walk(folder):
        folders[:] = sorted(set(folders) - {"logs"})
        yield from (path for name in sorted(names) if (path := Path(where, name)).is_file())


def _damage(file: Path) -> str | None:
    with file.open("rb") as content:
        size = content.seek(0, 2)
        if size == 0:
            return "found an empty file"
        content.seek(size - 1)
        is_cut = file.suffix == ".jsonl" and content.read(1) != b"\n"
    return "found records that were cut" if is_cut else None
