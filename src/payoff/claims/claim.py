"""A claim: a published sentence, and what must be measured to judge it. Files of claims are read and checked here."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Formatter
from typing import Any

from payoff.errors import few
from payoff.files.contracts import ContractError, check, did_you_mean, fault
from payoff.files.yaml_files import read_yaml
from payoff.machine.devices import DEVICES
from payoff.models.registry import MODELS
from payoff.study.configuration import REGISTRIES
from payoff.study.study import Study

# The kinds of measures, and which of their keys name a cell or another measure. The other kinds are questions to the
# framework itself, which the probe answers.
NAMES_CELLS = {"value": ("of",), "gain": ("of",), "ratio": ("of", "over"), "difference": ("of", "minus")}
NAMES_MEASURES = {"quotient": ("of", "over")}
ASKS_FRAMEWORK = ("device_check", "derivative", "output_size")
KINDS = (*NAMES_CELLS, *NAMES_MEASURES, *ASKS_FRAMEWORK)
EXACT = ("derivative", "output_size")  # exact numbers without an interval, judged by `equals`
BOUNDS = ("above", "below", "within")  # the bounds by which an interval is judged


@dataclass(frozen=True)
class Measure:
    """What is measured, and the bounds by which it is judged; accuracies are fractions, times are in seconds.

    kind: one of KINDS; asked: its parameters. A measure without a bound (`above`, `below`, `within`, `equals`) is
    reported but not judged. beside: the number in the source, None if it gives none.
    """

    kind: str
    asked: Mapping[str, Any]
    above: float | None = None
    below: float | None = None
    within: tuple[float, float] | None = None
    equals: float | None = None
    beside: float | None = None

    @property
    def is_judged(self) -> bool:
        return any(bound is not None for bound in (self.above, self.below, self.within, self.equals))


@dataclass(frozen=True)
class Claim:
    """source: as the report names it; cells: name -> identity of a cell, without the parts that the study decides;
    words: verdict -> sentence with placeholders. The claims' schema describes each field."""

    id: str
    source: str
    sentence: str
    figures: str
    cells: Mapping[str, Mapping[str, Any]]
    measures: Mapping[str, Measure]
    words: Mapping[str, str]
    note: str | None = None


def find_claims(name: str, study: str, claims: Path) -> Path:
    """The file of the claims `name`, which is a name in the folder `claims`, or a path. Raises ContractError if there
    is no such file; the message names the study.
    """
    known = {path.stem: path for path in claims.glob("*.yaml")}
    path = Path(name) if name.endswith((".yaml", ".yml")) else known.get(name)
    if path is None or not path.is_file():
        allowed = f"{did_you_mean(name, known)}, or a path to an existing *.yaml"
        raise ContractError(fault(f"the study {study}", "claims", name, allowed))
    return path


def read_claims(path: Path) -> list[Claim]:
    """Read and check a file of claims. Raises ContractError with a line for each fault."""
    document = read_yaml(path)
    check(document, "claims", str(path), REGISTRIES)
    faults = [fault(str(path), *found) for found in _faults(document)]
    if faults:
        raise ContractError("\n".join(faults))
    return [_claim(entry, document["sources"]) for entry in document["claims"]]


def claims_of(study: Study, folder: Path) -> list[Claim]:
    """The claims that the study names, if any, from `folder` or a path; checked, also against the study. Raises
    ContractError."""
    if not study.claims:
        return []
    path = find_claims(study.claims, study.name, folder)
    claims = read_claims(path)
    check_against_study(claims, path, study)
    return claims


def check_against_study(claims: Iterable[Claim], path: Path, study: Study) -> None:
    """Raise ContractError with a line for each cell of a claim that the study does not have, on whatever device. A
    mistake would else be told after all was measured."""
    has = {_without_place(vars(cell)) for cell in study.cells(list(DEVICES), [1])}
    faults = []
    for claim in claims:
        for name, wanted in claim.cells.items():
            key = f"the cell {name} of {claim.id}"
            asked = {"mode": MODELS[wanted["model"]].default_mode, **wanted}
            others = sorted(size for *identity, size in has if identity == list(_without_place(asked)[:-1]))
            if asked["recipe"] not in study.recipes:
                faults.append(fault(str(path), key, asked["recipe"], did_you_mean(asked["recipe"], study.recipes)))
            elif not others:
                found = f"{asked['model']} ({asked['mode']}) on {asked['dataset']} by {asked['recipe']}"
                faults.append(fault(str(path), key, found, f"what a grid of {study.name} trains"))
            elif asked["hidden_size"] not in others and not study.refine:
                allowed = few([f"{size:,}" for size in others])
                faults.append(fault(str(path), f"{key}, hidden_size", asked["hidden_size"], allowed))
    if faults:
        raise ContractError("\n".join(faults))


def _without_place(cell: Mapping[str, Any]) -> tuple:
    """The identity of a cell without its device and its threads."""
    return tuple(cell[part] for part in ("dataset", "model", "mode", "recipe", "hidden_size"))


def questions(claims: Iterable[Claim]) -> list[dict]:
    """The questions of the claims to the framework itself, each once: {"kind": …, "asked": …}."""
    asked = []
    for measure in (measure for claim in claims for measure in claim.measures.values()):
        question = {"kind": measure.kind, "asked": dict(measure.asked)}
        if measure.kind in ASKS_FRAMEWORK and question not in asked:
            asked.append(question)
    return asked


def _claim(entry: Mapping[str, Any], sources: Mapping[str, str]) -> Claim:
    measures = {name: _measure(values) for name, values in entry["measures"].items()}
    read = {"source": sources[entry["source"]], "cells": entry.get("cells", {}), "measures": measures}
    return Claim(**{**entry, **read})


def _measure(values: Mapping[str, Any]) -> Measure:
    kind = next(kind for kind in KINDS if kind in values)
    held: dict[str, Any] = {key: value for key, value in values.items() if key != kind}
    if "within" in held:
        held["within"] = tuple(held["within"])
    return Measure(kind, values[kind], **held)


# Faults that a schema cannot find, such as unknown names. Each fault is (key, found, allowed).
Fault = tuple[str, Any, str]


def _faults(document: Mapping[str, Any]) -> Iterable[Fault]:
    seen = set()
    for position, claim in enumerate(document["claims"]):
        key = f"claims.{position}"
        if claim["id"] in seen:
            yield f"{key}.id", claim["id"], "each id once"
        seen.add(claim["id"])
        if claim["source"] not in document["sources"]:
            yield f"{key}.source", claim["source"], did_you_mean(claim["source"], document["sources"])
        yield from _faults_of_measures(claim, f"{key}.measures")
        yield from _faults_of_words(claim, f"{key}.words")


def _faults_of_measures(claim: Mapping[str, Any], key: str) -> Iterable[Fault]:
    cells, measures = claim.get("cells", {}), claim["measures"]
    ratios: list[str] = []
    used: set[str] = set()
    for name, measure in measures.items():
        kinds = [kind for kind in KINDS if kind in measure]
        if len(kinds) != 1:
            yield f"{key}.{name}", ", ".join(kinds) or "no kind", f"exactly one of {', '.join(KINDS)}"
            return
        (kind,) = kinds
        used |= {measure[kind][end] for end in NAMES_CELLS.get(kind, ())}
        yield from _faults_of_names(kind, measure[kind], cells, ratios, f"{key}.{name}.{kind}")
        yield from _faults_of_bounds(kind, measure, f"{key}.{name}")
        if kind == "ratio":
            ratios.append(name)
    if not any(_measure(values).is_judged for values in measures.values()):
        yield key, ", ".join(measures), "at least one measure with above, below, within or equals"
    if idle := sorted(set(cells) - used):
        yield f"{key.removesuffix('measures')}cells", ", ".join(idle), "only cells that a measure uses"


def _faults_of_names(
    kind: str, asked: Mapping[str, Any], cells: Iterable[str], ratios: Iterable[str], key: str
) -> Iterable[Fault]:
    named = dict.fromkeys(NAMES_CELLS.get(kind, ()), ("a cell of the claim", cells))
    named |= dict.fromkeys(NAMES_MEASURES.get(kind, ()), ("a ratio before it", ratios))
    for end, (what, known) in named.items():
        if asked[end] not in known:
            yield f"{key}.{end}", asked[end], f"{what}: {did_you_mean(asked[end], known)}"
    if "epoch" in asked and not asked["quantity"].endswith("accuracy"):
        yield f"{key}.epoch", asked["epoch"], "no epoch, unless the quantity is an accuracy"


def _faults_of_bounds(kind: str, measure: Mapping[str, Any], key: str) -> Iterable[Fault]:
    unfit, fit = (BOUNDS, "equals") if kind in EXACT else (("equals",), ", ".join(BOUNDS))
    if wrong := [bound for bound in unfit if bound in measure]:
        yield key, ", ".join(wrong), f"{fit}, for a {kind}"
    if "within" in measure and measure["within"][0] > measure["within"][1]:
        yield f"{key}.within", measure["within"], "the smaller number first"


def _faults_of_words(claim: Mapping[str, Any], key: str) -> Iterable[Fault]:
    measures = claim["measures"]
    for verdict, words in claim["words"].items():
        try:
            placeholders = [part[1:] for part in Formatter().parse(words) if part[1] is not None]
        except ValueError as error:
            yield f"{key}.{verdict}", words, f"each brace closed ({error})"
            continue
        for name, form, conversion in placeholders:
            if name not in measures or form or conversion:
                yield f"{key}.{verdict}", f"{{{name}}}", f"the bare name of a measure: {did_you_mean(name, measures)}"
    judged_by_interval = any(set(BOUNDS) & set(measure) for measure in measures.values())
    if judged_by_interval and "inconclusive" not in claim["words"]:
        yield key, ", ".join(claim["words"]), "words for inconclusive too, since an interval can straddle a bound"
