"""Which columns tell the rows of a table apart, and how these are named for readers."""

import pandas as pd

from payoff.cells import FOR_READERS
from payoff.comparisons.ways import site_name
from payoff.models.registry import MODELS

ALWAYS = ["model", "hidden_size"]
ORDER = ["site", *FOR_READERS]


def identity(frame: pd.DataFrame) -> list[str]:
    """The columns that name the cell of a row: model and hidden size, and whatever else the rows differ in."""
    differing = [column for column in ORDER if column in frame and _differs(frame, column)]
    return [column for column in ORDER if column in {*ALWAYS, *differing}]


def in_common(frame: pd.DataFrame) -> str:
    """What `identity` leaves out, since all rows have it in common: Digits, on cpu; empty if there is nothing."""
    facts = {"dataset": "{}", "recipe": "{}", "device": "on {}", "threads": "with {} CPU threads"}
    return ", ".join(
        words.format(frame[column].iloc[0]).replace(" 1 CPU threads", " 1 CPU thread")
        for column, words in facts.items()
        if len(frame) and column not in identity(frame)
    )


def _differs(frame: pd.DataFrame, column: str) -> bool:
    """Each model in its default mode is no difference, although the modes have several names."""
    if column == "mode":
        default = frame["model"].map({name: spec.default_mode for name, spec in MODELS.items()})
        return bool((frame["mode"] != default).any())
    return len(frame[column].unique()) > 1


def titled(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with the titles of models, and with words for sites."""
    shown = frame.assign(model=frame["model"].map({name: spec.title for name, spec in MODELS.items()}))
    return shown.assign(site=frame["site"].map(site_name)) if "site" in frame else shown
