"""The tables of the answer about whole runs: what a run costs, how long it takes, and which way is the quickest."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from operator import itemgetter
from typing import Any

import numpy as np
import pandas as pd

from payoff.cells import HERE, IMPLEMENTATION, SITED_CELL, TASK
from payoff.comparisons.comparison import Comparison, Pair
from payoff.comparisons.run_times import (
    Change,
    Choice,
    Curves,
    Network,
    changes,
    choices,
    measured_at,
    measured_sizes,
)
from payoff.comparisons.ways import Way
from payoff.statistics.estimates import ENDS, Estimate, columns_of
from payoff.tables.runs import besides_s, sample_of

EPOCHS = (1, 10, 100, 1000)  # of the runs that are told, beside those of the recipe
NETWORK = [*TASK, "task", "architecture"]
COSTS = [*NETWORK, *IMPLEMENTATION, "site", "threads", "has_best_threads", "hidden_size", "repetition"]
COSTS += ["besides_s", "epoch_s"]
RUN_TIMES = [
    *(*NETWORK, "hidden_size", "epochs", "is_asked", "rank", *IMPLEMENTATION),
    *(f"run_s_{end}" for end in ENDS),
    *(*(f"factor_{end}" for end in ENDS), "n", "is_clear"),
]
CHANGES = [*NETWORK, "hidden_size", "from_epochs", *IMPLEMENTATION]
ITSELF = Estimate(1, 1, 1, 0)

Networks = Mapping[Network, Curves]


def costs_table(cells: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
    """One row per run of this study that has a time, of the ways that do equal work, each with its best number of
    threads: its seconds besides the epochs, evaluation left out, and per epoch."""
    wanted = cells[(cells["site"] == HERE) & cells["has_best_threads"] & cells["relative"].notna()]
    timed = runs.loc[sample_of(runs, "epoch_time_s").index]
    rows = timed.merge(wanted[[*SITED_CELL, "architecture"]], on=SITED_CELL)
    return rows.assign(besides_s=besides_s(rows), epoch_s=rows["epoch_time_s"])[COSTS]


def run_times_table(networks: Networks, epochs: Mapping[str, int]) -> pd.DataFrame:
    """One row per network, measured hidden size, number of epochs and way, the quickest first: how long a run takes.

    networks: as `curves_of` makes them of the costs; epochs: recipe -> how many it has. Networks with one way are left
    out: there is nothing to choose.
    """
    return _chosen(networks, epochs)


def epoch_times_table(networks: Networks, compared: Sequence[Comparison] = ()) -> pd.DataFrame:
    """The same for an epoch of a run that has started already: one row per network, size and way, the fastest first.

    compared: where two ways were compared in turns, the factor is that of their turns, as everywhere else on the page.
    """
    only_epochs = {
        network: {way: replace(curve, besides_s=np.zeros_like(curve.besides_s)) for way, curve in curves.items()}
        for network, curves in networks.items()
    }
    table = _chosen(only_epochs, {}, epochs_told=(1,)).drop(columns=["epochs", "is_asked"])
    table = table.rename(columns={f"run_s_{end}": f"epoch_time_s_{end}" for end in ENDS})
    in_turns = {comparison.pair: comparison.ratios for comparison in compared if comparison.in_turns}
    rows = table.to_dict("records")
    for _, of_network in groupby(rows, itemgetter(*NETWORK, "hidden_size")):
        first, *others = of_network  # the fastest first
        for other in others:
            if factor := _of_turns(in_turns, first, other):
                other |= zip(("factor_median", "factor_low", "factor_high"), factor, strict=True)
        for row in (first, *others):
            row["is_clear"] = all(other["factor_low"] > 1 for other in others)
    return pd.DataFrame(rows, columns=table.columns).astype(table.dtypes)


def _of_turns(
    in_turns: Mapping[Pair, Mapping[int, Estimate]], first: Mapping[str, Any], other: Mapping[str, Any]
) -> Sequence[float] | None:
    """How many times as long as the first an epoch of the other takes, in their turns: median, low and high; None if
    these two were not compared so."""
    network, size, ways = network_of(first), first["hidden_size"], (way_here(first), way_here(other))
    if ratio := in_turns.get(Pair(*network, *ways), {}).get(size):  # of the first over the other
        return 1 / ratio.median, 1 / ratio.high, 1 / ratio.low
    if ratio := in_turns.get(Pair(*network, *reversed(ways)), {}).get(size):
        return ratio.median, ratio.low, ratio.high
    return None


def run_prices_table(networks: Networks, epochs: Mapping[str, int], prices: Mapping[str, float]) -> pd.DataFrame:
    """The same, the cheapest first: what a run costs. prices: device -> of an hour; without any, the table is empty."""
    table = _chosen(networks if prices else {}, epochs, _per_second(prices))
    return table.rename(columns={f"run_s_{end}": f"run_price_{end}" for end in ENDS})


def _per_second(prices: Mapping[str, float]) -> dict[str, float]:
    return {device: price / 3600 for device, price in prices.items()}


def _chosen(
    networks: Networks,
    epochs: Mapping[str, int],
    prices: Mapping[str, float] | None = None,
    *,
    epochs_told: Sequence[int] = EPOCHS,
) -> pd.DataFrame:
    """The choice for each network, size and number of epochs: those told, and those that the recipe has."""
    rows: list[dict[str, Any]] = []
    for network, curves in networks.items():
        asked = epochs.get(network.recipe)
        numbers = sorted({*epochs_told, asked or epochs_told[0]})
        for size in measured_sizes(curves):
            for number, choice in zip(numbers, choices(measured_at(curves, size), size, numbers, prices), strict=True):
                where = {**network._asdict(), "hidden_size": size, "epochs": number, "is_asked": number == asked}
                rows += [where | row for row in _rows(choice)]
    return pd.DataFrame(rows, columns=RUN_TIMES)


def changes_table(networks: Networks, prices: Mapping[str, float] | None = None) -> pd.DataFrame:
    """One row per network, measured hidden size and stretch of epochs: which way is clearly the quickest from so many
    epochs on, if any is; with the prices of devices, the cheapest."""
    rows = [
        {**network._asdict(), "hidden_size": size, **_change_row(change)}
        for network, curves in networks.items()
        for size in measured_sizes(curves)
        if len(measured_at(curves, size)) > 1
        for change in changes(measured_at(curves, size), size, prices)
    ]
    return pd.DataFrame(rows, columns=CHANGES)


def change_of(row: Mapping[str, Any]) -> Change:
    """Of a row of the table of changes."""
    return Change(int(row["from_epochs"]), None if pd.isna(row["model"]) else way_here(row))


def way_here(row: Mapping[str, Any]) -> Way:
    """Of a row of these tables: all are this study's ways, each with its best number of threads."""
    return Way(row["model"], row["mode"], row["device"])


def network_of(row: Mapping[str, Any]) -> Network:
    return Network(*(row[part] for part in NETWORK))


def _rows(choice: Choice) -> list[dict[str, Any]]:
    """Nothing if there is no choice."""
    if not choice.factors:
        return []
    return [
        {
            "rank": rank,
            **_parts(way),
            **columns_of("run_s", time),
            **columns_of("factor", choice.factors.get(way, ITSELF)),
            "n": time.n,
            "is_clear": choice.is_clear,
        }
        for rank, (way, time) in enumerate(choice.times.items(), 1)
    ]


def _change_row(change: Change) -> dict[str, Any]:
    return {"from_epochs": change.epochs, **(_parts(change.way) if change.way else dict.fromkeys(IMPLEMENTATION))}


def _parts(way: Way) -> dict[str, str]:
    return {part: getattr(way, part) for part in IMPLEMENTATION}
