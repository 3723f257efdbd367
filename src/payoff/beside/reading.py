"""The tables of this study and of those that its configuration compares it with, read as one.

A site is what was measured on the own machines of a study, or on one other machine. This study's is HERE.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from payoff.beside.about import FILE as ABOUT
from payoff.beside.about import About, read_about
from payoff.beside.naming import Names, described, names_beside
from payoff.cells import HERE, RUN
from payoff.comparisons.ways import fastest_threads, labelled
from payoff.files.contracts import ContractError
from payoff.files.versions import Version, version_of
from payoff.tables.turns import turns_table


def read_table(tables: Sequence[str], name: str) -> pd.DataFrame:
    """The table `name` of every folder in `tables` (this study's first) as one, with the labels of
    payoff.comparisons.ways.

    `site` tells studies and machines apart: HERE is the first study on its own machines; each other site has a short,
    unique name. Two machines share a site only if one measured the CPU and the other the GPU. `dataset` is the title of
    the data set. A recipe with other settings than an earlier one of the same name gets a different name, and one with
    the settings of an earlier one of another name gets that name. Raises ContractError if a folder has no tables,
    tables of another version, or those of another folder.

    What was read is kept until a file changes: the chapters of a report, one after the other, read the same tables.
    """
    files = [Path(folder) / file for folder in tables for file in (ABOUT, "cells.parquet", f"{name}.parquet")]
    return _read(tuple(tables), name, version_of(files)).copy()


@lru_cache(maxsize=16)
def _read(tables: Sequence[str], name: str, _: Version) -> pd.DataFrame:
    studies = _studies(tables)
    frames = [_table_of(study, name) for study in studies]
    if name == "runs" and len(studies) > 1:
        _refuse_shared_runs(tables, frames)
    # without empty frames, which would change the types of the columns
    frame = pd.concat([frame for frame in frames if len(frame)] or frames[:1], ignore_index=True)
    recipes = {recipe for study in studies for recipe in study.names.recipes.values()}
    cells = pd.concat([_table_of(study, "cells") for study in studies])
    return labelled(frame, fastest_threads(cells), several_recipes=len(recipes) > 1)


def dataset_titles(tables: Sequence[str]) -> dict[str, str]:
    """Name of a data set of the first study -> its name in `read_table`."""
    return dict(_studies(tables)[0].names.datasets)


def targets_beside(tables: Sequence[str]) -> dict[str, Mapping[str, Any]]:
    """Name of a data set in `read_table` -> its `error_of_mean` and perhaps its `unit`, where numbers are predicted."""
    return {
        study.names.datasets[name]: facts
        for study in reversed(_studies(tables))
        for name, facts in study.about["datasets"].items()
        if "error_of_mean" in facts
    }


def recipes_beside(tables: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Name of a recipe in `read_table` -> its settings, for all studies."""
    return {
        study.names.recipes[name]: stated
        for study in _studies(tables)
        for name, stated in study.about["recipes"].items()
    }


def chosen_beside(tables: Sequence[str]) -> dict[str, list[str]]:
    """Name of a recipe in `read_table` -> those of its fields that a replayed source leaves out."""
    return {
        study.names.recipes[name]: study.about["chosen"].get(name, [])
        for study in _studies(tables)
        for name in study.about["recipes"]
    }


def sites_beside(tables: Sequence[str]) -> dict[str, str]:
    """Name of a site other than HERE -> the title of its study, its machines, and when it was measured; and the key of
    the machine, if that is not the study's own."""
    return {
        site: f"{described(study.about)} in {study.folder}"
        + (f", its runs on another machine ({stored})" if stored != HERE else "")
        for study in _studies(tables)
        for stored, site in study.names.sites.items()
        if site != HERE
    }


def own_sites(tables: Sequence[str]) -> list[str]:
    """For each study the site of its own machines."""
    return [study.names.sites[HERE] for study in _studies(tables)]


def other_machines(tables: Sequence[str]) -> list[str]:
    """The sites of the first study that belong to other machines than its own."""
    return [site for stored, site in _studies(tables)[0].names.sites.items() if stored != HERE]


def left_out_beside(tables: Sequence[str]) -> dict[str, list[str]]:
    """Name of another study -> the recipes whose records its tables leave out, if there are any."""
    studies = [study for study in _studies(tables) if study.about.get("left_out")]
    return {study.names.sites[HERE]: study.about["left_out"] for study in studies}


# Tables that an earlier version did not write: its runs took no turns.
LATER = {"turns": turns_table([])}

# Columns that have new names: table -> former name -> name. A row of samples is one epoch; its duration was once called
# like the epoch time of a run.
FORMER_NAMES = {"samples": {"epoch_time_s": "duration_s", "device_time_s": "device_duration_s"}}


class _Study(NamedTuple):
    folder: str
    about: About
    names: Names


def _studies(tables: Sequence[str]) -> list[_Study]:
    abouts = [read_about(Path(folder)) for folder in tables]
    return [_Study(*study) for study in zip(tables, abouts, names_beside(tables, abouts), strict=True)]


def _table_of(study: _Study, name: str) -> pd.DataFrame:
    """A table of one study, with the names that it has beside the others."""
    table = _at_sites(_as_named_now(name, Path(study.folder)), study.names.sites)
    return table.assign(
        dataset=table["dataset"].map(study.names.datasets), recipe=table["recipe"].map(study.names.recipes)
    )


def _as_named_now(name: str, folder: Path) -> pd.DataFrame:
    """A table of a folder, with the current names of its columns if an earlier version wrote it."""
    path = folder / f"{name}.parquet"
    table = LATER[name] if name in LATER and not path.exists() else pd.read_parquet(path)
    return table.rename(columns=FORMER_NAMES.get(name, {}))


def _refuse_shared_runs(tables: Sequence[str], frames: Sequence[pd.DataFrame]) -> None:
    """Raise ContractError if a run is in the tables of two studies: it would be compared with itself."""
    seen: dict[tuple, str] = {}
    for folder, frame in zip(tables, frames, strict=True):
        identity = ["machine_key", *RUN, "started_at", "wall_s"]
        for run in frame[identity].itertuples(index=False, name=None):
            if seen.setdefault(run, folder) != folder:
                found = " ".join(map(str, run[1:-2]))
                raise ContractError(
                    f"{folder}/runs.parquet: found the run {found} of {run[-2]}, which {seen[run]} has as well; "
                    "allowed: runs that no other study has"
                )


def _at_sites(frame: pd.DataFrame, called: Mapping[str, str]) -> pd.DataFrame:
    """The rows of a study's table with the names of its sites. A table without sites, such as that of the checks for
    equal work, holds at each of them."""
    if "site" in frame:
        return frame.assign(site=frame["site"].map(called))
    return pd.concat([frame.assign(site=site) for site in called.values()], ignore_index=True)
