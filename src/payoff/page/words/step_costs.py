"""Why one way is faster than another: what a step costs in each, in sentences."""

from collections.abc import Iterator

import pandas as pd

from payoff.answer.run_times import NETWORK, way_here
from payoff.cells import IMPLEMENTATION
from payoff.comparisons.ways import in_prose
from payoff.page.words.sentences import listed, sizes_of
from payoff.page.words.whole_runs import network_in_prose
from payoff.tables.columns import column
from payoff.tables.formats import count


def fixed_parts(costs: pd.DataFrame) -> str:
    """For each network of several sizes: what a step costs in each way whatever the size, and how much of the machine's
    rate of arithmetic it reaches at the largest."""
    sentences = []
    for _, of_network in costs[costs["fixed_s"].notna()].groupby(NETWORK, sort=False):
        sizes = of_network["hidden_size"]
        smallest, largest = (of_network[sizes == end].to_dict("records") for end in (sizes.min(), sizes.max()))
        fixed = [f"{column('fixed_s').text(row['fixed_s'])} µs in {in_prose(way_here(row))}" for row in smallest]
        sentences.append(f"The fixed part of a step of {network_in_prose(of_network)} is {listed(fixed)}.")
        rated = [row for row in largest if pd.notna(row["share_arithmetic"])]
        if rated:
            shares = [f"{row['share_arithmetic'] * 100:.0f} % in {in_prose(way_here(row))}" for row in rated]
            where = f"At H = {count(rated[0]['hidden_size'])}, arithmetic reaches"
            sentences.append(f"{where} {listed(shares)} of the machine's rate of a matrix product.")
    return " ".join(sentences) or "No network was trained at two hidden sizes, so nothing is said about a fixed part."


def bounds(costs: pd.DataFrame) -> list[str]:
    """For each network and way, what bounds its steps at which sizes."""
    found = []
    for _, line in costs[costs["bound"].notna()].groupby([*NETWORK, *IMPLEMENTATION], sort=False):
        first = line.iloc[0]
        way = f"{in_prose(way_here(first))} ({first['architecture'].upper()} on {first['task']})"
        found.append(f"{way} is bound {'; '.join(_bounds(line))}.")
    return found


def _bounds(line: pd.DataFrame) -> Iterator[str]:
    for bound, rows in line.sort_values("hidden_size").groupby("bound", sort=False):
        yield f"by {bound} at {sizes_of(rows['hidden_size'])}"
