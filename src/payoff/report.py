"""Tables and chapters -> one HTML file. It knows no numbers: each one comes from a table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from payoff import figures
from payoff.answer import answer, growth, itself
from payoff.columns import count, significant
from payoff.contracts import load_schema
from payoff.control import control as measured_against_itself
from payoff.inventory import completeness_grid, machine_facts, rates_rows, recipes_rows, systems_rows
from payoff.markup import figure_html, table_html
from payoff.plotting import model_colors
from payoff.ways import Way, label, name, place, way_of

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
WAY = ["model", "mode", "device"]


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
    recipes: Mapping[str, Mapping[str, Any]],
    systems: Sequence[tuple[str, Mapping[str, Any]]] = (),
    claims: Sequence[Mapping[str, Any]] | None = None,
    equal_work: pd.DataFrame | None = None,
    control: pd.DataFrame | None = None,
    effort: str | None = None,
    rates: Mapping[str, Any] | None = None,
) -> str:
    """The report as one self-contained HTML page; `templates` holds report.html.j2 and what it includes.

    recipes: name -> what it states; systems: what of a replayed source each cell (its identity) is;
    claims: the verdicts, as payoff.claims.verdicts made them; equal_work: the table of payoff.equal_work.check;
    control: the runs of a cell that was measured again; effort: what a study has reached that asks for a precision;
    rates: what the machine can do, from payoff.machine_rates. Without one of them there is no such section.
    """
    environment = Environment(
        loader=FileSystemLoader(templates), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    against_itself = measured_against_itself(runs, control)
    measured = cells[cells["n"] > 0]
    return environment.get_template("report.html.j2").render(
        title=title,
        description=description,
        answer=answer(cells, runs, equal_work),
        control=itself(against_itself) if against_itself else None,
        colors=model_colors(),
        machine=machine_lines(runs),
        tally=tally(cells, runs),
        effort=effort,
        main_figure=_main_figure(cells, runs) if len(measured) else None,
        table=table_html(_titled(measured), CELL_COLUMNS) if len(measured) else None,
        chapters=chapters,
        grid=completeness_grid(cells),
        systems=systems_rows(systems, cells),
        recipes=recipes_rows(recipes),
        failures=_failures(runs),
        provenance=provenance,
        claims=claims,
        claims_tally=claims_tally(claims) if claims else None,
        equal_work=_equal_work(equal_work) if equal_work is not None and len(equal_work) else None,
        machine_facts=machine_facts(rates["machine"]) if rates else None,
        rates=rates_rows(rates) if rates else None,
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
    stopped = int(runs["extrapolated"].sum())
    failed = int(runs["failure"].notna().sum()) - stopped
    contended = int((runs["label"] == "contended").sum())
    of_them = [f"{'none' if n == 0 else count(n)} {what}" for n, what in ((contended, "contended"), (failed, "failed"))]
    if stopped:
        of_them.append(f"{count(stopped)} were stopped for their time budget, so that only their rate counts")
    return (
        f"{count(len(runs))} runs of {count((cells['status'] != 'not applicable').sum())} cells, of them "
        f"{', '.join(of_them)}; "
        f"{significant(runs['wall_s'].sum() / 60, 2)} minutes of measured time."
    )


def claims_tally(claims: Sequence[Mapping[str, Any]]) -> str:
    """How many claims have which verdict."""
    verdicts = [claim["verdict"] for claim in claims]
    words = load_schema("verdicts")["items"]["properties"]["verdict"]["enum"]
    numbers = {verdict: verdicts.count(verdict) for verdict in words}
    *most, last = [f"{count(n)} {'is' if n == 1 else 'are'} {verdict}" for verdict, n in numbers.items() if n]
    texts = f"{', '.join(most)} and {last}" if most else last
    return f"Of {count(len(claims))} {'claim' if len(claims) == 1 else 'claims'}, {texts}."


def _equal_work(pairs: pd.DataFrame) -> dict[str, Any]:
    """How many pairs passed, and all of them as a table; those that did not come first."""
    places = [place(dataset, recipe, pairs) for dataset, recipe in zip(pairs["dataset"], pairs["recipe"], strict=True)]
    ends = {
        end: [label(Way(*way)) for way in pairs[[f"{end}_{part}" for part in WAY]].itertuples(index=False, name=None)]
        for end in ("first", "second")
    }
    shown = pairs.assign(dataset=places, one=ends["first"], other=ends["second"]).sort_values("passed", kind="stable")
    shown["passed"] = shown["passed"].map({True: "yes", False: "no"})
    differences = ["outputs_difference", "gradients_difference", "weights_difference"]
    return {
        "passed": count(pairs["passed"].sum()),
        "all": count(len(pairs)),
        "table": table_html(
            shown, ["dataset", "one", "other", "hidden_size", *differences, "tolerance", "passed", "reason"]
        ),
    }


def _main_figure(cells: pd.DataFrame, runs: pd.DataFrame) -> Markup:
    return figure_html(
        figures.over_hidden_size(cells, runs, "epoch_time_s"),
        "time-over-hidden-size",
        growth(cells),
        "Time of an epoch over the hidden size, both logarithmic, a line a model, mode and device; "
        "each run a point, the 95 % interval of the median shaded.",
        table_html(_titled(cells[cells["n"] > 0]), ["dataset", "model", "device", "hidden_size", "epoch_time_s", "n"]),
    )


def _titled(cells: pd.DataFrame) -> pd.DataFrame:
    """With names for readers: the model's title with its mode, the recipe only where it tells rows apart."""
    places = [place(dataset, recipe, cells) for dataset, recipe in zip(cells["dataset"], cells["recipe"], strict=True)]
    ways = cells[["model", "mode", "device", "threads"]].itertuples(index=False, name=None)
    return cells.assign(model=[name(way_of(way, cells)) for way in ways], dataset=places)


def _failures(runs: pd.DataFrame) -> Markup | None:
    failed = runs[runs["failure"].notna()]
    if failed.empty:
        return None
    columns = ["dataset", "model", "device", "hidden_size", "repetition", "failure", "failure_detail"]
    return table_html(_titled(failed), columns)
