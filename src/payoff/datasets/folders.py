"""What a user's folder holds, apart from what programs leave behind there.

The workflow imports this file to plan, so it reads no data.
"""

from pathlib import Path

MOST_LEVELS = 2  # of folders below that of the data set: train/ or test/, and in it the classes

# What file managers, archives and cameras leave behind, without being asked; beside all hidden files.
JUNK = {"thumbs.db", "ehthumbs.db", "desktop.ini", "__macosx", "icon\r", "@eadir", "$recycle.bin"}
JUNK_ENDINGS = (":zone.identifier",)


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
