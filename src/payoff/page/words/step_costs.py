"""Why one way is faster than another: what a step costs in each, in sentences."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from payoff.answer.run_times import NETWORK, way_here
from payoff.cells import IMPLEMENTATION
from payoff.comparisons.ways import in_prose
from payoff.page.words.sentences import MOST_TOLD, extremes, listed, sizes_of
from payoff.page.words.whole_runs import network_in_prose
from payoff.tables.columns import column
from payoff.tables.formats import count

OF_THE_RATE = "of the machine's rate of a matrix product."


def fixed_parts(costs: pd.DataFrame) -> str:
    """For each network of several sizes: what a step costs in each way whatever the size, and how much of the machine's
    rate of arithmetic it reaches at the largest; of many networks only the extremes."""
    networks = [of_network for _, of_network in costs[costs["fixed_s"].notna()].groupby(NETWORK, sort=False)]
    if not networks:
        return "No network was trained at two hidden sizes, so nothing is said about a fixed part."
    if len(networks) > MOST_TOLD:
        return _extreme_parts(networks)
    return " ".join(sentence for of_network in networks for sentence in _fixed_parts(of_network))


def _fixed_parts(of_network: pd.DataFrame) -> Iterator[str]:
    smallest, largest = _ends(of_network)
    yield f"The fixed part of a step of {network_in_prose(of_network)} is {listed([_fixed(row) for row in smallest])}."
    rated = [row for row in largest if pd.notna(row["share_arithmetic"])]
    if rated:
        where = f"At H = {count(rated[0]['hidden_size'])}, arithmetic reaches"
        yield f"{where} {listed([_share(row) for row in rated])} {OF_THE_RATE}"


def _extreme_parts(networks: Sequence[pd.DataFrame]) -> str:
    fixed, shares = [], []
    for of_network in networks:
        smallest, largest = _ends(of_network)
        name = network_in_prose(of_network)
        fixed += [(row["fixed_s"], f"{_fixed(row)} with {name}") for row in smallest]
        shares += [(row["share_arithmetic"], f"{_share(row)} with {name}") for row in largest]
    rated = [(share, text) for share, text in shares if pd.notna(share)]
    reaches = f" At the largest H, arithmetic reaches {', '.join(extremes(rated))} {OF_THE_RATE}" if rated else ""
    return f"The fixed part of a step is {', '.join(extremes(fixed))}.{reaches}"


def _ends(of_network: pd.DataFrame) -> list[list[dict[str, Any]]]:
    """The rows of the smallest size, and those of the largest."""
    sizes = of_network["hidden_size"]
    return [of_network[sizes == end].to_dict("records") for end in (sizes.min(), sizes.max())]


def _fixed(row: Mapping[str, Any]) -> str:
    return f"{column('fixed_s').text(row['fixed_s'])} µs in {in_prose(way_here(row))}"


def _share(row: Mapping[str, Any]) -> str:
    return f"{row['share_arithmetic'] * 100:.0f} % in {in_prose(way_here(row))}"


def bounds(costs: pd.DataFrame) -> list[str]:
    """For each network and way, what bounds its steps at which sizes."""
    found = []
    for _, line in costs[costs["bound"].notna()].groupby([*NETWORK, *IMPLEMENTATION], sort=False):
        first = line.iloc[0]
        way = f"{in_prose(way_here(first))} ({first['architecture'].upper()} on {first['task']})"
        found.append(f"{way} is bound {'; '.join(_bounds(line))}.")
    return found


def _bounds(line: pd.DataFrame) -> Iterator[str]:
    measured = sorted(line["hidden_size"])
    for bound, rows in line.sort_values("hidden_size").groupby("bound", sort=False):
        yield f"by {bound} at {sizes_of(rows['hidden_size'], measured)}"
