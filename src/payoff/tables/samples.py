"""Records -> the tables of samples (one row per timed epoch) and of steps."""

from collections.abc import Sequence

import pandas as pd

from payoff.tables.runs import ACCURACIES, LOSSES, RUN_COLUMNS, _site, own_machines


def samples_table(records: Sequence[dict]) -> pd.DataFrame:
    """A row an epoch of every run, in the order in which they were timed; epoch 0 is before the training."""
    own = own_machines(records)
    rows = [
        {**record["cell"], "site": _site(record, own), "repetition": record["repetition"], **epoch}
        for record in records
        for epoch in record["epochs"]
    ]
    figures = ["epoch_time_s", "device_time_s", *LOSSES, *ACCURACIES]
    table = pd.DataFrame(rows, columns=["site", *RUN_COLUMNS, "epoch", *figures])
    return table.astype(dict.fromkeys(figures, float)).sort_values([*RUN_COLUMNS, "epoch"], ignore_index=True)


def steps_table(records: Sequence[dict]) -> pd.DataFrame:
    """A row a step of those runs whose recipe keeps the loss of each step."""
    own = own_machines(records)
    rows = [
        {
            **record["cell"],
            "site": _site(record, own),
            "repetition": record["repetition"],
            "step": step,
            "step_loss": loss,
        }
        for record in records
        for step, loss in enumerate(record["step_losses"], 1)
    ]
    return pd.DataFrame(rows, columns=["site", *RUN_COLUMNS, "step", "step_loss"])
