"""Who is faster, and from where on: one sentence a comparison, or one for many of them."""

from collections.abc import Iterable, Iterator, Sequence

from payoff.cells import HERE
from payoff.comparisons.comparison import Comparison, is_of_two_machines
from payoff.comparisons.ways import Way, in_prose
from payoff.page.words.sentences import break_even, listed, sizes_of
from payoff.statistics.estimates import Estimate, inverse
from payoff.tables.columns import count

MOST = 3  # headlines of one pair of ways: with more networks than that they are counted


def question(first: Way, second: Way) -> str:
    """What tells two ways apart that are compared: their site, device, framework, mode or threads; or that they are of
    two machines."""
    differences = {
        "elsewhere": is_of_two_machines(first, second),
        "site": first.site != second.site,
        "device": first.device != second.device,
        "framework": first.model != second.model,
        "mode": first.mode != second.mode,
    }
    return next((name for name, differs in differences.items() if differs), "threads")


def headlines(compared: Sequence[Comparison], questions: Sequence[str] = ("framework", "device")) -> Iterator[str]:
    """Whether a framework or a GPU pays off, beside what was measured here, as the frameworks do it by themselves."""
    asked: dict[str, dict[tuple[Way, Way], list[Comparison]]] = {name: {} for name in questions}
    for comparison in compared:
        ways = (comparison.first, comparison.second)
        asks = asked.get(question(*ways))
        by_itself = all((way.mode, way.threads) == ("eager", None) for way in ways)
        if asks is not None and by_itself and comparison.first.site == HERE:
            asks.setdefault(ways, []).append(comparison)
    for asks in asked.values():
        for own in asks.values():
            yield from map(headline, own) if len(own) <= MOST else [counted(own)]


def headline(comparison: Comparison) -> str:
    """Which of two ways is faster, where, and by how much at most."""
    if not comparison.first_wins and not comparison.second_wins:
        return undecided(comparison)
    text = _change_of_places(comparison) if comparison.break_evens else _leader_throughout(comparison)
    prefix = _does_a_gpu_pay_off(comparison)
    head = f"{prefix}{text[0].lower() if prefix else text[0]}{text[1:]}{_and_too_few(comparison)}"
    return f"{head} {n_of(comparison.ratios.values())}."


def undecided(comparison: Comparison) -> str:
    """That neither of two ways is clearly faster anywhere, and how far apart they may be all the same."""
    first, second = in_prose(comparison.first), in_prose(comparison.second)
    network, n = network_of(comparison), n_of(comparison.ratios.values())
    if not comparison.unclear:
        return f"{first} and {second} are not judged for {network}: too few repetitions for an interval {n}."
    known = [comparison.ratios[size] for size in comparison.unclear]
    span = f"{min(r.low for r in known):.2f} to {max(r.high for r in known):.2f}"
    where = f"{network} at {sizes_of(comparison.unclear)}"
    told = f"No difference between {first} and {second} is clear for {where}: {first} takes {span} times as long"
    return f"{told}{_and_too_few(comparison)} {n}."


def counted(compared: Sequence[Comparison]) -> str:
    """The same of many networks that are trained in the same two ways."""
    first, second = in_prose(compared[0].first), in_prose(compared[0].second)
    kinds: dict[str, list[str]] = {}
    for comparison in compared:
        wins = (bool(comparison.first_wins), bool(comparison.second_wins))
        kind = {
            (True, False): f"{first} is faster in",
            (False, True): f"{second} is faster in",
            (True, True): "they change places in",
            (False, False): "no difference is clear in",
        }[wins]
        if comparison.too_few == list(comparison.ratios):
            kind = "too few repetitions for a judgement in"
        kinds.setdefault(kind, []).append(f"{comparison.architecture.upper()} on {comparison.task}")
    parts = [f"{kind} {len(own)} ({'; '.join(own)})" for kind, own in kinds.items()]
    n = min(r.n for comparison in compared for r in comparison.ratios.values())
    return f"Of {count(len(compared))} networks that {first} and {second} train, {listed(parts)} (n ≥ {n} each)."


def factors_of(comparison: Comparison, way: Way) -> dict[int, Estimate]:
    """size -> how many times as fast as the other this one of the two is, where it is clearly faster."""
    if way == comparison.first:
        return {size: inverse(comparison.ratios[size]) for size in comparison.first_wins}
    return {size: comparison.ratios[size] for size in comparison.second_wins}


def times(factor: Estimate) -> str:
    return f"{factor.median:.2f} times [{factor.low:.2f}, {factor.high:.2f}]"


def network_of(comparison: Comparison) -> str:
    return f"the {comparison.architecture.upper()} on {comparison.task}"


def n_of(estimates: Iterable[Estimate]) -> str:
    return f"(n = {min(estimate.n for estimate in estimates)} each)"


def _and_too_few(comparison: Comparison) -> str:
    return f"; too few repetitions at {sizes_of(comparison.too_few)}" if comparison.too_few else ""


def _change_of_places(comparison: Comparison) -> str:
    sizes = list(comparison.ratios)
    below, above = _leader_first(comparison)
    ahead, behind, network = in_prose(below), in_prose(above), network_of(comparison)
    of_below, of_above = (factors_of(comparison, way) for way in (below, above))
    if len(comparison.break_evens) > 1:
        places = listed([break_even(found, sizes) for found in comparison.break_evens])
        most = [f"{in_prose(way)} {_most(own)}" for way, own in ((below, of_below), (above, of_above)) if own]
        return f"{ahead} and {behind} change places for {network} at {places}; clearly faster is {listed(most)}"
    where = break_even(comparison.break_evens[0], sizes)
    if not of_below:
        told = f"From {where} on, {behind} trains {network} faster than {ahead}: {_most(of_above)}"
        return f"{told}; below it no difference is clear"
    told = f"Up to {where}, {ahead} trains {network} faster than {behind}: {_most(of_below)}"
    return f"{told}; above it " + (f"{behind} is faster: {_most(of_above)}" if of_above else "no difference is clear")


def _leader_throughout(comparison: Comparison) -> str:
    leader, other = _leader_first(comparison)
    factors = factors_of(comparison, leader)
    text = f"{in_prose(leader)} trains {network_of(comparison)} faster than {in_prose(other)}"
    if len(factors) == len(comparison.ratios) > 1:
        least, most = (pick(factors, key=lambda size: factors[size].median) for pick in (min, max))
        ends = " to ".join(f"{times(factors[size])} (H = {count(size)})" for size in (least, most))
        return f"{text} at every size measured: {ends} as fast"
    unclear = f"; no difference is clear at {sizes_of(comparison.unclear)}" if comparison.unclear else ""
    return f"{text}: {_most(factors)}{unclear}"


def _leader_first(comparison: Comparison) -> tuple[Way, Way]:
    """The two ways, the one first that is ahead at the smallest size, by the medians."""
    smallest = min(comparison.ratios)
    ways = (comparison.first, comparison.second)
    return ways if comparison.ratios[smallest].median < 1 else ways[::-1]


def _most(factors: dict[int, Estimate]) -> str:
    size = max(factors, key=lambda size: factors[size].median)
    return f"{'up to ' if len(factors) > 1 else ''}{times(factors[size])} as fast at H = {count(size)}"


def _does_a_gpu_pay_off(comparison: Comparison) -> str:
    """What a reader asks first, where one of the two ways is on a GPU."""
    asks = question(comparison.first, comparison.second)
    if asks not in ("device", "elsewhere"):
        return ""
    gpu = next(way for way in (comparison.second, comparison.first) if way.device != "cpu")
    wins = factors_of(comparison, gpu)
    does, never = ("The GPU pays off", "The GPU never pays off")
    if asks == "elsewhere":
        does, never = ("Such a GPU would pay off", "Such a GPU would never pay off")
    if len(wins) == len(comparison.ratios):
        return f"{does} throughout: "
    return f"{does} in a part of the range: " if wins else f"{never} in this range: "
