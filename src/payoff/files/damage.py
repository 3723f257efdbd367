"""What a full disk or a power cut has left under the names of finished files: nothing, a part, or zeros.

A workflow takes a file that is there for done, so such files are removed, and made again.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

# suffix -> how such a file begins, and how it ends; one of several
WHOLE: dict[str, tuple[tuple[bytes, ...], tuple[bytes, ...]]] = {
    ".jsonl": ((b"{",), (b"}\n",)),
    ".json": ((b"{", b"["), (b"}", b"]", b"\n")),
    ".parquet": ((b"PAR1",), (b"PAR1",)),
    ".npz": ((b"PK",), (b"",)),
    ".html": ((b"<",), (b">", b"\n")),
    ".csv": ((b"",), (b"\n",)),
    ".md": ((b"",), (b"\n",)),
    ".safetensors": ((b"",), (b"",)),
    ".svg": ((b"<",), (b"</svg>", b"</svg>\n")),
    ".png": ((b"\x89PNG",), (b"IEND\xaeB`\x82",)),
}
FIGURES = "figures"  # each folder in a folder of this name is one result, with all of its files
NOTE = WHOLE[".json"]  # of Snakemake


def remove_damaged(results: Path, metadata: Path) -> list[str]:
    """Remove the results that are empty, or do not begin and end as they should. Returns a line for each.

    metadata: the folder with what Snakemake has noted of each result; a damaged note, which would end it with an error
    that names no file, is removed without a word: Snakemake then takes the result as it is.
    """
    for note in _files(metadata):
        if _damage(note, *NOTE):
            note.unlink()
    told = []
    for file in _files(results):
        if file.suffix in WHOLE and (what := _damage(file, *WHOLE[file.suffix])):
            if file.parent.parent.name == FIGURES:
                shutil.rmtree(file.parent)
            else:
                file.unlink()
            told.append(f"{file}: {what}; it was removed, and is made again where it is needed")
    return told


def _files(folder: Path) -> Iterator[Path]:
    """All files under a folder but the logs, of which there are most."""
    for where, folders, names in os.walk(folder):
        folders[:] = sorted(set(folders) - {"logs"})
        yield from (path for name in sorted(names) if (path := Path(where, name)).is_file())


def _damage(file: Path, begins: tuple[bytes, ...], ends: tuple[bytes, ...]) -> str | None:
    with file.open("rb") as content:
        begin, size = content.read(8), content.seek(0, os.SEEK_END)
        content.seek(max(0, size - 8))
        end = content.read()
    if size == 0:
        return "found an empty file"
    if not (begin.startswith(begins) and begin.strip(b"\0")):
        return "found something else"
    return None if end.endswith(ends) else "found only a part"
