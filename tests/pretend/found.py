"""What the study with planted truth has found, as a test reads it."""

import re
from pathlib import Path

import pandas as pd

from payoff.beside.reading import read_table
from payoff.statistics.estimates import Estimate

RESULTS = "tests/pretend/results/pretend"


def table(project: Path, name: str) -> pd.DataFrame:
    """As the report reads it."""
    return read_table([str(project / RESULTS / "tables")], name)


def page(project: Path) -> str:
    """The words of the report, without its figures."""
    html = (project / RESULTS / "report.html").read_text(encoding="utf-8")
    html = re.sub("<svg.*?</svg>|<style.*?</style>", "", html, flags=re.DOTALL)
    return " ".join(re.sub("<[^>]+>", " ", html).split())


# Of six heats, the interval of 99.9 % is so many times as wide as that of 95 %: the quotient of Student's t. With the
# narrower, of five that are found one would miss the truth by chance in every fifth run of the tests.
WIDER = 6.87 / 2.57


def holds(found: Estimate, planted: float) -> bool:
    """Whether the truth lies in the interval of 99.9 %."""
    low, high = (found.median * (end / found.median) ** WIDER for end in (found.low, found.high))
    return low <= planted <= high
