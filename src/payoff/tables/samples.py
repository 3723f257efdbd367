"""Records -> the tables of samples (one row per timed epoch) and of steps."""

from collections.abc import Sequence

import pandas as pd

from payoff.cells import RUN
from payoff.tables.runs import ACCURACIES, LOSSES
from payoff.tables.sites import own_machines, site_of


def samples_table(records: Sequence[dict]) -> pd.DataFrame:
    """One row per epoch of each run, in the order in which they were timed; epoch 0 is before the training."""
    machines = own_machines(records)
    rows = [
        {**record["cell"], "site": site_of(record, machines), "repetition": record["repetition"], **epoch}
        for record in records
        for epoch in record["epochs"]
    ]
    figures = ["duration_s", "device_duration_s", *LOSSES, *ACCURACIES]
    table = pd.DataFrame(rows, columns=["site", *RUN, "epoch", *figures])
    return table.astype(dict.fromkeys(figures, float)).sort_values([*RUN, "epoch"], ignore_index=True)


def steps_table(records: Sequence[dict]) -> pd.DataFrame:
    """One row per step of each run whose recipe keeps the loss of each step."""
    machines = own_machines(records)
    rows = [
        {
            **record["cell"],
            "site": site_of(record, machines),
            "repetition": record["repetition"],
            "step": step,
            "step_loss": loss,
        }
        for record in records
        for step, loss in enumerate(record["step_losses"], 1)
    ]
    return pd.DataFrame(rows, columns=["site", *RUN, "step", "step_loss"])
