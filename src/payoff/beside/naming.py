"""The names of several studies on one page: of their sites, their data sets and their recipes."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from payoff.beside.about import About, refuse_same_runs
from payoff.cells import HERE
from payoff.comparisons.ways import site_name

# The parts of a processor's name that say nothing, since all names have them.
NOISE = re.compile(r"\((R|TM)\)|\bCPU\b|\bProcessor\b|\b\d+-Core\b|@.*", flags=re.IGNORECASE)


@dataclass(frozen=True)
class Names:
    """The names of one study: name in its tables -> name on a page with the others."""

    sites: Mapping[str, str]
    datasets: Mapping[str, str]
    recipes: Mapping[str, str]


def names_beside(tables: Sequence[str], abouts: Sequence[About]) -> list[Names]:
    """The names of each study. tables: their folders; abouts: what these are of. Raises ContractError if two studies
    have the same runs."""
    for number in range(1, len(tables) + 1):
        refuse_same_runs(list(zip(tables, abouts, strict=True))[:number], key="tables", file="compare")
    sites = _sites(tables, abouts)
    owners = [site_name(called[HERE]) for called in sites]
    recipes = _called([about["recipes"] for about in abouts], owners)
    # a data set is the same under the same name alone: of one file, two may have other columns as their target
    contents = [{name: (name, facts["md5"]) for name, facts in about["datasets"].items()} for about in abouts]
    datasets = _called(contents, owners)
    return [Names(*names) for names in zip(sites, _titled(datasets, abouts), recipes, strict=True)]


def described(about: About) -> str:
    """A study's title, its machines and when it was measured."""
    machines = "; ".join(
        ", ".join([_short(machine["cpu"]), *dict.fromkeys(machine["gpus"])]) for machine in about["machines"]
    )
    return f"{about['title']} ({machines}; measured {_day(about) or 'never'})"


def _sites(tables: Sequence[str], abouts: Sequence[About]) -> list[dict[str, str]]:
    """For each study: site in its tables -> name, which is the first fact that no other site has in common with it.

    The first study on its own machines is HERE. The name of another study is its title, its GPU, its CPU, the day on
    which it was measured or its folder; another machine of a study is named after its GPU, its CPU, its software, its
    day or its key.
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
    """The first of these facts that differs from the same fact of all others and gives a name that is not taken."""
    for index, fact in enumerate(facts):
        if fact and fact not in {other[index] for other in others} and prefix + fact not in taken:
            return prefix + fact
    raise AssertionError("the last fact is unique")


def _facts_of_study(folder: str, about: About) -> list[str]:
    machines = [machine for machine in about["machines"] if machine["own"]]
    gpus = (gpu for machine in machines for gpu in machine["gpus"])
    cpus = (_short(machine["cpu"]) for machine in machines)
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
    """The machines that measured runs on a device for which they are not the study's own machine."""
    return [machine for machine in about["machines"] if set(machine["runs"]) - set(machine["own"])]


def _called(meanings: Sequence[Mapping[str, Any]], owners: Sequence[str]) -> list[dict[str, str]]:
    """Names with one meaning each, and one name for what several studies mean, whatever they call it: that of the first
    study. If a study uses a name for something else than an earlier one, its name becomes "name (in owner)".

    meanings: for each study, name -> what it means there; owners: the name of each study.
    """
    known: dict[str, Any] = {}
    called = []
    for of_study, owner in zip(meanings, owners, strict=True):
        names = {name: name for name, meaning in of_study.items() if name in known and known[name] == meaning}
        for name, meaning in of_study.items():
            if name not in names:
                own = f"{name} (in {owner})" if name in known else name
                same = (other for other in known if known[other] == meaning and other not in names.values())
                names[name] = next(same, own)
        known |= {names[name]: meaning for name, meaning in of_study.items()}
        called.append({name: names[name] for name in of_study})
    return called


def _titled(called: Sequence[Mapping[str, str]], abouts: Sequence[About]) -> list[dict[str, str]]:
    """Each data set's title in the first study that has it; its name if another data set has the same title."""
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
