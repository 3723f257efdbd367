"""The answer in sentences. Every number comes from the answer's data, with its n and its interval."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from payoff.answer.answer import Answer, Circumstances, GpuBeside
from payoff.cells import HERE, TASK
from payoff.comparisons.comparison import Comparison, Verdict, Withheld
from payoff.comparisons.control import Control
from payoff.comparisons.ways import in_prose, on_device, way_of
from payoff.page.words.fastest import gpus, shortest_epochs
from payoff.page.words.headlines import factors_of, headlines, n_of, network_of, question, undecided
from payoff.page.words.sentences import break_even, interval, listed, sizes_of, times
from payoff.page.words.threads import IN_SHORT, best_threads
from payoff.page.words.whole_runs import finding, more_epochs, whole_runs
from payoff.statistics.break_even import around
from payoff.statistics.estimates import Estimate
from payoff.study.refine import crossings, sizes_to_measure
from payoff.tables.formats import count, significant

# The heading under which a comparison is told in full, by the difference between its two ways.
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
    "Two machines are compared here: the CPU of this one and the GPU of another. Whatever else differs between the "
    "machines and their software is part of each difference."
)


IN_TURNS = (
    "The ways to train a network were timed in turns of about a tenth of a second, so that all of them met the same "
    "disturbances."
)


WELL_KNOWN = 0.25  # as a fraction of a break-even; what is known less well comes with a hint


@dataclass(frozen=True)
class Told:
    """finding: the answer in one sentence, without its full stop; lead: in short, of several networks about the first;
    others: the same about the other networks; topics: heading -> one sentence or more about each network, in full."""

    finding: str
    lead: list[str]
    others: list[str]
    topics: Mapping[str, list[str]]


def tell(answer: Answer) -> Told:
    """Whether a framework or a GPU pays off."""
    compared, facts = answer.comparisons, answer.circumstances
    of_gpus = [*accelerators(facts), *headlines(compared), *other_recipes(facts.left_out)]
    if not facts.cells_with_a_time:
        why = "No run was finished. The grid of cells says why."
        return Told("Nothing was measured", [why, *of_gpus, *machines(facts)], [], {})
    apart = [not_compared(withheld) for withheld in answer.withheld]
    of_networks = [
        more_epochs(answer.run_times, answer.changes),
        in_money(answer),
        gpus(answer.epoch_times),
        shortest_epochs(answer.epoch_times),
    ]
    lead = [sentence for told in of_networks for sentence in told[:1]] + apart
    others = [sentence for told in of_networks for sentence in told[1:]]
    lead = lead or [compare(comparison) for comparison in compared[:1]]
    lead = lead or ["No network was trained in two ways, so there is nothing to compare."]
    short = finding(answer.run_times)
    if short is None:
        short, *lead = lead
    topics: dict[str, list[str]] = {heading: [] for heading in TOPICS.values()}
    for comparison in compared:
        topics.setdefault(_topic(comparison), []).append(compare(comparison))
    if topics[TOPICS["elsewhere"]]:
        topics[TOPICS["elsewhere"]].insert(0, TWO_MACHINES)
    of_threads = best_threads(answer.whole_runs)
    topics[TOPICS["threads"]] = [*of_threads, *topics[TOPICS["threads"]]]
    topics["A whole run"] = whole_runs(answer.run_times) or start_up(answer.whole_runs)
    topics["What can be told apart"] = [
        *([IN_TURNS] if any(comparison.in_turns for comparison in compared) else []),
        *([itself(answer.controls[HERE])] if HERE in answer.controls else []),
        *disturbed(compared, facts),
        *by_fastest(compared),
    ]
    lead = [*lead, *([IN_SHORT] if of_threads else []), *of_gpus, *machines(facts)]
    return Told(short.removesuffix("."), lead, others, {heading: told for heading, told in topics.items() if told})


def in_money(answer: Answer) -> list[str]:
    """Which way is the cheapest, and for each network from how many epochs on another one is; nothing without
    prices."""
    cheapest = finding(answer.run_prices, "cheapest")
    if cheapest is None:
        return []
    currency = answer.prices.get("currency", "")
    hours = [
        f"{f'{price:g} {currency}'.rstrip()} on {on_device(device)}"
        for device, price in answer.prices.items()
        if device != "currency"
    ]
    first, *others = more_epochs(answer.run_prices, answer.price_changes, "cheapest") or [""]
    told = f"In money (an hour costs {listed(hours)}): {cheapest[0].lower()}{cheapest[1:]}. {first}"
    return [told.rstrip(), *others]


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
        verdicts.append(f"there is no clear difference at {sizes_of(comparison.unclear, ratios)}")
    if comparison.too_few:
        verdicts.append(f"too few repetitions for a judgement at {sizes_of(comparison.too_few, ratios)}")
    return " ".join([f"{where}, {'; '.join(verdicts)} {n}.", *_break_even(comparison), *_repayment(comparison)])


def not_compared(withheld: Withheld) -> str:
    """Why there is no ratio of two ways to train the same network."""
    pair = withheld.pair
    first, second = in_prose(pair.first), in_prose(pair.second)
    why = "they do not compute the same" if withheld.checked else "it is not shown that they compute the same"
    reason = f" ({withheld.reason})" if withheld.reason else ""
    return f"For the {pair.architecture.upper()} on {pair.task}, {first} and {second} are not compared: {why}{reason}."


def itself(control: Control) -> str:
    """How far identical code differed from itself, and which differences chance alone explains."""
    r = control.ratio
    way = f"{in_prose(control.way)} {control.architecture.upper()}"
    cell = f"{way} on {control.task}, H = {count(control.hidden_size)}"
    found = f"Identical code measured twice ({cell}) differed by {significant(abs(r.median - 1) * 100, 2)} % here"
    if control.visible is None:
        return f"{found} (n = {r.n} each). That is too few repetitions to say what chance alone explains."
    interval = f"a ratio of {r.median:.3f} [{r.low:.3f}, {r.high:.3f}] (n = {r.n} each)"
    visible = f"{significant(control.visible * 100, 2)} %"
    if control.finds_a_difference:
        return f"{found}, {interval}. That is more than chance: do not trust a difference below {visible} here."
    return f"{found}, {interval}; for this network, chance alone explains anything up to {visible}."


def _break_even(comparison: Comparison) -> list[str]:
    """Where the two break even, or that they never do."""
    sizes = list(comparison.ratios)
    if comparison.break_evens:
        found = [
            f"{break_even(size, sizes)}, between the measured {' and '.join(map(count, around(size.median, sizes)))}"
            for size in comparison.break_evens
        ]
        return [f"They break even at {'; at '.join(found)}.", *_hint(comparison)]
    if not comparison.unclear or len(sizes) == 1:  # then it is said already
        return []
    ahead = comparison.first if comparison.ratios[sizes[0]].median < 1 else comparison.second
    span = f"from H = {count(sizes[0])} to {count(sizes[-1])}"
    return [f"They never break even in this range: by the medians {in_prose(ahead)} is ahead {span}."]


def _hint(comparison: Comparison) -> list[str]:
    """Which hidden sizes would make its break-evens better known, if they are not well known."""
    sizes = {
        size
        for crossing in crossings([comparison], WELL_KNOWN)
        if not crossing.is_known
        for size in sizes_to_measure(crossing, WELL_KNOWN)
        if size not in comparison.ratios
    }
    if not sizes:
        return []
    return [f"To know that better, add {sizes_of(sorted(sizes))} to the study, or refine: {WELL_KNOWN * 100:g} %."]


def _repayment(comparison: Comparison) -> list[str]:
    """After how many epochs shorter epochs have made up for a longer start, at the largest size where that is clear."""
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
        f"{significant(epochs.median)} epochs [{significant(epochs.low)}, {significant(epochs.high)}], evaluation left "
        "out."
    ]


def accelerators(facts: Circumstances) -> list[str]:
    """Which GPUs could not be measured here, and why; which GPUs of other machines this CPU is compared with."""
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
    """Which published records are left out, since this study does not have their recipe."""
    told = []
    for site, recipes in left_out.items():
        their, them = ("recipe", "it") if len(recipes) == 1 else ("recipes", "them")
        why = f"this study does not have their {their}, or has changed {them} since ({listed(recipes)})"
        told.append(f"Records of {site} are left out: {why}.")
    return told


def machines(facts: Circumstances) -> list[str]:
    """Which machine has which device, where there are several, and which other machines measured runs of this study."""
    told = []
    if facts.machines:
        each = [f"{device} to {machine}" for device, machine in facts.machines.items()]
        told.append(f"The devices belong to several machines: {listed(each)}.")
    if facts.other_machines:
        names = listed([f"{site}: {count(runs)}" for site, runs in facts.other_machines.items()])
        told.append(
            f"Other machines, or this one with other software, have measured runs of this study, too ({names}). No "
            "median mixes runs of two machines."
        )
    return told


def start_up(whole_runs: pd.DataFrame) -> list[str]:
    """How long a whole process takes, its start and its imports included, at each network's smallest size. For a study
    that trains no network in two ways."""
    sentences = []
    here = whole_runs[whole_runs["site"] == HERE]
    for _, measured in here.groupby(TASK, sort=False):
        smallest = measured[measured["hidden_size"] == measured["hidden_size"].min()].sort_values("wall_s_median")
        runs = listed([_whole_run(cell) for cell in smallest.to_dict("records")])
        first, n = smallest.iloc[0], smallest["n_finished"].min()
        sentences.append(
            f"On {first['task']}, a run at H = {count(first['hidden_size'])} takes {runs}, from the start of the "
            f"process with its imports to its end, evaluation included (n = {n})."
        )
    return sentences


def disturbed(compared: Iterable[Comparison], facts: Circumstances) -> list[str]:
    """How many turns of this study other programs disturbed, and how many comparisons change without these; runs, if it
    has no turns."""
    what, how = ("turns", "disturbed") if facts.turns else ("runs", "contended")
    number, of = (facts.disturbed_turns, facts.turns) if facts.turns else (facts.contended, facts.runs)
    if not number:
        return []
    verb = ("was", "is") if number == 1 else ("were", "are")
    kept = f"{count(number)} of {count(of)} {what} {verb[0]} {how}, and {verb[1]} kept"
    judged = [
        (comparison.verdict(size), when_quiet)
        for comparison in compared
        for size, when_quiet in comparison.verdicts_when_quiet.items()
        if comparison.verdict(size) != Verdict.TOO_FEW
    ]
    left = [(whole, quiet) for whole, quiet in judged if quiet != Verdict.TOO_FEW]
    if not left:
        return [f"{kept}. The other {what} are too few to judge anything."]
    changed = sum(whole != quiet for whole, quiet in left)
    if len(left) == 1:
        effect = f"{'changes' if changed else 'does not change'} the one comparison of two ways at one size"
    else:
        of_all = f"of the {count(len(left))} comparisons of two ways at one size"
        effect = f"changes {count(changed) if changed else 'none'} {of_all}"
    enough = f" that still {'has' if len(left) == 1 else 'have'} enough {what}" if len(left) < len(judged) else ""
    return [f"{kept}. Leaving {'it' if number == 1 else 'them'} out {effect}{enough}."]


def by_fastest(compared: Iterable[Comparison]) -> list[str]:
    """How far the factors would be from those told if only the fastest turn of each heat counted."""
    apart = [
        comparison.ratios_by_fastest[size] / comparison.ratios[size].median
        for comparison in compared
        for size in comparison.ratios_by_fastest
    ]
    if not apart:
        return []
    span = " to ".join(dict.fromkeys(f"{end:.2f}" for end in (min(apart), max(apart))))
    fastest = "If only the fastest turn of each way in each heat counted"
    return [f"{fastest}, the factors would be {span} times those told here."]


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
        return f"Beside it: {sites.pop()}"  # so that a study's title cannot be the same as another heading
    return TOPICS[question(comparison.first, comparison.second)]


def _gpus_beside(gpus: Sequence[GpuBeside]) -> str:
    """Which GPUs of other machines this machine's CPU is compared with."""
    named = listed([f"{listed(gpu.names or ['a GPU'])} ({gpu.site}, {' to '.join(gpu.days)})" for gpu in gpus])
    others = "the GPU of another machine" if len(gpus) == 1 else "the GPUs of other machines"
    return f"This machine's CPU is compared with {others}: {named}."
