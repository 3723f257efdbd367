"""The answer, as sentences computed from the tables. Every number comes from there, with its n."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from payoff.columns import about, count, significant
from payoff.comparisons import Comparison, Withheld, comparisons, withheld
from payoff.control import Control
from payoff.sentences import listed, sizes_of, way_of_cell
from payoff.statistics import Estimate, inverse
from payoff.ways import by_way, in_prose, label, place


def answer(cells: pd.DataFrame, runs: pd.DataFrame, equal_work: pd.DataFrame | None = None) -> list[str]:
    """What the reader came for, the most important first."""
    if not (cells["n"] > 0).any():
        return ["Nothing was measured: no run was finished. The grid of cells says why.", *_accelerators(cells)]
    sentences = [compare(comparison) for comparison in comparisons(cells, runs, equal_work)]
    sentences += [not_compared(pair) for pair in withheld(cells, equal_work)]
    if not sentences:
        sentences.append("No network was trained in two ways, so there is nothing to compare.")
    return [*sentences, start_up(cells), *_accelerators(cells)]


def compare(comparison: Comparison) -> str:
    """Which of two ways to train the same network is faster, where, and by how much."""
    first, second = in_prose(comparison.first), in_prose(comparison.second)
    ratios = comparison.ratios
    where = f"For the {comparison.architecture.upper()} on {comparison.place}"
    n = f"(n = {min(r.n for r in ratios.values())} each)"
    if comparison.too_few == list(ratios):
        return f"{where}, too few repetitions for an interval {n}: {first} and {second} are not judged."
    if comparison.unclear == list(ratios):
        return f"{where}, no clear difference between {first} and {second} at {sizes_of(ratios)} {n}."

    verdicts = []
    if wins := comparison.first_wins:
        factors = {size: inverse(ratios[size]) for size in wins}
        verdicts.append(_verdict(first, second, factors, everywhere=wins == list(ratios)))
    if comparison.unclear:
        verdicts.append(f"there is no clear difference at {sizes_of(comparison.unclear)}")
    if wins := comparison.second_wins:
        factors = {size: ratios[size] for size in wins}
        verdicts.append(_verdict(second, first, factors, everywhere=wins == list(ratios)))
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
    if len(sizes) == 1:
        return []
    ahead = comparison.first if comparison.ratios[sizes[0]].median < 1 else comparison.second
    span = f"from H = {count(sizes[0])} to {count(sizes[-1])}"
    return [f"They never break even in this range: by the medians {in_prose(ahead)} is ahead {span}."]


def break_even(found: Estimate, sizes: Sequence[int]) -> str:
    """H = the size [its interval], whose ends may lie outside the measured range."""

    def end(size: float) -> str:
        if size < sizes[0]:
            return f"below {count(sizes[0])}"
        return f"beyond {count(sizes[-1])}" if size > sizes[-1] else about(size)

    ends = f"{end(found.low)}, {end(found.high)}" if found.has_interval else "too few"
    return f"H = {about(found.median)} [{ends}]"


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


def _accelerators(cells: pd.DataFrame) -> list[str]:
    """What the study cannot say of a GPU, and why."""
    asked = cells[(cells["device"] != "cpu") & (cells["status"] != "not applicable")]
    if asked.empty:
        return ["No GPU was measured: this study ran on the CPU alone, so it says nothing about one."]
    silent = asked[asked["n"] == 0]
    return [
        f"On {device} {'nothing' if len(failed) == (asked['device'] == device).sum() else 'not everything'} could be "
        f"measured: {listed(sorted({reason.replace('_', ' ') for reason in failed['reason'].fillna('not run')}))}."
        for device, failed in silent.groupby("device")
    ]


def start_up(cells: pd.DataFrame) -> str:
    """What a fresh process costs, its start and its imports included, at the smallest size of each data set."""
    sentences = []
    for (dataset, recipe), measured in cells[cells["n_finished"] > 0].groupby(["dataset", "recipe"], sort=False):
        smallest = measured[measured["hidden_size"] == measured["hidden_size"].min()].sort_values("wall_s_median")
        runs = listed([_whole_run(cell, cells) for _, cell in smallest.iterrows()])
        size, n = count(smallest["hidden_size"].iloc[0]), smallest["n_finished"].min()
        where = place(dataset, recipe, cells)
        sentences.append(
            f"On {where} a whole run at H = {size}, from the start of the process with its imports to its end, "
            f"takes {runs} ({'medians' if len(smallest) > 1 else 'median'}, n = {n})."
        )
    return " ".join(sentences) or "No run was finished, so nothing is said of whole runs."


def growth(cells: pd.DataFrame) -> str:
    """By how much the epoch time grows from the smallest to the largest hidden size, for each data set."""
    sentences = []
    for (dataset, recipe), measured in cells[cells["n"] > 0].groupby(["dataset", "recipe"], sort=False):
        parts = []
        for way, line in by_way(measured, among=cells):
            small, large = line.loc[line["hidden_size"].idxmin()], line.loc[line["hidden_size"].idxmax()]
            if small["hidden_size"] < large["hidden_size"]:
                factor = significant(large["epoch_time_s_median"] / small["epoch_time_s_median"], 2)
                span = f"H = {count(small['hidden_size'])} to {count(large['hidden_size'])}"
                parts.append(f"{label(way)}: {factor} times as long ({span}, n = {min(small['n'], large['n'])})")
        where = place(dataset, recipe, cells)
        if parts:
            sentences.append(f"From the smallest to the largest H, the median epoch on {where}: {'; '.join(parts)}.")
    return " ".join(sentences) or "One hidden size was measured, so nothing is said about growth."


def _verdict(winner: str, loser: str, factors: Mapping[int, Estimate], *, everywhere: bool) -> str:
    """Who is faster, with the factor and its interval at every size, or at the two ends of many."""
    shown = list(factors) if len(factors) <= 4 else [min(factors), max(factors)]
    texts = [f"{_times(factors[size])} at H = {count(size)}" for size in shown]
    if everywhere and len(factors) > 1:
        where = f"at every size from H = {count(min(factors))} to {count(max(factors))}: "
    elif len(shown) < len(factors):
        where = f"at {sizes_of(factors)}: "
    else:
        where = ""
    return f"{winner} trains faster than {loser} {where}{listed(texts)}"


def _times(factor: Estimate) -> str:
    return f"{factor.median:.2f} times [{factor.low:.2f}, {factor.high:.2f}]"


def _whole_run(cell: pd.Series, measured: pd.DataFrame) -> str:
    way = in_prose(way_of_cell(cell, measured))
    return f"{way} ({cell['architecture'].upper()}) {significant(cell['wall_s_median'])} s"
