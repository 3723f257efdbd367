"""Records -> the table of turns: one row per turn that a run took in its heat."""

from collections.abc import Mapping, Sequence

import pandas as pd

from payoff.cells import RUN
from payoff.runs.records import is_control
from payoff.tables.parts import shared, with_parts
from payoff.tables.sites import own_machines

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
    heats = [record["heat"]["started_at"] for record in records]
    runs = shared(records, machines).assign(heat=heats, is_control=list(map(is_control, records)))
    turns = [turn for record in records for turn in record["turns"]]
    parts = pd.DataFrame({part: [turn.get(part) for turn in turns] for part in TYPES}).astype(TYPES)
    parts["disturbed_by"] = ["; ".join(turn["disturbed_by"]) for turn in turns]
    counts = [len(record["turns"]) for record in records]
    return with_parts(runs, parts, counts, [*RUN, "is_control"], "round")


def undisturbed(turns: pd.DataFrame) -> pd.DataFrame:
    """The turns during which no other program and no host took CPU time away."""
    return turns[turns["disturbed_by"] == ""]
