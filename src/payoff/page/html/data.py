"""What the data sets of a study look like, for the page."""

from collections.abc import Iterable, Sequence
from typing import Any

from payoff.datasets.look import Look
from payoff.page.html.markup import ROWS
from payoff.page.words.look import CLASS_HEAD, COLUMN_HEAD, class_rows, column_rows, doubts, facts
from payoff.tables.formats import count


def data_sets(looks: Iterable[tuple[str, Look, str]]) -> list[dict[str, Any]]:
    """One entry per (title, look, unit of the target): its sentences and its tables."""
    return [
        {
            "title": title,
            "facts": facts(look, unit),
            "doubts": doubts(look),
            "tables": [
                _table(title, name, head, rows)
                for name, head, rows in (
                    ("Classes", CLASS_HEAD, class_rows(look)),
                    ("Columns", COLUMN_HEAD, column_rows(look)),
                )
                if rows
            ],
        }
        for title, look, unit in looks
    ]


def _table(title: str, name: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> dict[str, Any]:
    rest = count(len(rows) - ROWS) if len(rows) > ROWS else None
    return {"name": name, "label": f"{name} of {title}", "head": head, "rows": rows[:ROWS], "rest": rest}
