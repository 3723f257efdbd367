"""Records -> the table of turns: one row per turn that a run took in its heat."""

from collections.abc import Mapping, Sequence

import pandas as pd

from payoff.cells import RUN
from payoff.runs.records import is_control
from payoff.tables.sites import own_machines, site_of

FIGURES = ["began_s", "epoch_s", "device_epoch_s", "counted_s", "cpu_s", "power_w"]
COUNTS = ["round", "position", "blocks"]


def turns_table(records: Sequence[dict], machines: Mapping[str, str] | None = None) -> pd.DataFrame:
    """One row per turn. records: also those of the control; machines: as for payoff.tables.runs.runs_table."""
    machines = own_machines(records) if machines is None else machines
    rows = [
        {
            "site": site_of(record, machines),
            **record["cell"],
            "repetition": record["repetition"],
            "heat": record["heat"]["started_at"],
            "is_control": is_control(record),
            **turn,
            "disturbed_by": "; ".join(turn["disturbed_by"]),
        }
        for record in records
        for turn in record["turns"]
    ]
    columns = ["site", *RUN, "heat", "is_control", *COUNTS, *FIGURES, "disturbed_by"]
    types = dict.fromkeys(FIGURES, float) | dict.fromkeys([*COUNTS, "hidden_size", "threads", "repetition"], int)
    table = pd.DataFrame(rows, columns=columns).astype(types | {"is_control": bool})
    return table.sort_values([*RUN, "is_control", "round"], ignore_index=True)


def undisturbed(turns: pd.DataFrame) -> pd.DataFrame:
    """The turns during which no other program and no host took CPU time away."""
    return turns[turns["disturbed_by"] == ""]
