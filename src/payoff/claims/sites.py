"""A site: what was measured on one machine, as tables; from this study, or from published records."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from payoff.beside.published import fits, read_published
from payoff.cells import CELL, HERE, Cell
from payoff.claims.probe import read_probe
from payoff.failures import REASONS
from payoff.models.registry import MODELS
from payoff.recipes import Recipe
from payoff.statistics.estimates import Estimate, estimate_of
from payoff.tables.cells import cells_table
from payoff.tables.runs import TIMES_OF_PARTIAL, runs_table, sample_of
from payoff.tables.samples import samples_table


class NotMeasured(Exception):
    """Something that a claim needs was not measured at a site; the message tells readers why."""


@dataclass(frozen=True)
class Site:
    """The tables of one machine, and what its framework answered.

    name: HERE for this study, else that of the published file; threads: the CPU threads of each cell for which a claim
    gives no number; probe: a document from payoff.claims.probe, or None.
    """

    name: str
    cells: pd.DataFrame
    runs: pd.DataFrame
    samples: pd.DataFrame
    threads: int
    probe: Mapping[str, Any] | None = None

    def cell(self, wanted: Mapping[str, Any]) -> pd.Series:
        """The row of the table of cells that has this identity. Raises NotMeasured if nothing was measured there."""
        usual = {"mode": MODELS[wanted["model"]].default_mode, "threads": self.threads}
        found = _matching(self.cells, usual | dict(wanted))
        where = f"{wanted['model']} ({wanted['recipe']}) on {wanted['device']}, H = {wanted['hidden_size']:,}"
        if found.empty and wanted["device"] != "cpu" and wanted["device"] not in set(self.cells["device"]):
            raise NotMeasured(f"no GPU: nothing was measured on {wanted['device']}")
        if found.empty:
            threads = f", {wanted['threads']} threads" if "threads" in wanted else ""
            raise NotMeasured(f"not part of the study: {where}{threads}")
        cell = found.iloc[0]
        if cell["n"] == 0:
            raise NotMeasured(f"{_why(cell)} ({where})")
        return cell

    def estimate(self, cell: pd.Series, quantity: str) -> Estimate:
        """The median of a summarised quantity of a row of the table of cells, with its interval."""
        accuracy = quantity.endswith("accuracy")
        if accuracy:
            self.finished(cell)  # raises if there is none
        if f"{quantity}_median" not in cell or pd.isna(cell[f"{quantity}_median"]):
            raise NotMeasured(f"{quantity} was not measured ({cell['model']}, {cell['recipe']})")
        return estimate_of(cell, quantity, "n" if quantity in TIMES_OF_PARTIAL else "n_finished")

    def sample(self, cell: pd.Series, quantity: str) -> pd.Series:
        """One value per run that counts. Raises NotMeasured if there is none."""
        self.estimate(cell, quantity)  # raises if there is none
        return sample_of(self.runs_of(cell), quantity)

    def finished(self, cell: pd.Series) -> pd.DataFrame:
        """The finished runs of a cell, the only ones that have an accuracy. Raises NotMeasured if there is none."""
        runs = self.runs_of(cell)
        runs = runs[runs["failure"].isna()]
        if runs.empty:
            raise NotMeasured(
                f"over budget: no run of {cell['model']} ({cell['recipe']}) on {cell['device']} was finished in time, "
                "so it has no accuracy"
            )
        return runs

    def runs_of(self, cell: pd.Series) -> pd.DataFrame:
        return _matching(self.runs, cell[CELL])

    def epochs_of(self, cell: pd.Series) -> pd.DataFrame:
        """One row per epoch of the finished runs of a cell."""
        epochs = _matching(self.samples, cell[CELL])
        return epochs[epochs["repetition"].isin(self.finished(cell)["repetition"])]

    def answer(self, kind: str, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        """The framework's answer to this question. Raises NotMeasured if it was not asked."""
        for answer in self.probe["answers"] if self.probe else ():
            if (answer["kind"], answer["asked"]) == (kind, dict(asked)):
                return answer
        raise NotMeasured("the framework was not asked")


def own_site(
    cells: pd.DataFrame, runs: pd.DataFrame, samples: pd.DataFrame, threads: int, probe: Mapping[str, Any] | None
) -> Site:
    """What this study measured on its own machines."""
    cells, runs, samples = (table[table["site"] == HERE] for table in (cells, runs, samples))
    return Site(HERE, cells, runs, samples, threads, probe)


def published_sites(files: Iterable[Path], study: str, recipes: Mapping[str, Recipe]) -> list[Site]:
    """The sites of published records of this study and of published probes: one per file and machine.

    files: *.jsonl with one record per line, and *.probe.json; recipes: the study's, by name. Records of a recipe that
    has changed since are left out. Raises ContractError that names the file and the line.
    """
    sites = []
    for path in sorted(files):
        if path.name.endswith(".probe.json"):
            sites.append(site_of(path.name.removesuffix(".probe.json"), [], read_probe(path)))
        else:
            for of_machine in read_published(path, study).values():
                if records := [record for record in of_machine if fits(record, recipes)]:
                    sites.append(site_of(path.stem, records))
    return sites


def site_of(name: str, records: list[dict], probe: Mapping[str, Any] | None = None) -> Site:
    if not records:
        nothing = pd.DataFrame(columns=CELL)
        return Site(name, nothing, nothing, nothing, 1, probe)
    runs = runs_table(records)
    cells = cells_table(runs, dict.fromkeys(Cell(**record["cell"]) for record in records))
    # A record does not say its study's default number of threads, but most cells have that number.
    threads = int(cells["threads"].mode().max())
    return Site(name, cells, runs, samples_table(records), threads, probe)


def _matching(frame: pd.DataFrame, wanted: Mapping[str, Any]) -> pd.DataFrame:
    fits = pd.Series(True, index=frame.index)
    for column, value in wanted.items():
        fits &= frame[column] == value
    return frame[fits]


def _why(cell: pd.Series) -> str:
    """Why nothing was measured in a cell, for readers."""
    if cell["status"] == "not applicable":
        return cell["reason"]
    if pd.isna(cell["reason"]):
        return cell["status"]
    kinds = {"device_missing": "no GPU", "over_budget": "over budget"}
    reasons = cell["reason"].split("; ")
    return "; ".join(f"{kinds.get(reason, 'failed')}: {REASONS.get(reason, reason)}" for reason in reasons)
