"""Which columns tell the rows of a table apart, and how these are named for readers."""

import pandas as pd

from payoff.cells import FOR_READERS
from payoff.comparisons.ways import site_name
from payoff.models.registry import MODELS

ALWAYS = ["dataset", "model", "device", "hidden_size"]
WHERE_THEY_DIFFER = ["recipe", "mode", "threads", "site"]
ORDER = ["site", *FOR_READERS]


def identity(frame: pd.DataFrame) -> list[str]:
    """The columns that name the cell of a row; recipe, mode, threads and site only where the rows differ in them."""
    differing = [column for column in WHERE_THEY_DIFFER if column in frame and len(frame[column].unique()) > 1]
    return [column for column in ORDER if column in {*ALWAYS, *differing}]


def titled(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with the titles of models, and with words for sites."""
    shown = frame.assign(model=frame["model"].map({name: spec.title for name, spec in MODELS.items()}))
    return shown.assign(site=frame["site"].map(site_name)) if "site" in frame else shown
