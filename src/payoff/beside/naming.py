"""What studies that stand beside each other are called: their sites, their data sets, their recipes."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from payoff.beside.about import About, refuse_same_runs
from payoff.cells import HERE
from payoff.comparisons.ways import site_name

# What of a processor's name is on every one of them.
NOISE = re.compile(r"\((R|TM)\)|\bCPU\b|\bProcessor\b|\b\d+-Core\b|@.*", flags=re.IGNORECASE)


@dataclass(frozen=True)
class Names:
    """Of one study, as it calls it in its own tables -> as it is called beside the others'."""

    sites: Mapping[str, str]
    datasets: Mapping[str, str]
    recipes: Mapping[str, str]


def names_beside(tables: Sequence[str], abouts: Sequence[About]) -> list[Names]:
    """The names of each study; tables: its folder, abouts: what that is of. Raises ContractError if two have the same
    runs."""
    for number in range(1, len(tables) + 1):
        refuse_same_runs(list(zip(tables, abouts, strict=True))[:number], key="tables", file="compare")
    sites = _sites(tables, abouts)
    owners = [site_name(called[HERE]) for called in sites]
    recipes = _called([about["recipes"] for about in abouts], owners)
    datasets = _called([{name: facts["md5"] for name, facts in about["datasets"].items()} for about in abouts], owners)
    return [Names(*own) for own in zip(sites, _titled(datasets, abouts), recipes, strict=True)]


def described(about: About) -> str:
    """A study's title, its machines and when it was measured."""
    machines = "; ".join(
        ", ".join([_short(machine["cpu"]), *dict.fromkeys(machine["gpus"])]) for machine in about["machines"]
    )
    return f"{about['title']} ({machines}; measured {_day(about) or 'never'})"


def _sites(tables: Sequence[str], abouts: Sequence[About]) -> list[dict[str, str]]:
    """Of each study, site in its own tables -> as it is called, by the first of what tells it apart.

    The first study's own is HERE. Another is told by its title, its GPU or CPU, the day on which it was measured, its
    folder; another machine in a study by its GPU or CPU, its software, its day, its key.
    """
    facts = [_facts_of_study(folder, about) for folder, about in zip(tables, abouts, strict=True)]
    mains = [HERE]
    for study in range(1, len(tables)):
        mains.append(_telling(facts[study], [*facts[:study], *facts[study + 1 :]], mains))
    sites, taken = [], list(mains)
    for main, about in zip(mains, abouts, strict=True):
        called = {HERE: main}
        for machine in _others(about):
            rest = [_facts_of_machine(other) for other in about["machines"] if other is not machine]
            taken.append(_telling(_facts_of_machine(machine), rest, taken, prefix=f"{main}, " if main else ""))
            called[machine["key"]] = taken[-1]
        sites.append(called)
    return sites


def _telling(facts: Sequence[str], others: Sequence[Sequence[str]], taken: Sequence[str], prefix: str = "") -> str:
    """The first of these facts that is none of the others' at its place, and no name that is taken."""
    for place, fact in enumerate(facts):
        if fact and fact not in {other[place] for other in others} and prefix + fact not in taken:
            return prefix + fact
    raise AssertionError("the last fact is told of one alone")


def _facts_of_study(folder: str, about: About) -> list[str]:
    own = [machine for machine in about["machines"] if machine["own"]]
    gpus, cpus = (gpu for machine in own for gpu in machine["gpus"]), (_short(machine["cpu"]) for machine in own)
    return [about["title"], _listed(gpus), _listed(cpus), _day(about), str(Path(folder).parent)]


def _facts_of_machine(machine: Mapping[str, Any]) -> list[str]:
    software = [f"{package} {machine[package]}" for package in ("torch", "numpy", "python")]
    key = f"machine {machine['key']}"
    return [
        _listed(machine["gpus"]),
        _short(machine["cpu"]),
        *software,
        machine["os"],
        machine["first_start"][:10],
        key,
    ]


def _others(about: About) -> list[Mapping[str, Any]]:
    """The machines that have measured runs on a device whose own machine is another."""
    return [machine for machine in about["machines"] if set(machine["runs"]) - set(machine["own"])]


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


def _listed(names: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(names))


def _short(cpu: str) -> str:
    return " ".join(NOISE.sub(" ", cpu).split()) or cpu


def _day(about: About) -> str:
    return (about["first_start"] or "")[:10]
