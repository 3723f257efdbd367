"""The tables of a study inside its page: links that hold the file they save, for a page that travels alone."""

import base64
import io
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from payoff.tables.columns import count, significant

# The most that a page may weigh with its tables, in bytes: it travels by mail.
PAGE = 5_000_000

MEANING = {
    "cells": "a row a cell: medians, intervals, how many runs, what is missing and why",
    "runs": "a row a run: every time, accuracy and checksum, and what was found on the machine",
    "samples": "a row an epoch of every run, in the order in which they were timed",
}


@dataclass(frozen=True)
class Download:
    """One file: its name, what one row of it is, how big it is; `href` is None where it is too large for the page.

    kept: where the same table lies in the project.
    """

    file: str
    what: str
    rows: str
    size: str
    href: str | None
    kept: str


def downloads(tables: Mapping[str, pd.DataFrame], study: str, room: int = PAGE) -> list[Download]:
    """Every table as a file of parquet, and the cells as CSV, too, for a program that reads no parquet.

    tables: name -> frame, the most wanted first; room: bytes of the page that are left for all of them. What does not
    fit is in the list as well, without a link. A KeyError where MEANING does not say what a table is.
    """
    files = [(name, "parquet", _parquet(frame)) for name, frame in tables.items()]
    if "cells" in tables:
        files.append(("cells", "csv", tables["cells"].to_csv(index=False).encode()))
    found = []
    for name, ending, content in files:
        href = _data_link(content, ending)
        fits = len(href) <= room
        room -= len(href) if fits else 0
        found.append(
            Download(
                file=f"{study}-{name}.{ending}",
                what=MEANING[name],
                rows=count(len(tables[name])),
                size=_size(len(content)),
                href=href if fits else None,
                kept=f"results/{study}/tables/{name}.{ending}",
            )
        )
    return found


def _parquet(frame: pd.DataFrame) -> bytes:
    """Level 9 is where it stops to pay: a third smaller than the default for many epochs, a tenth of a second."""
    buffer = io.BytesIO()
    frame.to_parquet(buffer, index=False, compression="zstd", compression_level=9)
    return buffer.getvalue()


def _data_link(content: bytes, ending: str) -> str:
    media = {"parquet": "application/vnd.apache.parquet", "csv": "text/csv;charset=utf-8"}[ending]
    return f"data:{media};base64,{base64.b64encode(content).decode()}"


def _size(characters: int) -> str:
    """57.3 kB, 1.91 MB"""
    return f"{significant(characters / 1e6)} MB" if characters >= 1e6 else f"{significant(characters / 1e3)} kB"
