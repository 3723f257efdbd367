"""A way to train a network: model, mode, device, threads and site; and its names for readers."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import pandas as pd

from payoff.cells import HERE, IMPLEMENTATION, WITHOUT_THREADS
from payoff.models.registry import MODELS

DEVICES = {"cpu": "CPU", "cuda": "GPU"}  # by their names for readers; another accelerator keeps its own
SPELT = {"jax": "JAX"}  # frameworks that do not write their name in small letters


class Way(NamedTuple):
    """threads: None for the number with which it is the fastest at its hidden size, of those that were measured."""

    model: str
    mode: str = "eager"
    device: str = "cpu"
    threads: int | None = None
    site: str = HERE


def labelled(frame: pd.DataFrame, best_threads: pd.Series, *, several_recipes: bool) -> pd.DataFrame:
    """The rows of a table with LABELS: `task`, which is the data set, with the recipe if there are several; and, for a
    table with threads, whether a row has the number with which its way is the fastest.

    best_threads: from `fastest_threads`.
    """
    task = frame["dataset"] + ", " + frame["recipe"] if several_recipes else frame["dataset"]
    labels = {"task": task}
    if "threads" in frame:
        best = best_threads.reindex(pd.MultiIndex.from_frame(frame[WITHOUT_THREADS]))
        labels["has_best_threads"] = frame["threads"].to_numpy() == best.to_numpy()
    return frame.assign(**labels)


def fastest_threads(measured: pd.DataFrame, time: str = "epoch_time_s_median") -> pd.Series:
    """The number of threads with which each way is the fastest at each hidden size, by WITHOUT_THREADS; for a way
    without any time, the smallest number.

    measured: the table of cells, or one with one row per cell and this column of times.
    """
    in_order = measured.sort_values([time, "threads"], na_position="last")
    return in_order.drop_duplicates(WITHOUT_THREADS).set_index(WITHOUT_THREADS)["threads"]


def way_of(row: Mapping[str, Any]) -> Way:
    """The way of a labelled row."""
    threads = None if row["has_best_threads"] else int(row["threads"])
    return Way(row["model"], row["mode"], row["device"], threads, row["site"])


def by_way(frame: pd.DataFrame) -> Iterator[tuple[Way, pd.DataFrame]]:
    """The labelled rows of each way, this study's first, in the order of MODELS."""
    order = list(MODELS)
    named = frame["threads"].where(~frame["has_best_threads"], 0)  # a way's best number may differ from size to size
    groups = [
        (Way(model, mode, device, int(threads) or None, site), rows)
        for (model, mode, device, threads, site), rows in frame.groupby([*IMPLEMENTATION, named, "site"], sort=True)
    ]
    return iter(sorted(groups, key=lambda group: (group[0].site, order.index(group[0].model), *group[0][1:3])))


def is_of_two_machines(first: Way, second: Way) -> bool:
    """Whether the first is on the CPU here and the second on an accelerator elsewhere, in default mode and with their
    best numbers of threads."""
    by_default = all(is_by_default(way) for way in (first, second))
    return by_default and first.site == HERE != second.site and first.device == "cpu" != second.device


def special_mode(way: Way) -> str | None:
    """Its mode, or None if that is the default of its model."""
    return None if way.mode == MODELS[way.model].default_mode else way.mode


def is_by_default(way: Way) -> bool:
    """Whether it is executed in the default mode of its model, with its best number of threads."""
    return special_mode(way) is None and way.threads is None


def label(way: Way) -> str:
    """The name in figures: MLP in torch, fused, GPU."""
    parts = [name(way), DEVICES.get(way.device, way.device)]
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
    """The name in sentences that say which network is meant: numpy, torch fused, torch on the GPU."""
    framework, *more = way.model.split("_")[:-1]
    words = [SPELT.get(framework, framework), *more]
    if mode := special_mode(way):
        words.append(mode)
    if way.device != "cpu":
        words.append(f"on {on_device(way.device)}")
    if way.threads:
        words.append(f"with {way.threads} thread{'s' if way.threads > 1 else ''}")
    if way.site:
        words.append(f"({way.site})")
    return " ".join(words)


def on_device(device: str) -> str:
    """A device in sentences: the CPU, the GPU; another accelerator by its own name."""
    return f"the {DEVICES[device]}" if device in DEVICES else device


def site_name(site: str) -> str:
    """The name of a site in tables and sentences."""
    return site or "this study"
