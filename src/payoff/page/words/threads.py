"""With how many threads each way on the CPU is told, where several numbers were measured."""

import pandas as pd

from payoff.cells import HERE, TASK
from payoff.comparisons.ways import in_prose, way_of
from payoff.page.words.sentences import listed, sizes_of
from payoff.tables.formats import count

IN_SHORT = "On the CPU, each way is told with the number of threads with which it is the fastest."


def best_threads(whole_runs: pd.DataFrame) -> list[str]:
    """Per network, with how many threads each of this study's ways on the CPU is the fastest at which sizes; nothing if
    no way was measured with several numbers.

    whole_runs: one row per cell, labelled.
    """
    on_cpu = whole_runs[(whole_runs["site"] == HERE) & (whole_runs["device"] == "cpu")]
    sentences = []
    for _, of_network in on_cpu.groupby([*TASK, "architecture"], sort=False):
        ways = [rows for _, rows in of_network.groupby(["model", "mode"], sort=False) if len(set(rows["threads"])) > 1]
        if ways:
            network = f"the {of_network.iloc[0]['architecture'].upper()} on {of_network.iloc[0]['task']}"
            told = "; ".join(map(_told, ways))
            sentences.append(f"Where no number of threads is named for {network}, it is that of the fastest: {told}.")
    return sentences


def _told(rows: pd.DataFrame) -> str:
    """Of one way: numpy with 1 at H = 32, with 15 at H = 2,048."""
    best = rows[rows["has_best_threads"]]
    sizes = {threads: sorted(own["hidden_size"]) for threads, own in best.groupby("threads")}
    parts = [f"with {count(threads)} at {sizes_of(own)}" for threads, own in sizes.items()]
    return f"{in_prose(way_of(best.iloc[0]))} {listed(parts)}"
