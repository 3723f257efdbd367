"""Records -> the tables of samples (one row per timed epoch) and of steps."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from payoff.cells import RUN
from payoff.tables.parts import shared, with_parts
from payoff.tables.runs import ACCURACIES, LOSSES
from payoff.tables.sites import own_machines, site_of

FIGURES = ["duration_s", "device_duration_s", *LOSSES, *ACCURACIES]


def samples_table(records: Sequence[dict]) -> pd.DataFrame:
    """One row per epoch of each run, in the order in which they were timed; epoch 0 is before the training."""
    machines = own_machines(records)
    records = [record for record in records if record["epochs"]]
    if not records:
        return pd.DataFrame(columns=["site", *RUN, "epoch", *FIGURES]).astype(dict.fromkeys(FIGURES, float))
    epochs = [epoch for record in records for epoch in record["epochs"]]
    parts = pd.DataFrame({"epoch": [epoch["epoch"] for epoch in epochs]})
    for figure in FIGURES:
        parts[figure] = np.array([epoch.get(figure) for epoch in epochs], float)
    return with_parts(shared(records, machines), parts, [len(record["epochs"]) for record in records], RUN, "epoch")


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
