"""Which of two ways is faster, and at which sizes: one sentence for each comparison, or one for many of them."""

from collections.abc import Iterable, Iterator, Sequence

from payoff.cells import HERE
from payoff.comparisons.comparison import Comparison
from payoff.comparisons.ways import Way, in_prose, is_by_default, is_of_two_machines
from payoff.page.words.sentences import break_even, listed, sizes_of, times
from payoff.statistics.estimates import Estimate, inverse
from payoff.tables.formats import count

MOST = 3  # headlines about one pair of ways; of more networks, one sentence says how many each way wins


def question(first: Way, second: Way) -> str:
    """In what two compared ways differ: site, device, framework, mode or threads; "elsewhere" if this is a CPU here
    against a GPU of another machine."""
    differences = {
        "elsewhere": is_of_two_machines(first, second),
        "site": first.site != second.site,
        "device": first.device != second.device,
        "framework": first.model != second.model,
        "mode": first.mode != second.mode,
    }
    return next((name for name, differs in differences.items() if differs), "threads")


def headlines(compared: Sequence[Comparison]) -> Iterator[str]:
    """Whether a GPU of another machine would pay off here, each framework with its default mode and threads."""
    asks: dict[tuple[Way, Way], list[Comparison]] = {}
    for comparison in compared:
        ways = (comparison.first, comparison.second)
        if question(*ways) == "elsewhere" and all(map(is_by_default, ways)) and comparison.first.site == HERE:
            asks.setdefault(ways, []).append(comparison)
    for of_pair in asks.values():
        yield from map(headline, of_pair) if len(of_pair) <= MOST else [counted(of_pair)]


def headline(comparison: Comparison) -> str:
    """Which of two ways is faster, where, and by how much at most."""
    if not comparison.first_wins and not comparison.second_wins:
        return undecided(comparison)
    text = _change_of_lead(comparison) if comparison.break_evens else _leader_throughout(comparison)
    prefix = _does_a_gpu_pay_off(comparison)
    head = f"{prefix}{_continued(text) if prefix else text}{_and_too_few(comparison)}"
    return f"{head} {n_of(comparison.ratios.values())}."


def _continued(sentence: str) -> str:
    """As it stands after a colon: "For the MLP" loses its capital, "JAX trains" does not."""
    return sentence if sentence[:2].isupper() else f"{sentence[0].lower()}{sentence[1:]}"


def undecided(comparison: Comparison) -> str:
    """That neither of two ways is clearly faster anywhere, and how far apart they may still be."""
    first, second = in_prose(comparison.first), in_prose(comparison.second)
    network, n = network_of(comparison), n_of(comparison.ratios.values())
    if not comparison.unclear:
        return f"{first} and {second} are not judged for {network}: too few repetitions for an interval {n}."
    known = [comparison.ratios[size] for size in comparison.unclear]
    span = f"{min(r.low for r in known):.2f} to {max(r.high for r in known):.2f}"
    where = f"{network} at {sizes_of(comparison.unclear, comparison.ratios)}"
    told = f"No difference between {first} and {second} is clear for {where}: {first} takes {span} times as long"
    return f"{told}{_and_too_few(comparison)} {n}."


def counted(compared: Sequence[Comparison]) -> str:
    """In how many networks which of two ways is faster."""
    first, second = in_prose(compared[0].first), in_prose(compared[0].second)
    kinds: dict[str, list[str]] = {}
    for comparison in compared:
        wins = (bool(comparison.first_wins), bool(comparison.second_wins))
        kind = {
            (True, False): f"{first} is faster in",
            (False, True): f"{second} is faster in",
            (True, True): "each is faster at some sizes in",
            (False, False): "no difference is clear in",
        }[wins]
        if comparison.too_few == list(comparison.ratios):
            kind = "too few repetitions for a judgement in"
        kinds.setdefault(kind, []).append(f"{comparison.architecture.upper()} on {comparison.task}")
    parts = [f"{kind} {len(networks)} ({'; '.join(networks)})" for kind, networks in kinds.items()]
    n = min(r.n for comparison in compared for r in comparison.ratios.values())
    return f"Of {count(len(compared))} networks that {first} and {second} train, {listed(parts)} (n ≥ {n} each)."


def factors_of(comparison: Comparison, way: Way) -> dict[int, Estimate]:
    """size -> how many times as fast as the other way this one is, for the sizes where it is clearly faster."""
    if way == comparison.first:
        return {size: inverse(comparison.ratios[size]) for size in comparison.first_wins}
    return {size: comparison.ratios[size] for size in comparison.second_wins}


def network_of(comparison: Comparison) -> str:
    return f"the {comparison.architecture.upper()} on {comparison.task}"


def n_of(estimates: Iterable[Estimate]) -> str:
    return f"(n = {min(estimate.n for estimate in estimates)} each)"


def _and_too_few(comparison: Comparison) -> str:
    return f"; too few repetitions at {sizes_of(comparison.too_few, comparison.ratios)}" if comparison.too_few else ""


def _change_of_lead(comparison: Comparison) -> str:
    """Which way is clearly faster at which sizes, and where the medians cross."""
    parts: list[str] = []
    ways = _leader_first(comparison)
    for way, other in (ways, ways[::-1]):
        if factors := factors_of(comparison, way):
            faster = f"trains faster than {in_prose(other)} " if not parts else ""
            most = _most(factors) if len(factors) > 1 else f"{times(*factors.values())} as fast"
            parts.append(f"{in_prose(way)} {faster}at {sizes_of(factors, comparison.ratios)}, {most}")
    if comparison.unclear:
        parts.append(f"no difference is clear at {sizes_of(comparison.unclear, comparison.ratios)}")
    crossings = listed([break_even(found, list(comparison.ratios)) for found in comparison.break_evens])
    return f"For {network_of(comparison)}, {'; '.join(parts)}; they break even at {crossings}"


def _leader_throughout(comparison: Comparison) -> str:
    leader, other = _leader_first(comparison)
    factors = factors_of(comparison, leader)
    text = f"{in_prose(leader)} trains {network_of(comparison)} faster than {in_prose(other)}"
    if len(factors) == len(comparison.ratios) > 1:
        least, most = (pick(factors, key=lambda size: factors[size].median) for pick in (min, max))
        ends = " to ".join(f"{times(factors[size])} (H = {count(size)})" for size in (least, most))
        return f"{text} at every size measured: {ends} as fast"
    if comparison.unclear:
        unclear = sizes_of(comparison.unclear, comparison.ratios)
        return f"{text}: {_most(factors)}; no difference is clear at {unclear}"
    return f"{text}: {_most(factors)}"


def _leader_first(comparison: Comparison) -> tuple[Way, Way]:
    """The two ways; first the one that has the smaller median at the smallest size."""
    smallest = min(comparison.ratios)
    ways = (comparison.first, comparison.second)
    return ways if comparison.ratios[smallest].median < 1 else ways[::-1]


def _most(factors: dict[int, Estimate]) -> str:
    size = max(factors, key=lambda size: factors[size].median)
    return f"{'up to ' if len(factors) > 1 else ''}{times(factors[size])} as fast at H = {count(size)}"


def _does_a_gpu_pay_off(comparison: Comparison) -> str:
    """The beginning of a headline about a GPU of another machine: whether it would pay off."""
    if question(comparison.first, comparison.second) != "elsewhere":
        return ""
    gpu = next(way for way in (comparison.second, comparison.first) if way.device != "cpu")
    wins = factors_of(comparison, gpu)
    if len(wins) == len(comparison.ratios):
        return "Such a GPU would pay off throughout: "
    if wins:
        return "Such a GPU would pay off in a part of the range: "
    return "Such a GPU would never pay off in this range: "
