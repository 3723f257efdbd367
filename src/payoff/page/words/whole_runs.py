"""Which way finishes a run first, for the study's number of epochs and for others, in sentences."""

from collections.abc import Iterator, Mapping, Sequence
from operator import gt, lt

import pandas as pd

from payoff.answer.run_times import NETWORK, change_of, way_here
from payoff.comparisons.run_times import MOST_EPOCHS, Change, Curves, Network, choose, measured_sizes
from payoff.comparisons.ways import Way, in_prose
from payoff.page.words.sentences import listed, sizes_of
from payoff.statistics.estimates import Estimate, estimate_of
from payoff.tables.formats import count, significant

WITHOUT_BEST = {"depends": "it depends on the size", "unclear": "no way is clearly the {}"}  # why no way is the best
MOST = 3  # networks that each have their own sentences; of more, one says in how many which way finishes first


def finding(run_times: pd.DataFrame, best: str = "quickest") -> str | None:
    """The answer in one sentence: which way finishes first; None if no network was trained in two ways.

    best: what the first way of a run is; "cheapest" for a table of prices, here and below.
    """
    networks = list(_asked(run_times))
    if not networks:
        return None
    if len(networks) > 1:
        return counted_best(networks, best) if len(networks) > MOST else _best_of_each(networks, best)
    (runs,) = networks
    winners = _winners(runs)
    of_runs = f"For {_epochs(runs)} of {network_in_prose(runs)}"
    if len(set(winners.values())) == 1:
        way = next(iter(winners.values()))
        where = f"at {'every' if way else 'any'} size" if len(winners) > 1 else f"at {sizes_of(winners)}"
        return f"{of_runs}, {f'{in_prose(way)} is the {best}' if way else f'no way is clearly the {best}'} {where}"
    return f"{of_runs}, {'; '.join(_by_winner(winners, best))}"


def more_epochs(run_times: pd.DataFrame, changes: pd.DataFrame, best: str = "quickest") -> list[str]:
    """For each network from how many epochs on another way is the quickest. Of many networks nothing is told."""
    networks = list(_asked(run_times))
    if len(networks) > MOST:
        return []
    told = []
    for runs in networks:
        of_network = (changes[NETWORK] == runs.iloc[0][NETWORK]).all(axis=1)
        network = f" of {network_in_prose(runs)}" if len(networks) > 1 else ""
        told.append(_more_epochs(runs, changes[of_network], network, best))
    return told


def whole_runs(run_times: pd.DataFrame) -> list[str]:
    """For each network how long a run takes and which way is next, at the smallest and the largest size."""
    return [_told(runs) for runs in _asked(run_times)]


def name_of(network: Network) -> str:
    return f"{network.architecture.upper()} on {network.task}"


def choice_rows(curves: Curves, size: int, epochs: int) -> list[list[str]]:
    """A row of headings, then one per way, the quickest first: its name, its time, how many times as long as the
    quickest it takes, and what its time is made of."""
    choice = choose(curves, size, epochs)
    rows = [["", "A run", "", "Start and end + epochs"]]
    for way, time in choice.times.items():
        factor = choice.factors.get(way)
        times = f"{factor.median:.2f} times{_ends(factor, '.2f')} as long" if factor else ""
        besides, epoch = curves[way].parts(size)
        made = f"{significant(besides)} s + {count(epochs)} × {significant(epoch * 1e3)} ms"
        rows.append([in_prose(way), f"{significant(time.median)} s{_ends(time)}", times, made])
    return rows


def told_size(curves: Curves, size: int) -> str:
    """Where the times at a size come from, if it was not measured; else nothing."""
    sizes = measured_sizes(curves)
    below, above = ([other for other in sizes if is_there(other, size)] for is_there in (lt, gt))
    if size in sizes:
        return ""
    if below and above:
        found = f"was not measured: interpolated between H = {count(below[-1])} and {count(above[0])}"
    else:
        found = f"is beyond the measured sizes, {count(sizes[0])} to {count(sizes[-1])}: extrapolated"
    return f"H = {count(size)} {found}; the intervals do not include the error of that. "


def told_changes(found: Sequence[Change]) -> str:
    """Clearly the quickest: numpy from 1 epoch on, none from 97 on, JAX from 118 on."""
    parts = [
        f"{in_prose(change.way) if change.way else 'none'} from {count(change.epochs)}"
        f"{' epoch on' if change.epochs == 1 else ''}"
        for change in found
    ]
    return f"Clearly the quickest: {', '.join(parts)}."


def _asked(run_times: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """The rows of each network for the number of epochs of its recipe."""
    return (rows for _, rows in run_times[run_times["is_asked"].astype(bool)].groupby(NETWORK, sort=False))


def _told(runs: pd.DataFrame) -> str:
    sizes = sorted(runs["hidden_size"].unique())
    ends = [_at_size(runs[runs["hidden_size"] == size]) for size in dict.fromkeys([sizes[0], sizes[-1]])]
    takes = f"A run of {_epochs(runs)} of {network_in_prose(runs)} takes"
    how = "from the start of the program to its end, evaluation left out"
    return f"{takes}, {how}: {'; '.join(ends)} (n = {runs['n'].min()})."


def _at_size(rows: pd.DataFrame) -> str:
    """At H = 32, numpy 0.35 s [0.34, 0.36]; the next, JAX, takes 4.40 times [4.10, 4.72] as long."""
    first, second = (row for _, row in rows.sort_values("rank").head(2).iterrows())
    time, factor = estimate_of(first, "run_s"), estimate_of(second, "factor")
    told = f"at H = {count(first['hidden_size'])} {in_prose(way_here(first))} {significant(time.median)} s{_ends(time)}"
    return (
        f"{told}, and the next, {in_prose(way_here(second))}, {factor.median:.2f} times{_ends(factor, '.2f')} as long"
    )


def _ends(estimate: Estimate, form: str = "") -> str:
    if not estimate.has_interval:
        return " [too few]"
    low, high = (format(end, form) if form else significant(end) for end in (estimate.low, estimate.high))
    return f" [{low}, {high}]"


def _more_epochs(runs: pd.DataFrame, changes: pd.DataFrame, network: str, best: str) -> str:
    """From how many epochs on another way is clearly the best, at each size."""
    asked = int(runs["epochs"].iloc[0])
    later: dict[Way, list[str]] = {}
    stay = []
    for size, rows in changes.groupby("hidden_size"):
        found = [change_of(row) for row in rows.to_dict("records")]
        now = [change for change in found if change.epochs <= asked][-1].way
        others = [change for change in found if change.epochs > asked and change.way not in (None, now)]
        for change in others:
            from_ = count(change.epochs) + ("" if change.way in later else " epochs on")
            later.setdefault(_way(change.way), []).append(f"{from_} at H = {count(size)}")
        if not others:
            stay.append(int(size))
    if not later:
        return f"No number of epochs{network} up to {count(MOST_EPOCHS)} makes another way clearly the {best}."
    parts = [f"{in_prose(way)} is clearly the {best} from {listed(at)}" for way, at in later.items()]
    kept = ""
    if stay:
        where = sizes_of(stay, sorted(changes["hidden_size"].unique()))
        kept = f"; at {where} no other way takes over up to {count(MOST_EPOCHS)}"
    return f"With more epochs{network}, {'; '.join(parts)}{kept}."


def _way(way: Way | None) -> Way:
    assert way is not None
    return way


def _winners(runs: pd.DataFrame) -> dict[int, Way | None]:
    """size -> the way that is clearly the quickest there; None if no way is."""
    first = runs[runs["rank"] == 1].sort_values("hidden_size")
    return {int(row["hidden_size"]): way_here(row) if row["is_clear"] else None for row in first.to_dict("records")}


def _by_winner(winners: Mapping[int, Way | None], best: str) -> Iterator[str]:
    """numpy is the quickest at H = 32 and 256; JAX at H = 16,384; no way is clearly at H = 2,048"""
    ways = [way for way in dict.fromkeys(winners.values()) if way]
    for number, way in enumerate(ways):
        where = sizes_of((size for size, winner in winners.items() if winner == way), winners)
        yield f"{in_prose(way)} {f'is the {best} ' if number == 0 else ''}at {where}"
    if unclear := [size for size, winner in winners.items() if winner is None]:
        yield f"at {sizes_of(unclear, winners)} no way is clearly the {best}"


def counted_best(networks: list[pd.DataFrame], best: str) -> str:
    """In how many networks which way is the best at every size."""
    names, all_of_them = _by_best(networks), count(len(networks))
    if len(names) == 1:
        (kind,) = names
        if kind in WITHOUT_BEST:
            return f"In all {all_of_them} networks {WITHOUT_BEST[kind].format(best)}"
        return f"{kind} is the {best} in all {all_of_them} networks"
    parts = [f"{way} is the {best} in {count(len(own))}" for way, own in names.items() if way not in WITHOUT_BEST]
    parts += [f"in {count(len(names[why]))} {WITHOUT_BEST[why].format(best)}" for why in WITHOUT_BEST if why in names]
    return f"Of {all_of_them} networks, {listed(parts)}"


def _best_of_each(networks: list[pd.DataFrame], best: str) -> str:
    """For 10 epochs, numpy is the quickest with the MLP on Digits, and torch with the CNN on Digits."""
    names = _by_best(networks)
    ways = [way for way in names if way not in WITHOUT_BEST]
    parts = [f"{way} {f'is the {best} ' if way == ways[0] else ''}with {listed(names[way])}" for way in ways]
    parts += [f"with {listed(names[why])} {WITHOUT_BEST[why].format(best)}" for why in WITHOUT_BEST if why in names]
    epochs = {_epochs(runs) for runs in networks}
    return f"For {epochs.pop() if len(epochs) == 1 else 'the epochs of their recipes'}, {', and '.join(parts)}"


def _by_best(networks: list[pd.DataFrame]) -> dict[str, list[str]]:
    """The name of the way that is clearly the best at every size, or a key of WITHOUT_BEST -> the networks."""
    names: dict[str, list[str]] = {}
    for runs in networks:
        winners = {way and in_prose(way) for way in _winners(runs).values()}
        kind = "depends" if len(winners) > 1 else winners.pop() or "unclear"
        names.setdefault(kind, []).append(network_in_prose(runs))
    return names


def _epochs(runs: pd.DataFrame) -> str:
    asked = int(runs["epochs"].iloc[0])
    return f"{count(asked)} epoch{'' if asked == 1 else 's'}"


def network_in_prose(runs: pd.DataFrame) -> str:
    """The network of these rows, as sentences name it: the MLP on Digits."""
    return f"the {runs['architecture'].iloc[0].upper()} on {runs['task'].iloc[0]}"
