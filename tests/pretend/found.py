"""What the study with planted truth has found, as a test reads it."""

import re
from pathlib import Path

import pandas as pd

from payoff.beside.reading import read_table

RESULTS = "tests/pretend/results/pretend"


def table(project: Path, name: str) -> pd.DataFrame:
    """As the report reads it."""
    return read_table([str(project / RESULTS / "tables")], name)


def page(project: Path) -> str:
    """The words of the report, without its figures."""
    html = (project / RESULTS / "report.html").read_text(encoding="utf-8")
    html = re.sub("<svg.*?</svg>|<style.*?</style>", "", html, flags=re.DOTALL)
    return " ".join(re.sub("<[^>]+>", " ", html).split())
