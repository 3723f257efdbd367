"""What the networks learnt, as sentences computed from the tables."""

import numpy as np
import pandas as pd

from payoff.cells import TASK
from payoff.comparisons.ways import by_way, label
from payoff.page.words.sentences import interval, listed
from payoff.tables.formats import count, significant


def time_to_accuracy(cells: pd.DataFrame) -> str:
    """Which hidden size of each way reaches the target of its data set first, and which ways never reach it."""
    sentences = []
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
        accuracy = f"{significant(task_cells['target_accuracy'].iloc[0] * 100, 2)} %"
        texts = (
            [f"{accuracy} is reached first by {'; then by '.join(text for _, text in sorted(first))}"] if first else []
        )
        if never:
            verb = "does" if len(never) == 1 else "do"
            texts.append(f"{listed(never)} {verb} not reach {accuracy} in half of the runs at any H")
        sentences.append(f"On {task_cells['task'].iloc[0]}, {'. '.join(texts)}.")
    return " ".join(sentences) or "No run had a target to reach."


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
