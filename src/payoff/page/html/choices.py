"""Which way to choose: the grid of hidden sizes and epochs, and what the page's calculator computes with."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

import pandas as pd

from payoff.answer.run_times import NETWORK, network_of, way_here
from payoff.comparisons.run_times import BEYOND, LOOKED_AT, MOST_EPOCHS, Curve, curves_of
from payoff.comparisons.ways import in_prose
from payoff.page.words.sentences import told
from payoff.page.words.whole_runs import name_of
from payoff.statistics.estimates import estimate_of
from payoff.statistics.pairs import FEWEST_HEATS, t_quantile
from payoff.tables.formats import count

MOST_COSTS = 10_000  # runs with which the page computes; for more there is `payoff predict`


class Chosen(NamedTuple):
    """What a grid is about. quantity: the columns of what a run takes or costs; caption: of the grid."""

    best: str
    quantity: str
    caption: str


TIMES = Chosen("quickest", "run_s", "which way finishes a run first, and how many times as long the next one takes")
PRICES = Chosen("cheapest", "run_price", "which way is the cheapest, and how many times as much the next one costs")


def grids(runs: pd.DataFrame, chosen: Chosen = TIMES) -> list[dict[str, Any]]:
    """One grid per network: for each measured size and number of epochs the best way, and how far behind the next is.

    runs: the answer's table of run times, or of prices.
    """
    found = []
    networks = list(runs.groupby(NETWORK, sort=False))
    for _, of_network in networks:
        epochs = sorted(of_network["epochs"].unique())
        best: dict[int, dict[int, list[dict[str, Any]]]] = {}  # of each size and number of epochs the ways in order
        for row in of_network.sort_values(["hidden_size", "rank"]).to_dict("records"):
            best.setdefault(row["hidden_size"], {}).setdefault(row["epochs"], []).append(row)
        rows = [
            {"size": count(size), "cells": [_cell(chosen, *of_size[number][:2]) for number in epochs]}
            for size, of_size in best.items()
        ]
        network = name_of(network_of(of_network.iloc[0]))
        caption = f"{network}: {chosen.caption}." if len(networks) > 1 else f"{chosen.caption.capitalize()}."
        found.append(
            {
                "name": f"The {chosen.best} way, {network}",
                "caption": caption,
                "epochs": list(map(count, epochs)),
                "rows": rows,
                "unclear": not of_network["is_clear"].all(),
            }
        )
    return found


def calculator(costs: pd.DataFrame) -> str | None:
    """What the calculator computes with, as JSON that may stand in a page: all runs of the networks with several ways;
    None if there are none or too many."""
    networks = [
        {"name": name_of(network), "ways": [_way(in_prose(way), curve) for way, curve in curves.items()]}
        for network, curves in curves_of(costs).items()
        if len(curves) > 1
    ]
    if not networks or len(costs) > MOST_COSTS:
        return None
    most = int(costs["repetition"].max())
    document = {
        "beyond": BEYOND,
        "mostEpochs": MOST_EPOCHS,
        "lookedAt": LOOKED_AT,
        "quantiles": {n: t_quantile(n) for n in range(FEWEST_HEATS, most + 1)},
        "networks": networks,
    }
    return json.dumps(document, allow_nan=False, separators=(",", ":")).replace("<", "\\u003c")


def _cell(chosen: Chosen, first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    """Of one size and number of epochs: the best way and the next."""
    factor = estimate_of(second, "factor")
    names = [in_prose(way_here(row)) for row in (first, second)]
    return {
        "way": names[0],
        "next": names[1],
        "color": first["model"].replace("_", "-"),
        "is_clear": bool(first["is_clear"]),
        "factor": f"{factor.median:.2f}",
        "told": f"{names[0]} {told(chosen.quantity, estimate_of(first, chosen.quantity))}; "
        f"{names[1]} {told('factor', factor)}",
    }


def _way(name: str, curve: Curve) -> dict[str, Any]:
    return {
        "name": name,
        "sizes": curve.sizes.astype(int).tolist(),
        "besides": list(map(_short, curve.besides_s)),
        "epoch": list(map(_short, curve.epoch_s)),
    }


def _short(seconds: Any) -> list[float | None]:
    """With nine digits, so that the page rounds as the command does; null where a repetition is missing."""
    return [None if value != value else float(f"{value:.9g}") for value in seconds.tolist()]
