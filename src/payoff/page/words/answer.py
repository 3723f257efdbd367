"""The answer, as sentences computed from the tables. Every number comes from there, with its n and its interval."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from payoff.comparisons.comparison import Comparison, Withheld, comparisons, is_of_two_machines, withheld
from payoff.comparisons.control import Control
from payoff.comparisons.ways import in_prose, place
from payoff.page.words.headlines import factors_of, headlines, n_of, network_of, question, times, undecided
from payoff.page.words.sentences import break_even, interval, listed, sizes_of, way_of_cell
from payoff.statistics.estimates import Estimate
from payoff.tables.columns import count, significant
from payoff.tables.runs import CELL_COLUMNS, HERE, sample_of

# The heading under which a comparison is told in full, by what tells its two ways apart.
TOPICS = {
    "framework": "Framework or not",
    "device": "GPU or not",
    "elsewhere": "A GPU elsewhere",
    "mode": "Ways to execute a step",
    "threads": "Threads",
    "site": "This study and others",
}

NO_GPU = "No GPU was measured here, so this study says nothing about one."
TWO_MACHINES = (
    "Two machines are compared here: the CPU of this one and the GPU of another. What else tells the machines and "
    "their software apart is a part of each difference."
)


@dataclass(frozen=True)
class Answer:
    """lead: what the reader came for; topics: heading -> what is to be said of each network, in full."""

    lead: list[str]
    topics: Mapping[str, list[str]]


def answer(
    cells: pd.DataFrame,
    runs: pd.DataFrame,
    compared: Sequence[Comparison],
    equal_work: pd.DataFrame | None = None,
    control: Control | None = None,
    other_machines: Collection[str] = (),
    left_out: Mapping[str, Sequence[str]] | None = None,
) -> Answer:
    """Whether a framework or a GPU pays off.

    compared: the comparisons drawn from the other tables; control: what a cell is that was measured against itself;
    other_machines: the sites of this study that are of other machines than its own; left_out: site -> the recipes by
    which there are records of it that its tables leave out.
    """
    of_gpus = [
        *accelerators(cells, runs, compared),
        *headlines(compared, ["elsewhere"]),
        *other_recipes(left_out or {}),
    ]
    if not (cells["n"] > 0).any():
        nothing = "Nothing was measured: no run was finished. The grid of cells says why."
        return Answer([nothing, *of_gpus, *machines(runs, other_machines)], {})
    apart = [not_compared(pair) for pair in withheld(cells, equal_work)]
    lead = [*headlines(compared), *apart] or [compare(comparison) for comparison in compared[:1]]
    lead = lead or ["No network was trained in two ways, so there is nothing to compare."]
    topics: dict[str, list[str]] = {heading: [] for heading in TOPICS.values()}
    for comparison in compared:
        topics.setdefault(_topic(comparison), []).append(compare(comparison))
    if topics[TOPICS["elsewhere"]]:
        topics[TOPICS["elsewhere"]].insert(0, TWO_MACHINES)
    topics["A whole run"] = start_up(cells)
    topics["What can be told apart"] = [
        *([itself(control)] if control else []),
        *disturbed(compared, cells, runs, equal_work),
    ]
    lead = [*lead, *of_gpus, *machines(runs, other_machines)]
    return Answer(lead, {heading: told for heading, told in topics.items() if told})


def compare(comparison: Comparison) -> str:
    """Which of two ways to train the same network is faster, at which sizes, and by how much."""
    ratios = comparison.ratios
    where, n = f"For {network_of(comparison)}", n_of(ratios.values())
    if not comparison.first_wins and not comparison.second_wins:
        return undecided(comparison)

    verdicts = []
    for way, other in ((comparison.first, comparison.second), (comparison.second, comparison.first)):
        if factors := factors_of(comparison, way):
            everywhere = len(factors) == len(ratios)
            verdicts.append(_verdict(in_prose(way), in_prose(other), factors, everywhere=everywhere))
    if comparison.unclear:
        verdicts.append(f"there is no clear difference at {sizes_of(comparison.unclear)}")
    if comparison.too_few:
        verdicts.append(f"too few repetitions for a judgement at {sizes_of(comparison.too_few)}")
    return " ".join([f"{where}, {'; '.join(verdicts)} {n}.", *_break_even(comparison), *_repayment(comparison)])


def not_compared(pair: Withheld) -> str:
    """Why there is no ratio of two ways to train the same network."""
    first, second = in_prose(pair.first), in_prose(pair.second)
    why = "they do not compute the same" if pair.checked else "it is not shown that they compute the same"
    reason = f" ({pair.reason})" if pair.reason else ""
    return f"For the {pair.architecture.upper()} on {pair.place}, {first} and {second} are not compared: {why}{reason}."


def itself(control: Control) -> str:
    """What a cell that was measured against itself says of the differences that can be seen here."""
    r = control.ratio
    way = f"{in_prose(control.way)} {control.architecture.upper()}"
    cell = f"{way} on {control.place}, H = {count(control.hidden_size)}"
    found = f"A cell measured against itself under two names ({cell}): {r.median:.3f} times"
    if control.visible is None:
        return f"{found} (n = {r.n} each), too few repetitions to say how small a difference this machine can see."
    text = f"{found} [{r.low:.3f}, {r.high:.3f}] (n = {r.n} each)"
    visible = f"{significant(control.visible * 100, 2)} %"
    if control.finds_a_difference:
        return (
            f"{text}; that is a difference where there is none: differences below {visible} are not to be trusted "
            "on this machine."
        )
    return f"{text}; a difference below {visible} is not to be seen on this machine."


def _break_even(comparison: Comparison) -> list[str]:
    """Where the two change places, or that they never do."""
    sizes = list(comparison.ratios)
    if comparison.break_evens:
        places = [break_even(found, sizes) for found in comparison.break_evens]
        return [f"They break even at {listed(places)}."]
    if not comparison.unclear or len(sizes) == 1:  # then it is said already
        return []
    ahead = comparison.first if comparison.ratios[sizes[0]].median < 1 else comparison.second
    span = f"from H = {count(sizes[0])} to {count(sizes[-1])}"
    return [f"They never break even in this range: by the medians {in_prose(ahead)} is ahead {span}."]


def _repayment(comparison: Comparison) -> list[str]:
    """After how many epochs the shorter epochs have made up for the higher start, at the largest size that says so."""
    clear = [
        (size, repayment)
        for size, repayment in comparison.repayments.items()
        if size in (*comparison.first_wins, *comparison.second_wins) and np.isfinite(repayment.epochs.high)
    ]
    if not clear:
        return []
    size, (investor, other, epochs) = clear[-1]
    return [
        f"At H = {count(size)} {in_prose(investor)} has repaid its start-up against {in_prose(other)} after "
        f"{significant(epochs.median)} epochs [{significant(epochs.low)}, {significant(epochs.high)}]."
    ]


def accelerators(cells: pd.DataFrame, runs: pd.DataFrame, compared: Sequence[Comparison] = ()) -> list[str]:
    """What the study cannot say of a GPU, and why; and the GPUs of other machines that stand beside it."""
    beside = _gpus_beside(runs, compared)
    asked = cells[(cells["site"] == HERE) & (cells["device"] != "cpu") & (cells["status"] != "not applicable")]
    if asked.empty:
        return [f"No GPU was measured here. {beside}" if beside else NO_GPU]
    silent = asked[asked["n"] == 0]
    told = [
        f"On {device} {'nothing' if len(failed) == (asked['device'] == device).sum() else 'not everything'} could be "
        f"measured: {listed(sorted({reason.replace('_', ' ') for reason in failed['reason'].fillna('not run')}))}."
        for device, failed in silent.groupby("device")
    ]
    return [*told, beside] if beside else told


def other_recipes(left_out: Mapping[str, Sequence[str]]) -> list[str]:
    """Which published records say nothing of this study."""
    return [
        f"Left out of {site}: the records of {'a recipe' if len(recipes) == 1 else 'recipes'} that this study does not "
        f"have, or not in this form any more ({listed(recipes)})."
        for site, recipes in left_out.items()
    ]


def machines(runs: pd.DataFrame, others: Collection[str]) -> list[str]:
    """That two devices are those of two machines, and what other machines than those have measured."""
    told, facts = [], ["device", "machine_gpus", "machine_cpu"]
    first = runs[runs["site"] == HERE].sort_values("device").drop_duplicates("device")
    if len(first.drop_duplicates("machine_key")) > 1:
        own = [f"{device} that of {gpus or cpu}" for device, gpus, cpu in first[facts].itertuples(index=False)]
        told.append(f"The devices are those of several machines: {listed(own)}.")
    apart = runs[runs["site"].isin(others)]
    if len(apart):
        names = listed([f"{site}: {count(len(own))}" for site, own in apart.groupby("site")])
        told.append(
            f"Other machines, or this one with other software, have measured runs of this study, too ({names}); no "
            "median mixes two of them."
        )
    return told


def start_up(cells: pd.DataFrame) -> list[str]:
    """What a fresh process costs, its start and its imports included, at each network's smallest size."""
    sentences = []
    here = cells[(cells["n_finished"] > 0) & (cells["site"] == HERE)]
    for (dataset, recipe), measured in here.groupby(["dataset", "recipe"], sort=False):
        smallest = measured[measured["hidden_size"] == measured["hidden_size"].min()].sort_values("wall_s_median")
        runs = listed([_whole_run(cell, cells) for _, cell in smallest.iterrows()])
        size, n = count(smallest["hidden_size"].iloc[0]), smallest["n_finished"].min()
        sentences.append(
            f"On {place(dataset, recipe, cells)}, from the start of the process with its imports to its end, "
            f"a run at H = {size} takes {runs} (n = {n})."
        )
    return sentences


def disturbed(
    compared: Iterable[Comparison], cells: pd.DataFrame, runs: pd.DataFrame, equal_work: pd.DataFrame | None = None
) -> list[str]:
    """How many runs of this study other programs disturbed, and whether what is compared comes out otherwise without
    them."""
    cells, runs = (table[table["site"] == HERE] for table in (cells, runs))
    contended = runs["label"] == "contended"
    if not contended.any():
        return []
    kept = f"{count(contended.sum())} of {count(len(runs))} runs were contended, and are kept"
    quiet = runs[~contended]
    timed = quiet.loc[sample_of(quiet, "epoch_time_s").index, CELL_COLUMNS].drop_duplicates()
    without = comparisons(cells.merge(timed, on=CELL_COLUMNS), quiet, equal_work)
    whole = _winners(c for c in compared if c.first.site is c.second.site is None)
    part = _winners(without)
    judged = [size for size, winner in whole.items() if winner is not None]
    left = [size for size in judged if part.get(size) is not None]
    changed = sum(whole[size] != part[size] for size in left)
    if not left:
        return [f"{kept}; without them too few are left to judge anything."]
    same = "all" if changed == 0 else f"{count(len(left) - changed)} of them"
    too_few = f"; at {count(len(judged) - len(left))} others too few are left" if len(left) < len(judged) else ""
    sizes = f"{count(len(left))} comparison{'s' if len(left) > 1 else ''} of two ways at one size that can be judged"
    return [f"{kept}. Of {sizes} without them, {same} come out the same{too_few}."]


def _verdict(winner: str, loser: str, factors: Mapping[int, Estimate], *, everywhere: bool) -> str:
    """Who is faster, with the factor and its interval at every size, or at the two ends of many."""
    shown = list(factors) if len(factors) <= 4 else [min(factors), max(factors)]
    texts = [f"{times(factors[size])} at H = {count(size)}" for size in shown]
    if everywhere and len(factors) > 1:
        where = f"at every size from H = {count(min(factors))} to {count(max(factors))}: "
    elif len(shown) < len(factors):
        where = f"at {sizes_of(factors)}: "
    else:
        where = ""
    return f"{winner} trains faster than {loser} {where}{listed(texts)}"


def _whole_run(cell: pd.Series, measured: pd.DataFrame) -> str:
    way = in_prose(way_of_cell(cell, measured))
    return f"{way} ({cell['architecture'].upper()}) {interval(cell, 'wall_s')} s"


def _topic(comparison: Comparison) -> str:
    sites = {comparison.first.site, comparison.second.site}
    if sites != {None} and len(sites) == 1:
        return f"Beside it: {sites.pop()}"  # no title of a study is another heading
    return TOPICS[question(comparison.first, comparison.second)]


def _gpus_beside(runs: pd.DataFrame, compared: Sequence[Comparison]) -> str:
    """Which GPUs of other machines what was measured here is held against."""
    sites = dict.fromkeys(c.second.site for c in compared if is_of_two_machines(c.first, c.second))
    if not sites:
        return ""
    named = listed([_gpu_of(runs[(runs["site"] == site) & (runs["device"] != "cpu")], site) for site in sites])
    stand = "stands the GPU of another" if len(sites) == 1 else "stand the GPUs of others"
    return f"Beside this machine's CPU {stand}: {named}."


def _gpu_of(runs: pd.DataFrame, site: str) -> str:
    """The name of the GPU that these runs were measured on, where and when."""
    names = dict.fromkeys(name for gpus in runs["machine_gpus"].dropna().unique() for name in gpus.split(", ") if name)
    days = sorted({moment[:10] for moment in runs["started_at"]})
    return f"{listed(list(names)) or 'a GPU'} ({site}, {' to '.join(dict.fromkeys((days[0], days[-1])))})"


def _winners(compared: Iterable[Comparison]) -> dict[tuple, object]:
    """(network, the two ways, size) -> the way that is clearly faster, "neither", or None if it cannot be judged."""
    winners = {}
    for c in compared:
        for size in c.ratios:
            winner = next((way for way in (c.first, c.second) if size in factors_of(c, way)), "neither")
            winners[c.place, c.architecture, c.first, c.second, size] = None if size in c.too_few else winner
    return winners
