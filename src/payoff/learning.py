"""What the networks learnt, as sentences computed from the tables."""

import numpy as np
import pandas as pd

from payoff.columns import column, count, significant
from payoff.sentences import interval, listed, way_of_cell
from payoff.ways import by_way, label, place


def best_accuracy(cells: pd.DataFrame) -> str:
    """The cell with the highest median accuracy, for each data set."""
    measured = cells[cells["test_accuracy_median"].notna()]
    best = measured.loc[measured.groupby(["dataset", "recipe"], sort=False)["test_accuracy_median"].idxmax()]
    sentences = []
    for _, cell in best.iterrows():
        where, way = place(cell["dataset"], cell["recipe"], cells), label(way_of_cell(cell, cells))
        accuracy = f"{interval(cell, 'test_accuracy')} % (n = {cell['n_finished']})"
        sentences.append(f"On {where}, {way}, H = {count(cell['hidden_size'])}, comes highest: {accuracy}.")
    return " ".join(sentences) or "No class was predicted, so there is no accuracy."


def learning(samples: pd.DataFrame) -> str:
    """Where the medians of the accuracy lie after the first and after the last epoch of each recipe."""
    return _by_epoch(samples, "test_accuracy", "accuracies", " %")


def loss_by_epoch(samples: pd.DataFrame) -> str:
    """The same of the loss."""
    return _by_epoch(samples, "test_loss", "test losses", "")


def time_to_accuracy(cells: pd.DataFrame) -> str:
    """Which hidden size of each way reaches the target of its data set soonest, and which ways never do."""
    sentences = []
    tried = cells[cells["n_tried"] > 0]
    for (dataset, recipe), own in tried.groupby(["dataset", "recipe"], sort=False):
        soonest, never = [], []
        for way, line in by_way(own, among=cells):
            best = line.loc[line["time_to_accuracy_s_median"].idxmin()]
            runs = f"{best['n_reached']} of {best['n_tried']}"
            if np.isfinite(best["time_to_accuracy_s_median"]):
                after = f"after {interval(best, 'time_to_accuracy_s')} s ({runs} runs)"
                soonest.append(
                    (best["time_to_accuracy_s_median"], f"{label(way)}, H = {count(best['hidden_size'])}, {after}")
                )
            else:
                never.append(label(way))
        target = f"On {place(dataset, recipe, cells)}, {significant(own['target_accuracy'].iloc[0] * 100, 2)} %"
        texts = [f"is reached soonest by {'; '.join(text for _, text in sorted(soonest))}"] if soonest else []
        texts += [f"is not reached by half of the runs of {listed(never)} at any H"] if never else []
        sentences.append(f"{target} {'; it '.join(texts)}.")
    return " ".join(sentences) or "No run had a target to reach."


def losses_by_step(steps: pd.DataFrame) -> str:
    """The median loss of the first and of the last tenth of the first run's steps."""
    sentences = []
    for (dataset, recipe, hidden_size), panel in steps.groupby(["dataset", "recipe", "hidden_size"], sort=False):
        for way, line in by_way(panel, among=steps):
            line = line[line["repetition"] == line["repetition"].min()]
            tenth = max(1, len(line) // 10)
            begin, end = (significant(part["step_loss"].median()) for part in (line.head(tenth), line.tail(tenth)))
            sentences.append(
                f"On {place(dataset, recipe, steps)}, {label(way)}, H = {count(hidden_size)}, the median loss of a "
                f"step goes from {begin} in the first tenth of {count(len(line))} steps to {end} in the last (one run)."
            )
    return " ".join(sentences)


def _by_epoch(samples: pd.DataFrame, quantity: str, words: str, unit: str) -> str:
    show = column(quantity).text
    sentences = []
    known = samples[(samples["epoch"] > 0) & samples[quantity].notna()]
    for (dataset, recipe), own in known.groupby(["dataset", "recipe"], sort=False):
        cell_and_epoch = ["model", "mode", "device", "hidden_size", "threads", "epoch"]
        medians = own.groupby(cell_and_epoch)[quantity].median()
        after = [
            f"after epoch {epoch} between {show(at.min())} and {show(at.max())}{unit}"
            for epoch in sorted({own["epoch"].min(), own["epoch"].max()})
            for at in (medians.xs(epoch, level="epoch"),)
        ]
        n = own.groupby(cell_and_epoch)[quantity].size().min()
        where = place(dataset, recipe, samples)
        sentences.append(f"On {where} the cells' median {words} lie {', '.join(after)} (n ≥ {n} runs a cell).")
    return " ".join(sentences) or f"There are no {words}: no epoch was finished, or numbers were predicted."
