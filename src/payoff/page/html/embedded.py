"""The tables of a study inside its page: each link holds the file that it saves, so the page needs no other file."""

import base64
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from payoff.tables.formats import count, significant

# The largest size of a page with its tables, in bytes: it can still be sent by mail.
PAGE = 5_000_000

MEANING = {
    "cells": "one row per cell: medians, intervals, how many runs, what is missing and why",
    "runs": "one row per run: every time, accuracy and checksum, and what was found on the machine",
    "samples": "one row per epoch of each run, in the order in which they were timed",
}


@dataclass(frozen=True)
class Download:
    """One file: its name, what one row is, how large it is; `href` is None where it is too large for the page.

    kept: the path of the same table in the project.
    """

    file: str
    what: str
    rows: str
    size: str
    href: str | None
    kept: str


def downloads(tables: Mapping[str, pd.DataFrame], study: str) -> list[Download]:
    """Every table as a Parquet file, and the cells as CSV, too, for programs that read no Parquet.

    tables: name -> frame, the most wanted first. Raises KeyError if MEANING does not describe a table.
    """
    files = [(name, "parquet", _parquet(frame)) for name, frame in tables.items()]
    if "cells" in tables:
        files.append(("cells", "csv", tables["cells"].to_csv(index=False).encode()))
    return [
        Download(
            file=f"{study}-{name}.{ending}",
            what=MEANING[name],
            rows=count(len(tables[name])),
            size=_size(len(content)),
            href=_data_link(content, ending),
            kept=f"results/{study}/tables/{name}.{ending}",
        )
        for name, ending, content in files
    ]


def fitting(found: Sequence[Download], room: int) -> list[Download]:
    """The same list, with links only to those that fit, from the first on. room: bytes of the page that are left."""
    shown = []
    for download in found:
        taken = len(download.href or "")
        shown.append(download if taken <= room else replace(download, href=None))
        room -= taken if taken <= room else 0
    return shown


def _parquet(frame: pd.DataFrame) -> bytes:
    """Compressed at level 9: for many epochs a third smaller than at the default, in a tenth of a second. Higher levels
    gain no more."""
    buffer = io.BytesIO()
    frame.to_parquet(buffer, index=False, compression="zstd", compression_level=9)
    return buffer.getvalue()


def _data_link(content: bytes, ending: str) -> str:
    media = {"parquet": "application/vnd.apache.parquet", "csv": "text/csv;charset=utf-8"}[ending]
    return f"data:{media};base64,{base64.b64encode(content).decode()}"


def _size(characters: int) -> str:
    """57.3 kB, 1.91 MB"""
    return f"{significant(characters / 1e6)} MB" if characters >= 1e6 else f"{significant(characters / 1e3)} kB"
