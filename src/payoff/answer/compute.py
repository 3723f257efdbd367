"""Tables -> the answer. Ways are compared only here: all that shows a difference reads the answer."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from payoff.answer.answer import Accelerator, Answer, Circumstances, GpuBeside
from payoff.answer.run_times import changes_table, costs_table, epoch_times_table, run_prices_table, run_times_table
from payoff.answer.step_costs import seen_by, step_costs_table
from payoff.beside.about import read_about
from payoff.beside.reading import dataset_titles, left_out_beside, other_machines, own_sites, read_table, recipes_beside
from payoff.cells import CELL, FOR_READERS, HERE, LABELS, TASK
from payoff.comparisons.comparison import Comparison, Verdict
from payoff.comparisons.compute import comparisons, withheld
from payoff.comparisons.control import control
from payoff.comparisons.heats import Heats
from payoff.comparisons.run_times import curves_of
from payoff.comparisons.ways import is_of_two_machines
from payoff.recipes import Recipe
from payoff.statistics.estimates import ENDS
from payoff.tables.runs import is_contended, sample_of
from payoff.tables.turns import undisturbed

WALL = [f"wall_s_{end}" for end in ENDS]


def compare_ways(
    tables: Sequence[str],
    rates: Sequence[Mapping[str, Any]] = (),
    datasets: Mapping[str, Path] | None = None,
    prices: Mapping[str, Any] | None = None,
) -> Answer:
    """The answer of the study whose tables are in the first of these folders, compared with those in the others.

    rates: how fast the machine of each device is; datasets: name -> the file of a prepared data set. Without them
    nothing is said about what bounds a step. prices: of an hour, see the configuration. Raises ContractError if a
    folder has no tables that can be read.
    """
    about = read_about(Path(tables[0]))
    return answer_of(
        *(read_table(tables, name) for name in ("cells", "runs", "equal_work", "control", "turns")),
        sites=own_sites(tables),
        other_machines=other_machines(tables),
        left_out=left_out_beside(tables),
        study=about["study"],
        title=about["title"],
        recipes={name: Recipe.from_document(stated) for name, stated in recipes_beside(tables).items()},
        datasets={dataset_titles(tables)[name]: path for name, path in (datasets or {}).items()},
        rates=rates,
        prices=prices,
    )


def answer_of(
    cells: pd.DataFrame,
    runs: pd.DataFrame,
    equal_work: pd.DataFrame,
    again: pd.DataFrame,
    turns: pd.DataFrame | None = None,
    *,
    sites: Collection[str] = (HERE,),
    other_machines: Collection[str] = (),
    left_out: Mapping[str, Sequence[str]] | None = None,
    study: str = "",
    title: str = "",
    recipes: Mapping[str, Recipe] | None = None,
    datasets: Mapping[str, Path] | None = None,
    rates: Sequence[Mapping[str, Any]] = (),
    prices: Mapping[str, Any] | None = None,
) -> Answer:
    """The answer from labelled tables.

    again: the runs of the controls; turns: those of all runs, the controls' included; sites: for each study, the site
    of its own machines; other_machines: the sites of this study that are of other machines; recipes, datasets: by their
    names in `cells`; rates, datasets, prices: see `compare_ways`.
    """
    heats = None if turns is None else Heats(turns)
    compared = comparisons(cells, runs, equal_work, heats)
    here = runs[runs["site"] == HERE]
    contended = is_contended(here)
    taken = runs.iloc[:0] if turns is None else turns[turns["site"] == HERE]
    quiet = taken if turns is None else undisturbed(taken)
    if contended.any() or len(quiet) < len(taken):
        of_here = (cells[cells["site"] == HERE], here, equal_work)
        compared = _with_quiet(compared, *of_here, None if turns is None else Heats(quiet))
    controls = {site: control(runs, again, site, heats) for site in sites}
    costs = costs_table(cells, runs)
    networks = curves_of(costs)
    epochs = {name: recipe.epochs for name, recipe in (recipes or {}).items()}
    of_devices = {device: price for device, price in (prices or {}).items() if device != "currency"}
    apart = runs.loc[runs["site"].isin(other_machines), "site"]
    return Answer(
        study=study,
        title=title,
        comparisons=compared,
        withheld=withheld(cells, equal_work),
        whole_runs=whole_runs(cells),
        costs=costs,
        run_times=run_times_table(networks, epochs),
        epoch_times=epoch_times_table(networks, compared),
        changes=changes_table(networks),
        prices=dict(prices or {}),
        run_prices=run_prices_table(networks, epochs, of_devices),
        price_changes=changes_table(networks if of_devices else {}, of_devices),
        step_costs=step_costs_table(cells, recipes or {}, seen_by(recipes or {}, datasets or {}), rates),
        controls={site: found for site, found in controls.items() if found},
        circumstances=Circumstances(
            runs=len(here),
            contended=int(contended.sum()),
            turns=len(taken),
            disturbed_turns=len(taken) - len(quiet),
            cells_with_a_time=int((cells["n"] > 0).sum()),
            accelerators=_accelerators(cells),
            gpus_beside=_gpus_beside(runs, compared),
            machines=_machines(here),
            other_machines={str(site): int(n) for site, n in apart.value_counts().sort_index().items()},
            left_out=dict(left_out or {}),
        ),
    )


def whole_runs(cells: pd.DataFrame) -> pd.DataFrame:
    """One row per cell with a finished run: its wall clock from the start of a fresh process to its end, with the
    interval of the median, and `relative` to the quickest of the same network at the same site."""
    finished = cells[cells["n_finished"] > 0]
    table = finished[["site", *LABELS, *FOR_READERS, "architecture", *WALL, "n_finished"]].reset_index(drop=True)
    of_network = table.groupby(["site", *TASK, "architecture", "hidden_size"])
    table["relative"] = table["wall_s_median"] / of_network["wall_s_median"].transform("min")
    return table


def _with_quiet(
    compared: Sequence[Comparison],
    cells: pd.DataFrame,
    runs: pd.DataFrame,
    equal_work: pd.DataFrame,
    quiet_heats: Heats | None,
) -> list[Comparison]:
    """The comparisons; those within this study also have their ratios and verdicts without what was disturbed: turns of
    ways that took turns, whole runs of the others."""
    quiet_runs = runs[~is_contended(runs)]
    timed = quiet_runs.loc[sample_of(quiet_runs, "epoch_time_s").index, CELL].drop_duplicates()
    # a kind of comparison that the study does not have is not computed
    in_turns = {own.in_turns for own in compared if own.first.site == own.second.site == HERE}
    by_runs = []
    if False in in_turns:
        by_runs = comparisons(cells.merge(timed, on=CELL), quiet_runs, equal_work, only_ratios=True)
    by_turns = []
    if True in in_turns:
        by_turns = comparisons(cells, runs, equal_work, quiet_heats, only_ratios=True)
    without = {(found.pair, found.in_turns): found for found in [*by_runs, *(own for own in by_turns if own.in_turns)]}

    def quiet(comparison: Comparison) -> Comparison:
        if not comparison.first.site == comparison.second.site == HERE:
            return comparison
        part = without.get((comparison.pair, comparison.in_turns))
        ratios = {size: part.ratios[size] for size in comparison.ratios if part and size in part.ratios}
        found = {size: part.verdict(size) for size in ratios} if part else {}
        verdicts = {size: found.get(size, Verdict.TOO_FEW) for size in comparison.ratios}
        return replace(comparison, ratios_when_quiet=ratios, verdicts_when_quiet=verdicts)

    return list(map(quiet, compared))


def _accelerators(cells: pd.DataFrame) -> list[Accelerator]:
    asked = cells[(cells["site"] == HERE) & (cells["device"] != "cpu") & (cells["status"] != "not applicable")]
    return [
        Accelerator(
            device=str(device),
            asked=len(of_device),
            without_time=int((of_device["n"] == 0).sum()),
            reasons=sorted(set(of_device.loc[of_device["n"] == 0, "reason"].fillna("not run"))),
        )
        for device, of_device in asked.groupby("device")
    ]


def _gpus_beside(runs: pd.DataFrame, compared: Sequence[Comparison]) -> list[GpuBeside]:
    """The GPUs of other machines that this machine's CPU is compared with."""
    sites = dict.fromkeys(pair.second.site for pair in compared if is_of_two_machines(pair.first, pair.second))
    return [_gpu_of(runs[(runs["site"] == site) & (runs["device"] != "cpu")], site) for site in sites]


def _gpu_of(runs: pd.DataFrame, site: str) -> GpuBeside:
    names = dict.fromkeys(name for gpus in runs["machine_gpus"].dropna().unique() for name in gpus.split(", ") if name)
    days = sorted({moment[:10] for moment in runs["started_at"]})
    return GpuBeside(site, list(names), list(dict.fromkeys([days[0], days[-1]])))


def _machines(here: pd.DataFrame) -> dict[str, str]:
    first = here.sort_values("device").drop_duplicates("device")
    if first["machine_key"].nunique() < 2:
        return {}
    facts = first[["device", "machine_gpus", "machine_cpu"]]
    return {device: gpus or cpu for device, gpus, cpu in facts.itertuples(index=False)}
