"""Time to accuracy: how long a network trains until it classifies a given share of the test images correctly."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from payoff.cells import RUN, SITED_CELL
from payoff.statistics.estimates import ENDS, median_interval
from payoff.tables.runs import PARTIAL


def with_time_to_accuracy(
    cells: pd.DataFrame, runs: pd.DataFrame, samples: pd.DataFrame, targets: Mapping[str, float]
) -> pd.DataFrame:
    """The table of cells with `target_accuracy`, `time_to_accuracy_s_median`, `_low`, `_high`, `n_reached`, `n_tried`.

    targets: data set -> test accuracy, a fraction. The median and its interval are those of order statistics; a run
    that never reached the target counts as infinite. A cell without a target, or without a run that counts, has nan.
    """
    by_cell = dict(list(times_to_accuracy(runs, samples, targets).groupby(SITED_CELL)["time_to_accuracy_s"]))
    rows = []
    for cell in cells[SITED_CELL].itertuples(index=False):
        times = by_cell.get(tuple(cell), pd.Series(dtype=float))
        estimate = median_interval(times)
        rows.append(
            {
                "target_accuracy": targets.get(cell.dataset, np.nan),
                **{f"time_to_accuracy_s_{end}": getattr(estimate, end) for end in ENDS},
                "n_reached": int(np.isfinite(times).sum()),
                "n_tried": len(times),
            }
        )
    return cells.join(pd.DataFrame(rows, index=cells.index))


def times_to_accuracy(runs: pd.DataFrame, samples: pd.DataFrame, targets: Mapping[str, float]) -> pd.DataFrame:
    """`time_to_accuracy_s` of every run whose data set has a target: its epochs' times, without evaluation, up to and
    including the first whose test accuracy reaches the target; inf for a miss.

    A run that was stopped for its budget is a miss, unless it had already reached the target. A run that failed for
    another reason says nothing about the network, and is left out.
    """
    counted = runs[runs["dataset"].isin(list(targets)) & (runs["failure"].isna() | (runs["failure"] == PARTIAL))]
    epochs = samples.sort_values("epoch")
    epochs = epochs.assign(time_to_accuracy_s=epochs.fillna({"duration_s": 0}).groupby(RUN)["duration_s"].cumsum())
    reached = epochs[epochs["test_accuracy"] >= epochs["dataset"].map(dict(targets))]
    first = reached.groupby(RUN, as_index=False)["time_to_accuracy_s"].first()
    times = counted[["site", *RUN]].merge(first, on=RUN, how="left")
    return times.fillna({"time_to_accuracy_s": np.inf})
