"""What each figure shows, in a sentence or two computed from the tables: of many networks the extremes."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from payoff.cells import TASK
from payoff.comparisons.comparison import Comparison
from payoff.comparisons.ways import Way, by_way, in_prose, label, way_of
from payoff.page.words.sentences import break_even, interval, listed, told
from payoff.statistics.estimates import Estimate, estimate_of, inverse
from payoff.tables.columns import column, count, significant
from payoff.tables.ledger import ledger_table

MOST_TOLD = 4  # of so many ways each is told, of more the extremes


def growth(cells: pd.DataFrame) -> str:
    """By how much the epoch time grows from the smallest to the largest hidden size of each way."""
    measured, texts, spans = cells[cells["n"] > 0], [], set()
    for where, way, line in _lines(measured, cells):
        small, large = line.loc[line["hidden_size"].idxmin()], line.loc[line["hidden_size"].idxmax()]
        if small["hidden_size"] < large["hidden_size"]:
            factor = large["epoch_time_s_median"] / small["epoch_time_s_median"]
            span = f"from H = {count(small['hidden_size'])} to {count(large['hidden_size'])}"
            spans.add(span)
            texts.append((factor, f"{where}{label(way)} {significant(factor, 2)} times", span))
    if not texts:
        return "One hidden size was measured, so nothing is said about growth."
    if len(spans) > 1:  # else it is said once
        texts = [(factor, f"{text} ({span})", span) for factor, text, span in texts]
    span = spans.pop() if len(spans) == 1 else "from the smallest to the largest H"
    factors = "; ".join(_extremes([(factor, text) for factor, text, _ in texts]))
    return f"So much longer the median epoch becomes {span}: {factors} (n ≥ {measured['n'].min()})."


def memory(cells: pd.DataFrame, quantity: str = "peak_memory_bytes") -> str:
    """The least and the most memory of each way."""
    measured = cells[cells[f"{quantity}_median"].notna()]
    texts = []
    for where, way, line in _lines(measured, cells):
        medians = line[f"{quantity}_median"]
        ends = [column(quantity).text(end) for end in (medians.min(), medians.max())]
        texts.append((medians.max(), f"{where}{label(way)} {' to '.join(dict.fromkeys(ends))} MiB"))
    if not texts:
        return "No run was finished, so nothing is said of memory."
    ends, n = "; ".join(_extremes(texts)), measured["n_finished"].min()
    return f"The most in use at once, from the smallest to the largest median: {ends} (n ≥ {n})."


def whole_run(cells: pd.DataFrame) -> str:
    """The shortest and the longest whole run at the smallest hidden size, where nothing but the start counts."""
    finished = cells[cells["n_finished"] > 0]
    if finished.empty:
        return "No run was finished, so nothing is said of whole runs."
    smallest = finished[finished["hidden_size"] == finished.groupby(TASK)["hidden_size"].transform("min")]
    texts = [(cell["wall_s_median"], f"{_cell(cell)} {interval(cell, 'wall_s')} s") for _, cell in smallest.iterrows()]
    n = smallest["n_finished"].min()
    return f"At the smallest H a whole run takes: {'; '.join(_extremes(texts))} (n ≥ {n})."


def speed_up(compared: Sequence[Comparison]) -> str:
    """The largest clear speed-up, and where the ways break even."""
    clear: list[tuple[Estimate, Way, Way, Comparison, int]] = []
    for pair in compared:
        clear += [(inverse(pair.ratios[size]), pair.first, pair.second, pair, size) for size in pair.first_wins]
        clear += [(pair.ratios[size], pair.second, pair.first, pair, size) for size in pair.second_wins]
    if not clear:
        return f"In none of {len(compared)} pairs is there a clear difference."
    most, winner, loser, pair, size = max(clear, key=lambda entry: entry[0].median)
    factor = f"{most.median:.2f} times [{most.low:.2f}, {most.high:.2f}]"
    largest = (
        f"The largest clear difference: on {pair.task} at H = {count(size)} {in_prose(winner)} is {factor} as fast as "
        f"{in_prose(loser)} (n = {most.n} each)."
    )
    changes = [pair for pair in compared if pair.break_evens]
    if not changes:
        return f"{largest} No pair breaks even."
    if len(compared) > MOST_TOLD:
        found = [size.median for pair in changes for size in pair.break_evens]
        ends = " to ".join(dict.fromkeys(significant(end) for end in (min(found), max(found))))
        return f"{largest} {len(changes)} of {len(compared)} pairs break even, at H = {ends}."
    texts = [
        f"{in_prose(pair.first)} and {in_prose(pair.second)} on {pair.task} at "
        + listed([break_even(found, list(pair.ratios)) for found in pair.break_evens])
        for pair in changes
    ]
    return f"{largest} Break-even: {'; '.join(texts)}."


def best_accuracy(cells: pd.DataFrame) -> str:
    """The cell with the highest median accuracy, for each data set and recipe."""
    measured = cells[cells["test_accuracy_median"].notna()]
    if measured.empty:
        return "No class was predicted, so there is no accuracy."
    best = measured.loc[measured.groupby(TASK, sort=False)["test_accuracy_median"].idxmax()]
    texts = [(cell["test_accuracy_median"], f"{_cell(cell)} {_accuracy(cell)}") for _, cell in best.iterrows()]
    return f"The highest accuracy: {'; '.join(_extremes(texts))}."


def accuracy_over_time(cells: pd.DataFrame) -> str:
    """Which cell reaches the target soonest; without targets, which has trained shortest for the highest accuracy."""
    tried = cells[cells["n_tried"] > 0] if "n_tried" in cells else cells.iloc[:0]
    texts = []
    for _, own in tried.groupby(TASK, sort=False):
        best = own.loc[own["time_to_accuracy_s_median"].idxmin()]
        goal = f"{significant(best['target_accuracy'] * 100, 2)} % on {best['task']}"
        if not np.isfinite(best["time_to_accuracy_s_median"]):
            texts.append((np.inf, f"{goal} is reached by half of the runs of no cell"))
            continue
        way, size = label(way_of(best)), count(best["hidden_size"])
        after = told("time_to_accuracy_s", estimate_of(best, "time_to_accuracy_s", "n_tried"))
        texts.append((best["time_to_accuracy_s_median"], f"{goal} is reached first by {way}, H = {size}: {after}"))
    return f"{'; '.join(_extremes(texts))}." if texts else best_accuracy(cells)


def learning(samples: pd.DataFrame, quantity: str = "test_accuracy") -> str:
    """Between which values the cells' medians lie after the first and after the last epoch."""
    known = samples[(samples["epoch"] > 0) & samples[quantity].notna()]
    what, unit = ("accuracies", " %") if column(quantity).unit == "%" else ("losses", "")
    if known.empty:
        return f"There are no {what}: no epoch was finished, or numbers were predicted."
    keys = ["site", "dataset", "recipe", "model", "mode", "device", "threads", "hidden_size"]
    medians = known.groupby([*keys, "epoch"])[quantity].median()
    last = known.groupby(keys)["epoch"].max()
    ends = medians[medians.index.droplevel("epoch").map(last) == medians.index.get_level_values("epoch")]
    show = column(quantity).text
    first = medians.xs(known["epoch"].min(), level="epoch")
    parts = [
        f"{when} between {show(at.min())} and {show(at.max())}{unit}"
        for when, at in ((f"after epoch {known['epoch'].min()}", first), ("after the last", ends))
    ]
    n = known.groupby([*keys, "epoch"]).size().min()
    return f"The medians of {count(len(last))} cells lie {', '.join(dict.fromkeys(parts))} (n ≥ {n})."


def ledger(runs: pd.DataFrame) -> str:
    """The training's share in a whole run at the smallest and the largest hidden size of each way."""
    cells = ledger_table(runs)
    if cells.empty:
        return "No run was finished, so there is no ledger."
    texts = []
    for where, way, line in _lines(cells, cells):
        ends = line.loc[list(dict.fromkeys([line["hidden_size"].idxmin(), line["hidden_size"].idxmax()]))]
        both = zip(ends["training_share"], ends["hidden_size"], strict=True)
        shares = [f"{share * 100:.0f} % at H = {count(size)}" for share, size in both]
        texts.append((ends["training_share"].iloc[-1], f"{where}{label(way)} {' and '.join(shares)}"))
    return f"Training is so much of a whole run: {'; '.join(_extremes(texts))} (medians, n ≥ {cells['n'].min()})."


def _lines(measured: pd.DataFrame, cells: pd.DataFrame) -> list[tuple[str, Way, pd.DataFrame]]:
    """The lines of a figure, each with its data set, where there are several."""
    several = cells[TASK].drop_duplicates().shape[0] > 1
    return [
        (f"{own['task'].iloc[0]}, " if several else "", way, line)
        for _, own in measured.groupby(TASK, sort=False)
        for way, line in by_way(own)
    ]


def _extremes(texts: Sequence[tuple[float, str]]) -> list[str]:
    """All of a few texts; of many those with the lowest and the highest value, with how many there are."""
    if len(texts) <= MOST_TOLD:
        return [text for _, text in texts]
    lowest, highest = (end(texts, key=lambda entry: entry[0])[1] for end in (min, max))
    return [f"of {len(texts)}, the lowest: {lowest}", f"the highest: {highest}"]


def _cell(cell: pd.Series) -> str:
    return f"{cell['task']}, {label(way_of(cell))}, H = {count(cell['hidden_size'])}:"


def _accuracy(cell: pd.Series) -> str:
    return told("test_accuracy", estimate_of(cell, "test_accuracy", "n_finished"))
