"""Which version of some files is there, so that what was read from them can be kept until one of them changes."""

from collections.abc import Iterable
from pathlib import Path

Version = tuple[tuple[int, int, int] | None, ...]


def version_of(paths: Iterable[Path]) -> Version:
    """For each path what changes with the file: its number on the disk, when it was written, in ns, and its size, in
    bytes; None where there is no file."""
    return tuple(map(_version_of_one, paths))


def _version_of_one(path: Path) -> tuple[int, int, int] | None:
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_ino, status.st_mtime_ns, status.st_size
