"""What the networks learnt, as sentences computed from the tables."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from payoff.cells import TASK
from payoff.comparisons.ways import by_way, label, way_of
from payoff.page.words.sentences import MOST_TOLD, interval, listed
from payoff.tables.formats import count, significant


def time_to_accuracy(cells: pd.DataFrame) -> str:
    """Which hidden size of each way reaches the target of its data set first, and which ways never reach it; of many
    networks only how many ways reach it."""
    sentences, reached, missed = [], 0, 0
    tried = cells[cells["n_tried"] > 0]
    for _, task_cells in tried.groupby(TASK, sort=False):
        first, never = [], []
        for way, line in by_way(task_cells):
            best = line.loc[line["time_to_accuracy_s_median"].idxmin()]
            runs = f"{best['n_reached']} of {best['n_tried']}"
            if np.isfinite(best["time_to_accuracy_s_median"]):
                after = f"after {interval(best, 'time_to_accuracy_s')} s ({runs} runs)"
                first.append(
                    (best["time_to_accuracy_s_median"], f"{label(way)}, H = {count(best['hidden_size'])}, {after}")
                )
            else:
                never.append(label(way))
        reached, missed = reached + len(first), missed + len(never)
        accuracy = f"{significant(task_cells['target_accuracy'].iloc[0] * 100, 2)} %"
        texts = (
            [f"{accuracy} is reached first by {'; then by '.join(text for _, text in sorted(first))}"] if first else []
        )
        if never:
            verb = "does" if len(never) == 1 else "do"
            texts.append(f"{listed(never)} {verb} not reach {accuracy} in half of the runs at any H")
        sentences.append(f"On {task_cells['task'].iloc[0]}, {'. '.join(texts)}.")
    if len(sentences) > MOST_TOLD:
        ways = f"Of {count(reached + missed)} ways to train {count(len(sentences))} networks"
        return f"{ways}, {count(reached)} reach the target in at least half of the runs at some H."
    return " ".join(sentences) or "No run had a target to reach."


def error_of_numbers(cells: pd.DataFrame, targets: Mapping[str, Mapping[str, Any]]) -> str:
    """The lowest error on each data set of which numbers are predicted, against that of the mean, which every network
    must beat. targets: of payoff.beside.reading.targets_beside."""
    sentences = []
    for (name, _), task_cells in cells[cells["test_error_median"].notna()].groupby(TASK, sort=False):
        target = targets.get(name, {})
        unit = f" {target['unit']}" if "unit" in target else ""
        best = task_cells.loc[task_cells["test_error_median"].idxmin()]
        way = f"{label(way_of(best))}, H = {count(best['hidden_size'])}, n = {count(best['n_finished'])}"
        text = f"On {best['task']}, the lowest error is {interval(best, 'test_error')}{unit} ({way})."
        if (mean := target.get("error_of_mean")) is not None:
            worse = int((task_cells["test_error_median"] >= mean).sum())
            judged = f"{worse} of {len(task_cells)} cells do not beat it" if worse else "every cell beats it"
            text += f" Always answering with the mean of the training targets has an error of {significant(mean)}{unit}"
            text += f"; {judged}."
        sentences.append(text)
    return " ".join(sentences)


def losses_by_step(steps: pd.DataFrame) -> str:
    """The median loss of the first and of the last tenth of the first run's steps."""
    sentences = []
    for (*_, hidden_size), panel in steps.groupby([*TASK, "hidden_size"], sort=False):
        for way, line in by_way(panel):
            line = line[line["repetition"] == line["repetition"].min()]
            tenth = max(1, len(line) // 10)
            begin, end = (significant(part["step_loss"].median()) for part in (line.head(tenth), line.tail(tenth)))
            sentences.append(
                f"On {panel['task'].iloc[0]}, {label(way)}, H = {count(hidden_size)}, the median loss of a "
                f"step goes from {begin} in the first tenth of {count(len(line))} steps to {end} in the last (one run)."
            )
    return " ".join(sentences)
