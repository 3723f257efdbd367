"""Tables and chapters -> one HTML file. It knows no numbers: each one comes from a table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from payoff import figures
from payoff.answer import answer, growth
from payoff.columns import count, significant
from payoff.comparisons import place
from payoff.markup import figure_html, table_html
from payoff.models.registry import MODELS

CELL_COLUMNS = [
    "dataset",
    "model",
    "device",
    "hidden_size",
    "epoch_time_s",
    "n",
    "relative",
    "test_accuracy",
    "wall_s",
    "peak_memory_bytes",
]


@dataclass(frozen=True)
class Chapter:
    """A notebook, executed, as the body of an HTML page."""

    name: str
    body: Markup

    @property
    def title(self) -> str:
        return self.name.replace("_", " ").capitalize()


def render(
    templates: Path,
    *,
    title: str,
    description: str,
    cells: pd.DataFrame,
    runs: pd.DataFrame,
    chapters: Sequence[Chapter],
    provenance: Mapping[str, str],
) -> str:
    """The report as one self-contained HTML page; `templates` holds report.html.j2 and what it includes."""
    environment = Environment(
        loader=FileSystemLoader(templates), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    sentences = answer(cells)
    measured = cells[cells["n"] > 0]
    return environment.get_template("report.html.j2").render(
        title=title,
        description=description,
        answer=sentences,
        colors=figures.model_colors(),
        machine=machine_lines(runs),
        tally=tally(cells, runs),
        main_figure=_main_figure(cells, runs) if len(measured) else None,
        table=table_html(_titled(measured), CELL_COLUMNS) if len(measured) else None,
        chapters=chapters,
        grid=completeness_grid(cells),
        failures=_failures(runs),
        provenance=provenance,
    )


def machine_lines(runs: pd.DataFrame) -> list[str]:
    """One line for each machine that the runs were measured on."""
    facts = ["machine_cpu", "machine_logical_cores", "machine_memory_bytes", "machine_gpus", "machine_os"]
    return [
        f"{cpu}, {count(cores)} cores, {memory / 2**30:.0f} GiB, {gpus or 'no GPU'}, {os}"
        for cpu, cores, memory, gpus, os in runs[facts].fillna("").drop_duplicates().itertuples(index=False)
    ]


def tally(cells: pd.DataFrame, runs: pd.DataFrame) -> str:
    """How much was done, and how much of it failed."""
    failed = int(runs["failure"].notna().sum())
    return (
        f"{count(len(runs))} runs of {count((cells['status'] != 'not applicable').sum())} cells, "
        f"{'none' if failed == 0 else count(failed)} of them failed; "
        f"{significant(runs['wall_s'].sum() / 60, 2)} minutes of measured time."
    )


def completeness_grid(cells: pd.DataFrame) -> dict:
    """A row a (data set, recipe, model, device), a mark a hidden size: what was measured, and if not, why."""
    sizes = sorted(cells["hidden_size"].unique())
    rows = []
    for (dataset, recipe, model, device), group in cells.groupby(["dataset", "recipe", "model", "device"], sort=False):
        by_size = group.set_index("hidden_size")
        marks = [_mark(by_size.loc[size]) if size in by_size.index else _mark(None) for size in sizes]
        rows.append(
            {"dataset": place(dataset, recipe, cells), "model": MODELS[model].title, "device": device, "marks": marks}
        )
    return {"sizes": [count(size) for size in sizes], "rows": rows}


def _mark(cell: pd.Series | None) -> dict:
    if cell is None:
        return {"text": "not asked", "kind": "absent"}
    if cell["status"] == "not applicable":
        return {"text": cell["reason"], "kind": "absent"}
    done = f"{cell['n']} of {cell['n'] + cell['n_failed']}"
    if cell["status"] == "measured":
        return {"text": done, "kind": "measured"}
    return {"text": f"{done}: {cell['reason']}".replace("_", " "), "kind": "failed"}


def _main_figure(cells: pd.DataFrame, runs: pd.DataFrame) -> Markup:
    return figure_html(
        figures.over_hidden_size(cells, runs, "epoch_time_s"),
        "time-over-hidden-size",
        growth(cells),
        "Time of an epoch over the hidden size, both logarithmic, a line a model and device; "
        "each run a point, the 95 % interval of the median shaded.",
        table_html(_titled(cells[cells["n"] > 0]), ["dataset", "model", "device", "hidden_size", "epoch_time_s", "n"]),
    )


def _titled(cells: pd.DataFrame) -> pd.DataFrame:
    """With names for readers: the model's title, the recipe only where it tells rows apart."""
    places = [place(dataset, recipe, cells) for dataset, recipe in zip(cells["dataset"], cells["recipe"], strict=True)]
    return cells.assign(model=cells["model"].map(lambda name: MODELS[name].title), dataset=places)


def _failures(runs: pd.DataFrame) -> Markup | None:
    failed = runs[runs["failure"].notna()]
    if failed.empty:
        return None
    columns = ["dataset", "model", "device", "hidden_size", "repetition", "failure", "failure_detail"]
    return table_html(_titled(failed), columns)
