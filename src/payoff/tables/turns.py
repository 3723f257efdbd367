"""Records -> the table of turns: one row per turn that a run took in its heat."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from payoff.cells import CELL, RUN
from payoff.runs.records import is_control
from payoff.tables.sites import own_machines, site_of

FIGURES = ["began_s", "epoch_s", "device_epoch_s", "counted_s", "cpu_s", "power_w"]
COUNTS = ["round", "position", "blocks"]
TYPES = dict.fromkeys(COUNTS, int) | dict.fromkeys(FIGURES, float)
EMPTY = TYPES | dict.fromkeys(["hidden_size", "threads", "repetition"], int) | {"is_control": bool}


def turns_table(records: Sequence[dict], machines: Mapping[str, str] | None = None) -> pd.DataFrame:
    """One row per turn. records: also those of the control; machines: as for payoff.tables.runs.runs_table."""
    machines = own_machines(records) if machines is None else machines
    records = [record for record in records if record["turns"]]
    if not records:
        return pd.DataFrame(columns=["site", *RUN, "heat", "is_control", *TYPES, "disturbed_by"]).astype(EMPTY)
    # What the turns of a run share is repeated in arrays: a large study has a hundred thousand turns.
    of_run = pd.DataFrame(
        {
            "site": [site_of(record, machines) for record in records],
            **{part: [record["cell"][part] for record in records] for part in CELL},
            "repetition": [record["repetition"] for record in records],
            "heat": [record["heat"]["started_at"] for record in records],
            "is_control": list(map(is_control, records)),
        }
    )
    turns = [turn for record in records for turn in record["turns"]]
    of_turn = pd.DataFrame({part: [turn.get(part) for turn in turns] for part in TYPES}).astype(TYPES)
    of_turn["disturbed_by"] = ["; ".join(turn["disturbed_by"]) for turn in turns]
    run_of = np.repeat(np.arange(len(records)), [len(record["turns"]) for record in records])
    place = of_run.groupby([*RUN, "is_control"]).ngroup().to_numpy()[run_of]
    order = np.lexsort((of_turn["round"], place))
    both = of_run.take(run_of[order]), of_turn.take(order)
    return pd.concat([rows.reset_index(drop=True) for rows in both], axis=1)


def undisturbed(turns: pd.DataFrame) -> pd.DataFrame:
    """The turns during which no other program and no host took CPU time away."""
    return turns[turns["disturbed_by"] == ""]
