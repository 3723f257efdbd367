"""Studies beside each other: the tables of this one and of those that its configuration names, as one."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from payoff.about import read_about, refuse_same_runs
from payoff.tables import HERE

About = Mapping[str, Any]

# What of a processor's name is on every one of them.
NOISE = re.compile(r"\((R|TM)\)|\bCPU\b|\bProcessor\b|\b\d+-Core\b|@.*", flags=re.IGNORECASE)


def read_table(tables: Sequence[str], name: str) -> pd.DataFrame:
    """The table `name` of every folder in `tables` (this study's first) as one, a row a row.

    `site` tells the studies apart: HERE is the first, another has a short name that no other has. `dataset` is the
    data set's title, and a recipe that states something else than one of the same name before it has a name of its
    own. Raises ContractError if a folder has no tables, tables of another version, or those of another folder.
    """
    abouts = [read_about(Path(folder)) for folder in tables]
    sites, datasets, recipes = _names(tables, abouts)
    frames = [
        pd.read_parquet(Path(folder) / f"{name}.parquet").assign(
            site=site,
            dataset=lambda frame, called=called: frame["dataset"].map(called),
            recipe=lambda frame, own=own: frame["recipe"].map(own),
        )
        for folder, site, called, own in zip(tables, sites, datasets, recipes, strict=True)
    ]
    # an empty frame would decide the types of the others
    return pd.concat([frame for frame in frames if len(frame)] or frames[:1], ignore_index=True)


def dataset_titles(tables: Sequence[str]) -> dict[str, str]:
    """The name of each data set of the first study -> what `read_table` calls it."""
    return _names(tables, [read_about(Path(folder)) for folder in tables])[1][0]


def recipes_beside(tables: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Every recipe as `read_table` calls it -> what it states."""
    abouts = [read_about(Path(folder)) for folder in tables]
    names = _names(tables, abouts)[2]
    return {
        called[name]: stated
        for about, called in zip(abouts, names, strict=True)
        for name, stated in about["recipes"].items()
    }


def sites_beside(tables: Sequence[str]) -> dict[str, str]:
    """The name of each study beside the first -> its title and when it was measured."""
    abouts = [read_about(Path(folder)) for folder in tables]
    sites = _names(tables, abouts)[0]
    return {
        site: f"{about['title']} (measured {_day(about) or 'never'}, {folder})"
        for site, about, folder in list(zip(sites, abouts, tables, strict=True))[1:]
    }


def _names(
    tables: Sequence[str], abouts: Sequence[About]
) -> tuple[list[str], list[dict[str, str]], list[dict[str, str]]]:
    """Of each study its site; and its data sets and its recipes, name -> as they are called beside the others'."""
    for number in range(1, len(tables) + 1):
        refuse_same_runs(list(zip(tables, abouts, strict=True))[:number], "compare", "config.yaml")
    sites = _sites(tables, abouts)
    owners = [site or "this study" for site in sites]
    recipes = _called(
        [{name: _decides(stated) for name, stated in about["recipes"].items()} for about in abouts], owners
    )
    datasets = _called([{name: facts["md5"] for name, facts in about["datasets"].items()} for about in abouts], owners)
    return sites, _titled(datasets, abouts), recipes


def _sites(tables: Sequence[str], abouts: Sequence[About]) -> list[str]:
    """HERE, and for each other study the first of these that no other has: its title, its GPU or CPU, the day on
    which it was measured, its folder."""
    kinds: list[Callable[[int], str]] = [
        lambda study: abouts[study]["title"],
        lambda study: _listed(gpu for machine in abouts[study]["machines"] for gpu in machine["gpus"]),
        lambda study: _listed(_short(machine["cpu"]) for machine in abouts[study]["machines"]),
        lambda study: _day(abouts[study]),
        lambda study: str(Path(tables[study]).parent),
    ]
    sites = [HERE]
    for study in range(1, len(tables)):
        others = [other for other in range(len(tables)) if other != study]
        telling = [kind(study) for kind in kinds if kind(study) not in {kind(other) for other in others}]
        sites.append(next(site for site in telling if site and site not in sites))
    return sites


def _called(meanings: Sequence[Mapping[str, Any]], owners: Sequence[str]) -> list[dict[str, str]]:
    """Names that mean one thing each: where a study means something else by a name than the first that has it, its own
    is "name (in owner)".

    meanings: of each study, name -> what it means there; owners: what each study is called.
    """
    called = []
    for own in meanings:
        names = {}
        for name, meaning in own.items():
            have = [study for study, others in enumerate(meanings) if name in others]
            first = next(study for study in have if meanings[study][name] == meaning)
            names[name] = name if first == have[0] else f"{name} (in {owners[first]})"
        called.append(names)
    return called


def _titled(called: Sequence[Mapping[str, str]], abouts: Sequence[About]) -> list[dict[str, str]]:
    """Each data set's title, that of the first study that has it; its name where another data set has that title."""
    titles: dict[str, str] = {}
    for names, about in zip(called, abouts, strict=True):
        for name, called_ in names.items():
            titles.setdefault(called_, f"{about['datasets'][name]['title']}{called_.removeprefix(name)}")
    taken = list(titles.values())
    return [
        {name: titles[unique] if taken.count(titles[unique]) == 1 else unique for name, unique in names.items()}
        for names in called
    ]


def _decides(stated: Mapping[str, Any]) -> dict[str, Any]:
    """What a recipe says of the training: whose choice it was, is none of it."""
    return {field: value for field, value in stated.items() if field != "chosen"}


def _listed(names: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(names))


def _short(cpu: str) -> str:
    return " ".join(NOISE.sub(" ", cpu).split()) or cpu


def _day(about: About) -> str:
    return (about["first_start"] or "")[:10]
