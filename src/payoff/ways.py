"""A way to train a network: model, mode, device, threads; and its names for readers."""

from collections.abc import Iterator
from typing import NamedTuple

import pandas as pd

from payoff.models.registry import MODELS


class Way(NamedTuple):
    """threads: None for as many as most of what is compared runs on."""

    model: str
    mode: str = "eager"
    device: str = "cpu"
    threads: int | None = None


def by_way(frame: pd.DataFrame, among: pd.DataFrame | None = None) -> Iterator[tuple[Way, pd.DataFrame]]:
    """The rows of each way, in the order of MODELS; `among`: all that is compared, if that is more."""
    places = list(MODELS)
    groups = frame.groupby(["model", "mode", "device", "threads"], sort=True)
    for key, rows in sorted(groups, key=lambda item: (places.index(item[0][0]), *item[0][1:])):
        yield way_of(key, frame if among is None else among), rows


def way_of(key: tuple[str, str, str, int], among: pd.DataFrame) -> Way:
    """The way of a row by its (model, mode, device, threads)."""
    *most, threads = key
    return Way(*most, int(threads) if threads != among["threads"].mode()[0] else None)


def label(way: Way) -> str:
    """As every figure names it."""
    return f"{name(way)}, {'CPU' if way.device == 'cpu' else way.device}"


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
    return " ".join(words)


def place(dataset: str, recipe: str, frame: pd.DataFrame) -> str:
    """The data set, and the recipe where the frame has more than one."""
    return f"{dataset}, {recipe}" if len(frame["recipe"].unique()) > 1 else dataset
