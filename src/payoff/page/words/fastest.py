"""Which way has the shortest epochs, once it has started, and whether a GPU has: one sentence for each network."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import pandas as pd

from payoff.answer.run_times import NETWORK, way_here
from payoff.comparisons.ways import Way, in_prose
from payoff.page.words.sentences import listed, sizes_of, times
from payoff.page.words.whole_runs import MOST, counted_best, network_in_prose
from payoff.statistics.estimates import Estimate, estimate_of
from payoff.tables.formats import count


class Lead(NamedTuple):
    """The two fastest ways at a size; factor: how many times as fast as the second the first is."""

    first: Way
    second: Way
    factor: Estimate
    is_clear: bool


def shortest_epochs(epoch_times: pd.DataFrame) -> list[str]:
    """Which of this study's ways has the shortest epochs at which sizes. Of many networks one sentence counts them."""
    networks = [of_network for _, of_network in epoch_times.groupby(NETWORK, sort=False)]
    if len(networks) > MOST:
        return [f"{counted_best(networks, 'fastest')}, once started."]
    return [
        _told(of_network, {size: _lead(rows) for size, rows in of_network.groupby("hidden_size")})
        for of_network in networks
    ]


def gpus(epoch_times: pd.DataFrame) -> list[str]:
    """For each network that was trained on both, whether its fastest way on a GPU has shorter epochs than its fastest
    on the CPU. Of many networks nothing is told."""
    networks = [of_network for _, of_network in epoch_times.groupby(NETWORK, sort=False)]
    both = [(of_network, leads) for of_network in networks if (leads := _cpu_against_gpu(of_network))]
    return [_of_gpu(*found) for found in both] if len(both) <= MOST else []


def _cpu_against_gpu(of_network: pd.DataFrame) -> dict[int, Lead]:
    """At each size that was measured on both, the faster of the fastest way on the CPU and the fastest on a GPU."""
    leads: dict[int, Lead] = {}
    both = {"cpu"} < set(of_network["device"])
    for _, rows in of_network.groupby("hidden_size") if both else ():
        ranked = rows.sort_values("rank").to_dict("records")
        others = [row for row in ranked if (row["device"] == "cpu") != (ranked[0]["device"] == "cpu")]
        if others:
            factor = estimate_of(others[0], "factor")
            leads[ranked[0]["hidden_size"]] = Lead(way_here(ranked[0]), way_here(others[0]), factor, factor.low > 1)
    return leads


def _of_gpu(of_network: pd.DataFrame, leads: Mapping[int, Lead]) -> str:
    wins = {size: lead for size, lead in leads.items() if lead.is_clear and lead.first.device != "cpu"}
    losses = {size: lead for size, lead in leads.items() if lead.is_clear and lead.first.device == "cpu"}
    verdict = "pays off at some sizes" if wins else "does not pay off"
    if len(wins) == len(leads):
        verdict = "pays off at every size"
    parts: list[str] = []
    for who, other, own in (("it", "the fastest way on the CPU", wins), ("the CPU", "the fastest on the GPU", losses)):
        if own:
            verb = "is " if not parts else ""
            parts.append(f"{who} {verb}{_most(own)} as fast as {other} at {sizes_of(own, leads)}")
    if unclear := [size for size in leads if size not in wins and size not in losses]:
        parts.append(f"no difference is clear at {sizes_of(unclear, leads)}")
    network = network_in_prose(of_network)
    return f"For {network}, a GPU {verdict}, once started: {'; '.join(parts)} (n = {of_network['n'].min()} each)."


def _lead(rows: pd.DataFrame) -> Lead:
    first, second = rows.sort_values("rank").head(2).to_dict("records")
    return Lead(way_here(first), way_here(second), estimate_of(second, "factor"), bool(first["is_clear"]))


def _told(of_network: pd.DataFrame, found: Mapping[Any, Lead]) -> str:
    leads = {int(size): lead for size, lead in found.items()}
    parts = [*_clear(leads), *_unclear(leads)]
    ways = len(of_network[["model", "mode", "device"]].drop_duplicates())
    of_ways = f"Of {count(ways)} ways to train {network_in_prose(of_network)}"
    return f"{of_ways}, once started, {'; '.join(parts)} (n = {of_network['n'].min()} each)."


def _clear(leads: Mapping[int, Lead]) -> Iterator[str]:
    for way in dict.fromkeys(lead.first for lead in leads.values() if lead.is_clear):
        own = {size: lead for size, lead in leads.items() if lead.is_clear and lead.first == way}
        size, most = max(own.items(), key=lambda item: item[1].factor.median)
        sizes = "every size" if len(own) == len(leads) > 1 else sizes_of(own, leads)
        where = f", at H = {count(size)}" if len(own) > 1 else ""
        factor = f"{_most(own)} as fast as the next, {in_prose(most.second)}"
        yield f"{in_prose(way)} has the shortest epochs at {sizes}, {factor}{where}"


def _unclear(leads: Mapping[int, Lead]) -> Iterator[str]:
    for pair in dict.fromkeys(frozenset(lead[:2]) for lead in leads.values() if not lead.is_clear):
        own = [size for size, lead in leads.items() if not lead.is_clear and frozenset(lead[:2]) == pair]
        names = listed([in_prose(way) for way in leads[own[0]][:2]])
        yield f"at {sizes_of(own, leads)} {names} have the shortest, and no difference between them is clear"


def _most(own: Mapping[int, Lead]) -> str:
    most = max(own.values(), key=lambda lead: lead.factor.median)
    return f"{'up to ' if len(own) > 1 else ''}{times(most.factor)}"
