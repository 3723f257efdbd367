"""Compare two studies as wholes: over all their networks, and for each way to train them."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from payoff.cells import TASK, WAY
from payoff.models.registry import MODELS
from payoff.regression.judging import Verdict, judged
from payoff.statistics.differences import holm, p_of_greater_median
from payoff.statistics.estimates import Estimate, median_interval

# The chance that the whole or any way is falsely called slower. It adds to that of single cells, and many networks find
# a slowdown with less.
ALPHA_TOGETHER = 0.01


@dataclass(frozen=True)
class Together:
    """Cells that are judged together.

    way: values of WAY, by column; None for all ways. ratio: the median of the networks' ratios, B over A, with its
    interval; its n is the number of networks. p_slower, p_faster: one-sided, corrected for the whole and all ways.
    """

    way: Mapping[str, Any] | None
    ratio: Estimate
    p_slower: float
    p_faster: float
    verdict: Verdict


def together(cells: pd.DataFrame, factor: float) -> list[Together]:
    """The whole first, then each way, if there are several. Empty if no network has a ratio.

    cells: one row per cell, with `ratio_median`, nan if it is not compared. A network's ratio is the geometric mean of
    those of its ways. They were measured side by side and share disturbances, so they count as one.
    """
    compared = cells.dropna(subset="ratio_median")
    if compared.empty:
        return []
    of_ways = compared.groupby(WAY, sort=False)
    groups: list[tuple[dict[str, Any] | None, pd.DataFrame]] = [(None, compared)]
    if len(of_ways) > 1:
        groups += [(dict(zip(WAY, way, strict=True)), rows) for way, rows in of_ways]
    logs = [_of_networks(rows) for _, rows in groups]
    slower = holm([p_of_greater_median(values) for values in logs])
    faster = holm([p_of_greater_median(-values) for values in logs])
    least = holm([0.5 ** len(values) for values in logs])
    found = []
    for (way, _), values, p_slower, p_faster, p_least in zip(groups, logs, slower, faster, least, strict=True):
        ratio = _exponential(median_interval(values))
        verdict = judged(ratio.median, p_slower, p_faster, p_least, factor=factor, alpha=ALPHA_TOGETHER)
        found.append(Together(way, ratio, p_slower, p_faster, verdict))
    return found


def _of_networks(cells: pd.DataFrame) -> np.ndarray:
    """(networks,): the logarithm of each network's ratio."""
    architecture = [MODELS[model].architecture if model in MODELS else model for model in cells["model"]]
    network = [*(cells[part].to_numpy() for part in (*TASK, "hidden_size")), np.array(architecture)]
    return np.log(cells["ratio_median"]).groupby(network).mean().to_numpy()


def _exponential(log: Estimate) -> Estimate:
    return Estimate(math.exp(log.median), math.exp(log.low), math.exp(log.high), log.n)
