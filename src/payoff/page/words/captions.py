"""What each figure shows, in a sentence or two computed from the tables. Of many ways only the extremes are named."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from payoff.cells import TASK
from payoff.comparisons.comparison import Comparison
from payoff.comparisons.ways import by_way, in_prose, label, way_of
from payoff.models.registry import MODELS
from payoff.page.words.sentences import MOST_TOLD, break_even, extremes, interval, listed, told
from payoff.statistics.estimates import estimate_of
from payoff.tables.columns import column
from payoff.tables.formats import count, significant
from payoff.tables.ledger import ledger_table


def growth(cells: pd.DataFrame) -> str:
    """By how much the epoch time grows from the smallest to the largest hidden size of each way."""
    measured = cells[cells["n"] > 0]
    texts: list[tuple[float, str, str]] = []
    spans: set[str] = set()
    for name, line in _lines(measured, cells):
        small, large = line.loc[line["hidden_size"].idxmin()], line.loc[line["hidden_size"].idxmax()]
        if small["hidden_size"] < large["hidden_size"]:
            factor = large["epoch_time_s_median"] / small["epoch_time_s_median"]
            span = f"H = {count(small['hidden_size'])} to {count(large['hidden_size'])}"
            spans.add(span)
            texts.append((factor, f"{significant(factor, 2)}-fold {name}", span))
    if not texts:
        return "One hidden size was measured, so nothing is said about growth."
    if len(spans) > 1:  # else it is said once
        texts = [(factor, f"{text} (from {span})", span) for factor, text, span in texts]
    span = spans.pop() if len(spans) == 1 else "the smallest to the largest H"
    factors = ", ".join(extremes([(factor, text) for factor, text, _ in texts]))
    return f"From {span} the epoch grows {factors} (n ≥ {measured['n'].min()})."


def memory(cells: pd.DataFrame, quantity: str = "peak_memory_bytes") -> str:
    """The least and the most memory of each way."""
    measured = cells[cells[f"{quantity}_median"].notna()]
    texts = []
    for name, line in _lines(measured, cells):
        medians = line[f"{quantity}_median"]
        ends = [column(quantity).text(end) for end in (medians.min(), medians.max())]
        texts.append((medians.max(), f"{' to '.join(dict.fromkeys(ends))} MiB {name}"))
    if not texts:
        return "No run was finished, so nothing is said about memory."
    named, n = ", ".join(extremes(texts)), measured["n_finished"].min()
    where = " on the device" if quantity.startswith("device_") else ""
    return f"The median peak memory of a run{where} is {named} (n ≥ {n})."


def whole_run(cells: pd.DataFrame) -> str:
    """How long a whole run takes at the smallest hidden size, where its start takes most of the time."""
    finished = cells[cells["n_finished"] > 0]
    if finished.empty:
        return "No run was finished, so nothing is said about whole runs."
    smallest = finished[finished["hidden_size"] == finished.groupby(TASK)["hidden_size"].transform("min")]
    texts = [(cell["wall_s_median"], f"{_cell(cell)} {interval(cell, 'wall_s')} s") for _, cell in smallest.iterrows()]
    n = smallest["n_finished"].min()
    return f"At the smallest H a whole run takes: {'; '.join(extremes(texts))} (n ≥ {n})."


def energy(cells: pd.DataFrame) -> str:
    """What an epoch costs in joules, the least and the most; or that no energy was measured."""
    measured = cells[cells["epoch_energy_j_median"].notna()]
    if measured.empty:
        return "Energy was not measured: nothing here has a counter of energy that can be read."
    texts = [
        (c["epoch_energy_j_median"], f"{_cell(c)} {interval(c, 'epoch_energy_j')} J") for _, c in measured.iterrows()
    ]
    named, n = ", ".join(extremes(texts)), measured["n"].min()
    return (
        f"The median energy of an epoch is {named} (n ≥ {n}). It is that of the GPU, or without a GPU of the "
        f"processors, with what they use when idle."
    )


def speed_up(compared: Sequence[Comparison]) -> str:
    """The largest clear speed-up, and where the ways break even."""
    clear = [(lead, pair) for pair in compared if (lead := pair.largest_lead)]
    if not clear:
        return f"No clear difference was found in {len(compared)} {'pair' if len(compared) == 1 else 'pairs'}."
    (most, winner, loser, size), pair = max(clear, key=lambda entry: entry[0].factor.median)
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
        verb = "breaks" if len(changes) == 1 else "break"
        return f"{largest} {len(changes)} of {len(compared)} pairs {verb} even, at H = {ends}."
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
    return f"The highest accuracy: {'; '.join(extremes(texts))}."


def accuracy_over_time(cells: pd.DataFrame) -> str:
    """Which cell reaches the target first; where no data set has a target, the highest accuracy."""
    tried = cells[cells["n_tried"] > 0] if "n_tried" in cells else cells.iloc[:0]
    texts = []
    for _, task_cells in tried.groupby(TASK, sort=False):
        best = task_cells.loc[task_cells["time_to_accuracy_s_median"].idxmin()]
        goal = f"{significant(best['target_accuracy'] * 100, 2)} % on {best['task']}"
        if not np.isfinite(best["time_to_accuracy_s_median"]):
            texts.append((np.inf, f"{goal}: no cell reaches it in half of its runs"))
            continue
        way, size = label(way_of(best)), count(best["hidden_size"])
        after = told("time_to_accuracy_s", estimate_of(best, "time_to_accuracy_s", "n_tried"))
        texts.append((best["time_to_accuracy_s_median"], f"{goal} is reached first by {way}, H = {size}: {after}"))
    return f"{'; '.join(extremes(texts))}." if texts else best_accuracy(cells)


def learning(samples: pd.DataFrame, quantity: str = "test_accuracy") -> str:
    """The lowest and the highest median of a cell, after the first and after the last epoch."""
    known = samples[(samples["epoch"] > 0) & samples[quantity].notna()]
    what, unit = ("accuracy", " %") if column(quantity).unit == "%" else ("loss", "")
    if known.empty:
        return f"There is no {what}: no epoch was finished, or numbers were predicted."
    keys = ["site", "dataset", "recipe", "model", "mode", "device", "threads", "hidden_size"]
    medians = known.groupby([*keys, "epoch"])[quantity].median()
    last = known.groupby(keys)["epoch"].max()
    ends = medians[medians.index.droplevel("epoch").map(last) == medians.index.get_level_values("epoch")]
    show = column(quantity).text
    first = medians.xs(known["epoch"].min(), level="epoch")
    parts = [
        f"{' to '.join(dict.fromkeys([show(at.min()), show(at.max())]))}{unit} {when}"
        for when, at in ((f"after epoch {known['epoch'].min()}", first), ("after the last epoch", ends))
    ]
    cells = f"{count(len(last))} {'cell' if len(last) == 1 else 'cells'}"
    n = known.groupby([*keys, "epoch"]).size().min()
    return f"The median {what} is {' and '.join(parts)} ({cells}, n ≥ {n})."


def ledger(runs: pd.DataFrame) -> str:
    """Which share of a whole run training takes, at the smallest and the largest hidden size of each way."""
    cells = ledger_table(runs)
    if cells.empty:
        return "No run was finished, so there is no ledger."
    texts = []
    for name, line in _lines(cells, cells):
        ends = line.loc[list(dict.fromkeys([line["hidden_size"].idxmin(), line["hidden_size"].idxmax()]))]
        both = zip(ends["training_share"], ends["hidden_size"], strict=True)
        (first, size), *rest = [(f"{share * 100:.0f} %", f"at H = {count(size)}") for share, size in both]
        alone = name.removeprefix("in ")
        run = f"a run {name}" if " " in alone else f"{alone}'s run"
        shares = [f"{first} of {run} {size}", *(f"{share} {size}" for share, size in rest)]
        texts.append((ends["training_share"].iloc[-1], ", ".join(shares)))
    return f"Training takes {'; '.join(extremes(texts))} (medians, n ≥ {cells['n'].min()})."


def _lines(measured: pd.DataFrame, cells: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """The lines of a figure, each as (name, its cells): "in numpy", or "for the MLP in numpy on digits" where the study
    has several networks and several data sets."""
    several_networks = len({MODELS[model].architecture for model in cells["model"].unique()}) > 1
    several_tasks = cells[TASK].drop_duplicates().shape[0] > 1
    lines = []
    for _, task_cells in measured.groupby(TASK, sort=False):
        for way, line in by_way(task_cells):
            network = f"for the {MODELS[way.model].architecture.upper()} " if several_networks else ""
            task = f" on {line['task'].iloc[0]}" if several_tasks else ""
            lines.append((f"{network}in {in_prose(way)}{task}", line))
    return lines


def _cell(cell: pd.Series) -> str:
    return f"{cell['task']}, {label(way_of(cell))}, H = {count(cell['hidden_size'])}:"


def _accuracy(cell: pd.Series) -> str:
    return told("test_accuracy", estimate_of(cell, "test_accuracy", "n_finished"))
