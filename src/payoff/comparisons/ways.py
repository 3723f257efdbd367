"""A way to train a network: model, mode, device, threads and site; and its names for readers."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import pandas as pd

from payoff.cells import HERE, WAY
from payoff.models.registry import MODELS


class Way(NamedTuple):
    """threads: None for the usual number of its site, which most of its cells have."""

    model: str
    mode: str = "eager"
    device: str = "cpu"
    threads: int | None = None
    site: str = HERE


def labelled(frame: pd.DataFrame, usual_threads: Mapping[str, int], *, several_recipes: bool) -> pd.DataFrame:
    """The rows of a table with LABELS: `task`, which is the data set, with the recipe if there are several; and, for a
    table with threads, whether a row has the usual number of its site.

    usual_threads: site -> number.
    """
    task = frame["dataset"] + ", " + frame["recipe"] if several_recipes else frame["dataset"]
    labels = {"task": task}
    if "threads" in frame:
        labels["usual_threads"] = frame["threads"] == frame["site"].map(usual_threads)
    return frame.assign(**labels)


def usual_threads(cells: pd.DataFrame) -> dict[str, int]:
    """site -> the number of threads that most of its cells have."""
    return cells.groupby("site")["threads"].agg(lambda threads: threads.mode()[0]).to_dict()


def way_of(row: Mapping[str, Any]) -> Way:
    """The way of a labelled row."""
    threads = None if row["usual_threads"] else int(row["threads"])
    return Way(row["model"], row["mode"], row["device"], threads, row["site"])


def by_way(frame: pd.DataFrame) -> Iterator[tuple[Way, pd.DataFrame]]:
    """The labelled rows of each way, this study's first, in the order of MODELS."""
    order = list(MODELS)
    groups = [(way_of(rows.iloc[0]), rows) for _, rows in frame.groupby([*WAY, "site"], sort=True)]
    return iter(sorted(groups, key=lambda group: (group[0].site, order.index(group[0].model), *group[0][1:3])))


def is_of_two_machines(first: Way, second: Way) -> bool:
    """Whether the first is on the CPU here and the second on an accelerator elsewhere, in default mode and threads."""
    by_default = all(is_by_default(way) for way in (first, second))
    return by_default and first.site == HERE != second.site and first.device == "cpu" != second.device


def special_mode(way: Way) -> str | None:
    """Its mode, or None if that is the default of its model."""
    return None if way.mode == MODELS[way.model].default_mode else way.mode


def is_by_default(way: Way) -> bool:
    """Whether it is executed in the default mode of its model, with the usual number of threads."""
    return special_mode(way) is None and way.threads is None


def label(way: Way) -> str:
    """The name in figures: MLP in torch, fused, cuda."""
    parts = [name(way), "CPU" if way.device == "cpu" else way.device]
    return ", ".join(parts + ([way.site] if way.site else []))


def name(way: Way) -> str:
    """The name in tables that have a column for the device: MLP in torch, fused."""
    parts = [MODELS[way.model].title]
    if mode := special_mode(way):
        parts.append(mode)
    if way.threads:
        parts.append(f"{way.threads} thread{'s' if way.threads > 1 else ''}")
    return ", ".join(parts)


def in_prose(way: Way) -> str:
    """The name in sentences that say which network is meant: numpy, torch fused, torch on cuda."""
    framework, *more = way.model.split("_")[:-1]
    words = [framework, *more]
    if mode := special_mode(way):
        words.append(mode)
    if way.device != "cpu":
        words.append(f"on {way.device}")
    if way.threads:
        words.append(f"with {way.threads} thread{'s' if way.threads > 1 else ''}")
    if way.site:
        words.append(f"({way.site})")
    return " ".join(words)


def site_name(site: str) -> str:
    """The name of a site in tables and sentences."""
    return site or "this study"
