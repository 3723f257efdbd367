"""A way to train a network: model, mode, device, threads, and where it was measured; and its names for readers."""

from collections.abc import Iterator
from typing import NamedTuple

import pandas as pd

from payoff.models.registry import MODELS

NETWORK = ["dataset", "recipe"]
WAY_COLUMNS = ["model", "mode", "device", "threads", "site"]


class Way(NamedTuple):
    """threads: None for as many as most of what its site measured runs on; site: None for this study, else the name of
    the study beside it."""

    model: str
    mode: str = "eager"
    device: str = "cpu"
    threads: int | None = None
    site: str | None = None


def by_way(frame: pd.DataFrame, among: pd.DataFrame | None = None) -> Iterator[tuple[Way, pd.DataFrame]]:
    """The rows of each way, this study's first, in the order of MODELS; `among`: all that is compared, if that is
    more."""
    places = list(MODELS)
    groups = frame.groupby(WAY_COLUMNS, sort=True)
    for key, rows in sorted(groups, key=lambda item: (item[0][-1], places.index(item[0][0]), *item[0][1:])):
        yield way_of(key, frame if among is None else among), rows


def way_of(key: tuple[str, str, str, int, str], among: pd.DataFrame) -> Way:
    """The way of a row by its values of WAY_COLUMNS."""
    *most, threads, site = key
    usual = among.loc[among["site"] == site, "threads"].mode()[0]
    return Way(*most, int(threads) if threads != usual else None, site or None)


def label(way: Way) -> str:
    """As every figure names it."""
    parts = [name(way), "CPU" if way.device == "cpu" else way.device]
    return ", ".join(parts + ([way.site] if way.site else []))


def name(way: Way) -> str:
    """As tables name it that have a column for the device."""
    parts = [MODELS[way.model].title]
    if way.mode != "eager":
        parts.append(way.mode)
    if way.threads:
        parts.append(f"{way.threads} thread{'s' if way.threads > 1 else ''}")
    return ", ".join(parts)


def in_prose(way: Way) -> str:
    """As a sentence names it that says which network is meant: numpy, torch fused, torch on cuda."""
    framework, *more = way.model.split("_")[:-1]
    words = [framework, *more]
    if way.mode != "eager":
        words.append(way.mode)
    if way.device != "cpu":
        words.append(f"on {way.device}")
    if way.threads:
        words.append(f"with {way.threads} thread{'s' if way.threads > 1 else ''}")
    if way.site:
        words.append(f"({way.site})")
    return " ".join(words)


def place(dataset: str, recipe: str, frame: pd.DataFrame) -> str:
    """The data set, and the recipe where the frame has more than one."""
    return f"{dataset}, {recipe}" if len(frame["recipe"].unique()) > 1 else dataset
