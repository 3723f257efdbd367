"""The table of the gate: one row per pair, with what was found."""

from collections.abc import Iterable

import pandas as pd

TYPES = {
    "dataset": object,
    "recipe": object,
    "architecture": object,
    "hidden_size": int,
    "first_model": object,
    "first_mode": object,
    "first_device": object,
    "second_model": object,
    "second_mode": object,
    "second_device": object,
    "steps": int,
    "outputs_difference": float,
    "gradients_difference": float,
    "weights_difference": float,
    "tolerance": float,
    "passed": bool,
    "reason": object,
}


def equal_work_table(rows: Iterable[dict]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=list(TYPES)).astype(TYPES)


def equal_work_tables(tables: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """The tables of several devices as one table; empty if there are none."""
    return pd.concat([equal_work_table([]), *tables], ignore_index=True).astype(TYPES)
