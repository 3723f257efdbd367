"""The answer in sentences. Every number comes from the answer's data, with its n and its interval."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from payoff.answer.answer import Answer, Circumstances, GpuBeside
from payoff.cells import HERE, TASK
from payoff.comparisons.comparison import Comparison, Verdict, Withheld
from payoff.comparisons.control import Control
from payoff.comparisons.ways import in_prose, way_of
from payoff.page.words.headlines import factors_of, headlines, n_of, network_of, question, times, undecided
from payoff.page.words.sentences import break_even, interval, listed, sizes_of
from payoff.statistics.estimates import Estimate
from payoff.tables.columns import count, significant

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
class Told:
    """lead: what the reader came for; topics: heading -> what is to be said of each network, in full."""

    lead: list[str]
    topics: Mapping[str, list[str]]


def tell(answer: Answer) -> Told:
    """Whether a framework or a GPU pays off."""
    compared, facts = answer.comparisons, answer.circumstances
    of_gpus = [*accelerators(facts), *headlines(compared, ["elsewhere"]), *other_recipes(facts.left_out)]
    if not facts.cells_with_a_time:
        nothing = "Nothing was measured: no run was finished. The grid of cells says why."
        return Told([nothing, *of_gpus, *machines(facts)], {})
    apart = [not_compared(withheld) for withheld in answer.withheld]
    lead = [*headlines(compared), *apart] or [compare(comparison) for comparison in compared[:1]]
    lead = lead or ["No network was trained in two ways, so there is nothing to compare."]
    topics: dict[str, list[str]] = {heading: [] for heading in TOPICS.values()}
    for comparison in compared:
        topics.setdefault(_topic(comparison), []).append(compare(comparison))
    if topics[TOPICS["elsewhere"]]:
        topics[TOPICS["elsewhere"]].insert(0, TWO_MACHINES)
    topics["A whole run"] = start_up(answer.whole_runs)
    topics["What can be told apart"] = [
        *([itself(answer.controls[HERE])] if HERE in answer.controls else []),
        *disturbed(compared, facts),
    ]
    lead = [*lead, *of_gpus, *machines(facts)]
    return Told(lead, {heading: told for heading, told in topics.items() if told})


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


def not_compared(withheld: Withheld) -> str:
    """Why there is no ratio of two ways to train the same network."""
    pair = withheld.pair
    first, second = in_prose(pair.first), in_prose(pair.second)
    why = "they do not compute the same" if withheld.checked else "it is not shown that they compute the same"
    reason = f" ({withheld.reason})" if withheld.reason else ""
    return f"For the {pair.architecture.upper()} on {pair.task}, {first} and {second} are not compared: {why}{reason}."


def itself(control: Control) -> str:
    """What a cell that was measured against itself says of the differences that can be seen here."""
    r = control.ratio
    way = f"{in_prose(control.way)} {control.architecture.upper()}"
    cell = f"{way} on {control.task}, H = {count(control.hidden_size)}"
    found = f"A cell measured against itself under two names ({cell}): {r.median:.3f} times"
    if control.visible is None:
        return f"{found} (n = {r.n} each), too few repetitions to say how small a difference this machine can see."
    text = f"{found} [{r.low:.3f}, {r.high:.3f}] (n = {r.n} each)"
    visible = f"{significant(control.visible * 100, 2)} %"
    if control.finds_a_difference:
        return f"{text}. Identical code seems to differ here: do not trust differences below {visible} on this machine."
    return f"{text}. For this network, chance alone explains any difference up to {visible}."


def _break_even(comparison: Comparison) -> list[str]:
    """Where the two change places, or that they never do."""
    sizes = list(comparison.ratios)
    if comparison.break_evens:
        found = [break_even(size, sizes) for size in comparison.break_evens]
        return [f"They break even at {listed(found)}."]
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


def accelerators(facts: Circumstances) -> list[str]:
    """What the study cannot say of a GPU, and why; and the GPUs of other machines that stand beside it."""
    beside = [_gpus_beside(facts.gpus_beside)] if facts.gpus_beside else []
    if not facts.accelerators:
        return [" ".join(["No GPU was measured here.", *beside])] if beside else [NO_GPU]
    told = [
        f"On {device.device} {'nothing' if device.without_time == device.asked else 'not everything'} could be "
        f"measured: {listed([reason.replace('_', ' ') for reason in device.reasons])}."
        for device in facts.accelerators
        if device.without_time
    ]
    return [*told, *beside]


def other_recipes(left_out: Mapping[str, Sequence[str]]) -> list[str]:
    """Which published records say nothing of this study."""
    return [
        f"Left out of {site}: the records of {'a recipe' if len(recipes) == 1 else 'recipes'} that this study does not "
        f"have, or not in this form any more ({listed(recipes)})."
        for site, recipes in left_out.items()
    ]


def machines(facts: Circumstances) -> list[str]:
    """That two devices are those of two machines, and what other machines than those have measured."""
    told = []
    if facts.machines:
        each = [f"{device} that of {machine}" for device, machine in facts.machines.items()]
        told.append(f"The devices are those of several machines: {listed(each)}.")
    if facts.other_machines:
        names = listed([f"{site}: {count(runs)}" for site, runs in facts.other_machines.items()])
        told.append(
            f"Other machines, or this one with other software, have measured runs of this study, too ({names}); no "
            "median mixes two of them."
        )
    return told


def start_up(whole_runs: pd.DataFrame) -> list[str]:
    """What a fresh process costs, its start and its imports included, at each network's smallest size."""
    sentences = []
    here = whole_runs[whole_runs["site"] == HERE]
    for _, measured in here.groupby(TASK, sort=False):
        smallest = measured[measured["hidden_size"] == measured["hidden_size"].min()].sort_values("wall_s_median")
        runs = listed([_whole_run(cell) for cell in smallest.to_dict("records")])
        first, n = smallest.iloc[0], smallest["n_finished"].min()
        sentences.append(
            f"On {first['task']}, from the start of the process with its imports to its end, "
            f"a run at H = {count(first['hidden_size'])} takes {runs} (n = {n})."
        )
    return sentences


def disturbed(compared: Iterable[Comparison], facts: Circumstances) -> list[str]:
    """How many runs of this study other programs disturbed, and whether what is compared comes out otherwise without
    them."""
    if not facts.contended:
        return []
    kept = f"{count(facts.contended)} of {count(facts.runs)} runs were contended, and are kept"
    judged = [
        (own.verdict(size), when_quiet)
        for own in compared
        for size, when_quiet in own.verdicts_when_quiet.items()
        if own.verdict(size) != Verdict.TOO_FEW
    ]
    left = [(whole, quiet) for whole, quiet in judged if quiet != Verdict.TOO_FEW]
    if not left:
        return [f"{kept}. Without them too few are left to judge anything."]
    changed = sum(whole != quiet for whole, quiet in left)
    if len(left) == 1:
        what = f"{'changes' if changed else 'does not change'} the one comparison of two ways at one size"
    else:
        of_all = f"of the {count(len(left))} comparisons of two ways at one size"
        what = f"changes {count(changed) if changed else 'none'} {of_all}"
    enough = f" that still {'has' if len(left) == 1 else 'have'} enough runs" if len(left) < len(judged) else ""
    return [f"{kept}. Leaving them out {what}{enough}."]


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


def _whole_run(cell: Mapping) -> str:
    return f"{in_prose(way_of(cell))} ({cell['architecture'].upper()}) {interval(cell, 'wall_s')} s"


def _topic(comparison: Comparison) -> str:
    sites = {comparison.first.site, comparison.second.site}
    if sites != {HERE} and len(sites) == 1:
        return f"Beside it: {sites.pop()}"  # no title of a study is another heading
    return TOPICS[question(comparison.first, comparison.second)]


def _gpus_beside(gpus: Sequence[GpuBeside]) -> str:
    """Which GPUs of other machines what was measured here is held against."""
    named = listed([f"{listed(gpu.names or ['a GPU'])} ({gpu.site}, {' to '.join(gpu.days)})" for gpu in gpus])
    stand = "stands the GPU of another" if len(gpus) == 1 else "stand the GPUs of others"
    return f"Beside this machine's CPU {stand}: {named}."
