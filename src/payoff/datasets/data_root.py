"""Find a folder, and files in it, that are nearly where they are said to be.

The workflow imports this file to plan, so it reads no data.
"""

import os
from collections.abc import Sequence
from pathlib import Path

MOST_LEVELS, MOST_ENTRIES = 4, 50_000  # that are looked through


def existing(text: str) -> Path | None:
    """The folder of this path, in which ~ is the home directory; if there is none, the only one whose path differs in
    the case of letters; else None."""
    path = Path(text).expanduser()
    if path.is_dir():
        return path
    found = Path(path.anchor)
    for name in path.relative_to(path.anchor).parts:
        if (found / name).is_dir():
            found /= name
            continue
        alike = _alike(found, name)
        if len(alike) != 1:
            return None
        found = alike[0]
    return found


def _alike(folder: Path, name: str) -> list[Path]:
    try:
        return [entry for entry in folder.iterdir() if entry.name.casefold() == name.casefold() and entry.is_dir()]
    except OSError:
        return []


def files_near(root: Path, paths: Sequence[str]) -> dict[str, list[Path]]:
    """Each of the paths -> the files that may be it, wherever they are in the root, or at this path in the folder that
    holds the root. Names are compared without their case, and train-images.idx3-ubyte is train-images-idx3-ubyte."""
    wanted = {_plain(Path(path).name) for path in paths}
    found: dict[str, list[Path]] = {}
    seen = 0
    for folder, subfolders, names in os.walk(root):
        seen += len(names) + len(subfolders)
        is_deep = len(Path(folder).relative_to(root).parts) >= MOST_LEVELS
        subfolders[:] = [] if is_deep or seen > MOST_ENTRIES else sorted(subfolders)
        for name in sorted(names):
            if (plain := _plain(name)) in wanted:
                found.setdefault(plain, []).append(Path(folder, name))
    beside = {path: root.resolve().parent / path for path in paths}
    return {
        path: [*found.get(_plain(Path(path).name), []), *([beside[path]] if beside[path].is_file() else [])]
        for path in paths
    }


def _plain(name: str) -> str:
    return name.casefold().replace(".", "-")
