"""Which of several ways to train a network has the shortest epochs, at which sizes, in one sentence."""

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

from payoff.cells import HERE
from payoff.comparisons.comparison import Comparison, Verdict
from payoff.comparisons.ways import Way, in_prose, is_by_default
from payoff.page.words.headlines import n_of, network_of, times
from payoff.page.words.sentences import listed, sizes_of
from payoff.statistics.estimates import Estimate, inverse
from payoff.tables.formats import count


class Lead(NamedTuple):
    """The two fastest ways at a size; factor: how many times as fast as the second the first is."""

    first: Way
    second: Way
    factor: Estimate
    is_clear: bool


def fastest(compared: Sequence[Comparison]) -> dict[tuple[str, str], str]:
    """(task, architecture) -> a sentence, for each network that this study trains in three ways or more, each by
    default. Ways of which a pair is not compared, since they do not do equal work, get none."""
    networks: dict[tuple[str, str], list[Comparison]] = {}
    sentences: dict[tuple[str, str], str] = {}
    for found in compared:
        if all(is_by_default(way) and way.site == HERE for way in (found.first, found.second)):
            networks.setdefault((found.task, found.architecture), []).append(found)
    for network, of_network in networks.items():
        ways = list(dict.fromkeys(way for found in of_network for way in (found.first, found.second)))
        if len(ways) > 2 and len(of_network) == len(list(combinations(ways, 2))):
            sizes = [size for size in of_network[0].ratios if all(size in found.ratios for found in of_network)]
            leads = {size: _lead(of_network, size) for size in sizes}
            if leads:
                sentences[network] = _told(of_network, len(ways), leads)
    return sentences


def _lead(compared: Sequence[Comparison], size: int) -> Lead:
    """By the medians, the two fastest ways of a network at this size."""
    seconds: dict[Way, float] = {}
    for found in compared:
        seconds |= zip((found.first, found.second), found.medians[size], strict=True)
    first, second = sorted(seconds, key=lambda way: seconds[way])[:2]
    pair = next(found for found in compared if {found.first, found.second} == {first, second})
    factor, wins = pair.ratios[size], Verdict.SECOND
    if pair.first == first:
        factor, wins = inverse(factor), Verdict.FIRST
    return Lead(first, second, factor, pair.verdict(size) == wins)


def _told(compared: Sequence[Comparison], ways: int, leads: Mapping[int, Lead]) -> str:
    parts = []
    for way in dict.fromkeys(lead.first for lead in leads.values() if lead.is_clear):
        own = {size: lead for size, lead in leads.items() if lead.is_clear and lead.first == way}
        size, most = max(own.items(), key=lambda item: item[1].factor.median)
        factor = f"{'up to ' if len(own) > 1 else ''}{times(most.factor)} as fast as the next, {in_prose(most.second)}"
        where = f", at H = {count(size)}" if len(own) > 1 else ""
        sizes = "every size" if len(own) == len(leads) > 1 else sizes_of(own)
        parts.append(f"{in_prose(way)} has the shortest epochs at {sizes}, {factor}{where}")
    for pair in dict.fromkeys(frozenset(lead[:2]) for lead in leads.values() if not lead.is_clear):
        own = {size: lead for size, lead in leads.items() if not lead.is_clear and frozenset(lead[:2]) == pair}
        names = listed([in_prose(way) for way in next(iter(own.values()))[:2]])
        parts.append(f"at {sizes_of(own)} {names} have the shortest, and no difference between them is clear")
    n = n_of(estimate for found in compared for estimate in found.ratios.values())
    return f"Of {count(ways)} ways to train {network_of(compared[0])}, {'; '.join(parts)} {n}."
