"""The table of cells as a CSV file for spreadsheets."""

import pandas as pd

from payoff.cells import FOR_READERS, LABELS
from payoff.comparisons.ways import site_name
from payoff.statistics.estimates import ENDS
from payoff.tables.cells import SUMMARISED

# What most readers look for comes first; the other columns follow as they are in the tables.
FIRST = [
    "site",
    *FOR_READERS,
    *(f"epoch_time_s_{end}" for end in ENDS),
    "n",
    "relative",
    *(f"{quantity}_{end}" for quantity in SUMMARISED[1:] for end in ENDS),
    "status",
    "reason",
]
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet computes a text that begins with one of these


def cells_csv(cells: pd.DataFrame) -> str:
    """The cells of all studies as CSV, with the names and units of the tables.

    A text that a spreadsheet would compute gets an apostrophe in front, so that it is shown as text. (OWASP, CSV
    Injection.)
    """
    first = [name for name in FIRST if name in cells]
    ordered = cells[[*first, *cells.columns.difference([*first, *LABELS], sort=False)]]
    ordered = ordered.assign(site=ordered["site"].map(site_name))
    return ordered.map(_as_text).to_csv(index=False, lineterminator="\n")


def _as_text(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value
