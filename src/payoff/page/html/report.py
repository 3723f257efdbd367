"""Tables and chapters -> one HTML file, and a short version in Markdown. All numbers come from the tables."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from payoff.answer.answer import Answer
from payoff.beside.reading import chosen_beside, dataset_titles, read_table, recipes_beside
from payoff.cells import IMPLEMENTATION, LABELS
from payoff.comparisons.comparison import Comparison
from payoff.comparisons.ways import Way, label
from payoff.datasets.look import Look
from payoff.files.contracts import load_schema
from payoff.page.figures.hidden_size import over_hidden_size
from payoff.page.figures.looks import model_colors
from payoff.page.figures.svg import figure_html
from payoff.page.html.choices import PRICES, calculator, grids
from payoff.page.html.data import data_sets
from payoff.page.html.embedded import PAGE, downloads, fitting
from payoff.page.html.identity import identity, in_common, titled
from payoff.page.html.inventory import (
    completeness_grid,
    machine_lines,
    rated_machines,
    recipes_rows,
    systems_rows,
    tally,
)
from payoff.page.html.markdown import escape_markdown, table_markdown
from payoff.page.html.markup import folded, table_html
from payoff.page.words.answer import tell
from payoff.page.words.captions import energy, growth
from payoff.page.words.precision import precision
from payoff.page.words.sentences import unbroken
from payoff.tables.formats import count

FIGURES_OF_CELL = ["epoch_time_s", "n", "relative", "test_accuracy", "test_error", "wall_s"]
LEARNT = ["test_accuracy", "test_error"]  # of classes, and of numbers


@dataclass(frozen=True)
class Section:
    """A section of the page. body: the HTML of an executed notebook; a section without one has a template."""

    name: str
    title: str
    body: Markup | None = None

    @property
    def template(self) -> str:
        return f"{self.name.replace('-', '_')}.html.j2"


def chapter(name: str, body: Markup) -> Section:
    """An executed notebook as a section. Its heading is in its body."""
    return Section(name, name.replace("_", " ").capitalize(), body)


def context(
    tables: Sequence[str],
    answer: Answer,
    *,
    description: str,
    chapters: Sequence[Section],
    provenance: Mapping[str, str],
    systems: Iterable[tuple[str, Mapping[str, Any]]] = (),
    claims: Sequence[Mapping[str, Any]] | None = None,
    plans: Sequence[Mapping[str, Any]] = (),
    rates: Sequence[Mapping[str, Any]] = (),
    durations: pd.DataFrame | None = None,
    looks: Sequence[tuple[str, Look, str]] = (),
    figure_files: Path | None = None,
) -> dict[str, Any]:
    """What the report's templates show, of this study and of those that it is compared with.

    tables: the folders of tables, this study's first; answer: computed from them; systems: one (system of a replayed
    source, identity of a cell) per cell; claims: the verdicts, from payoff.claims.verdicts; plans: those of the
    blocks of a study that asks for a precision; rates: one per device, from payoff.machine.rates; durations: from
    durations_table; looks: one (title, look, unit of the target) per data set. What is not given has no section.
    figure_files: a folder where the main figure is also written.
    """
    cells, runs, samples, equal_work = (read_table(tables, name) for name in ("cells", "runs", "samples", "equal_work"))
    measured = cells[cells["n"] > 0]
    shown, columns = _cells(measured)
    failed = cells[(cells["n_failed"] > 0) | (cells["n_partial"] > 0)]
    pairs = _equal_work(equal_work) if len(equal_work) else None
    titles = dataset_titles(tables)
    return {
        "title": answer.title,
        "description": description,
        "answer": tell(answer),
        "times": grids(answer.run_times),
        "prices": grids(answer.run_prices, PRICES),
        "calculator": calculator(answer.costs),
        "colors": model_colors(),
        "machine": machine_lines(runs),
        "tally": tally(cells, runs),
        "effort": precision(cells, answer.comparisons, plans, titles) if plans else None,
        "main_figure": _main_figure(cells, runs, answer.comparisons, figure_files) if len(measured) else None,
        "in_common": in_common(measured),
        "table": table_html(shown, columns, "table-of-cells", choose=True) if len(shown) else None,
        "energy": _energy(measured),
        "table_markdown": table_markdown(shown, columns) if len(shown) else None,
        "sections": [
            Section("cells", "Every cell"),
            *chapters,
            *([Section("claims", "Claims")] if claims else []),
            Section("completeness", "Completeness"),
            *([Section("systems", "Systems")] if systems else []),
            *([Section("data", "The data")] if looks else []),
            Section("recipes", "Recipes"),
            *([Section("equal-work", "Equal work")] if pairs else []),
            Section("method", "Method and limits"),
            *([Section("machine", "The machine")] if rates else []),
            Section("provenance", "Provenance"),
            Section("downloads", "The tables"),
        ],
        "grid": completeness_grid(cells),
        "systems": systems_rows(
            [(system, {**cell, "dataset": titles[cell["dataset"]]}) for system, cell in systems], cells
        ),
        "data": data_sets(looks),
        "recipes": recipes_rows(recipes_beside(tables), chosen_beside(tables)),
        "failures": _failures(runs),
        "failures_markdown": table_markdown(titled(failed), [*identity(failed), "status", "reason"])
        if len(failed)
        else None,
        "provenance": provenance,
        "tables": {"cells": cells, "runs": runs, "samples": samples},
        "study": answer.study,
        "durations": table_html(durations, list(durations.columns), "durations") if durations is not None else None,
        "claims": claims,
        "claims_tally": claims_tally(claims) if claims else None,
        "equal_work": pairs,
        "machines": rated_machines(rates, runs),
    }


def render(templates: Path, values: Mapping[str, Any]) -> str:
    """The report as one self-contained HTML page.

    templates: the folder of report.html.j2 and of what it includes; values: of `context`.
    """
    environment = Environment(
        loader=FileSystemLoader(templates), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.filters["unbroken"] = unbroken
    page = partial(environment.get_template("report.html.j2").render, values)
    tables = {name: table.drop(columns=LABELS, errors="ignore") for name, table in values["tables"].items()}
    # The tables get the room that the rest of the page leaves. The list of tables takes little of it.
    found = downloads(tables, values["study"])
    rest = len(page(downloads=fitting(found, 0)).encode())
    return page(downloads=fitting(found, PAGE - rest))


def render_markdown(templates: Path, values: Mapping[str, Any]) -> str:
    """A short version in Markdown, to paste elsewhere; every value that report.md.j2 shows is escaped."""
    environment = Environment(
        loader=FileSystemLoader(templates),
        finalize=escape_markdown,
        undefined=StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
    )
    return re.sub(r"\n{3,}", "\n\n", environment.get_template("report.md.j2").render(values))


def claims_tally(claims: Sequence[Mapping[str, Any]]) -> str:
    """How many claims have each verdict."""
    verdicts = [claim["verdict"] for claim in claims]
    words = load_schema("verdicts")["items"]["properties"]["verdict"]["enum"]
    numbers = {verdict: verdicts.count(verdict) for verdict in words}
    *most, last = [f"{count(n)} {'is' if n == 1 else 'are'} {verdict}" for verdict, n in numbers.items() if n]
    texts = f"{', '.join(most)} and {last}" if most else last
    return f"Of {count(len(claims))} {'claim' if len(claims) == 1 else 'claims'}, {texts}."


def _equal_work(pairs: pd.DataFrame) -> dict[str, Any]:
    """How many pairs passed, and a table of all pairs, with those that failed first."""
    shown = pairs.assign(dataset=pairs["task"], one=_ways(pairs, "first"), other=_ways(pairs, "second"))
    columns = ["dataset", "one", "other", "hidden_size"]
    columns += ["outputs_difference", "gradients_difference", "weights_difference", "tolerance", "passed"]
    columns += ["reason"] if pairs["reason"].notna().any() else []
    return {
        "passed": count(pairs["passed"].sum()),
        "all": count(len(pairs)),
        "table": table_html(shown.sort_values("passed", kind="stable"), columns, "equal-work-table"),
    }


def _ways(pairs: pd.DataFrame, end: str) -> list[str]:
    """The names of the first or the second ways of all pairs."""
    parts = pairs[[*(f"{end}_{part}" for part in IMPLEMENTATION), "site"]]
    rows = parts.itertuples(index=False, name=None)
    return [label(Way(model, mode, device, site=site)) for model, mode, device, site in rows]


def _cells(measured: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """The table of cells and its columns, with one for contended runs where there are any."""
    learnt = [figure for figure in LEARNT if measured[f"{figure}_median"].notna().any()]
    figures = [figure for figure in FIGURES_OF_CELL if figure in learnt or figure not in LEARNT]
    contended = ["n_contended"] if measured["n_contended"].any() else []
    return titled(measured), [*identity(measured), *figures, *contended]


def _energy(measured: pd.DataFrame) -> Markup:
    """What an epoch costs in joules, with a table; or that no energy was measured."""
    told = Markup('<p class="aside">{}</p>').format(energy(measured))
    counted = measured[measured["epoch_energy_j_median"].notna()]
    if counted.empty:
        return told
    table = table_html(titled(counted), [*identity(measured), "epoch_energy_j", "n"], "energy")
    return told + folded("The energy of every cell", table)


def _main_figure(
    cells: pd.DataFrame, runs: pd.DataFrame, compared: Sequence[Comparison], folder: Path | None
) -> Markup:
    name, measured = "time-over-hidden-size", cells[cells["n"] > 0]
    return figure_html(
        over_hidden_size(cells, runs, "epoch_time_s", compared=compared),
        name,
        f"{growth(cells)}{' Lines are interpolated between the measured sizes.' if compared else ''}",
        "Time of an epoch over the hidden size, both logarithmic, with one line per model, mode and device; each run "
        "is a point, the 95 % interval of the median is shaded, pale lines are interpolated, break-evens are dotted.",
        table_html(titled(measured), [*identity(measured), "epoch_time_s", "n"], f"{name}-table"),
        folder,
    )


def _failures(runs: pd.DataFrame) -> Markup | None:
    failed = runs[runs["failure"].notna()]
    if failed.empty:
        return None
    return table_html(titled(failed), [*identity(failed), "repetition", "failure", "failure_detail"], "failures")
