"""Claims, judged by what was measured: the verdict, the measured figures, a sentence, and the machine."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from payoff.cells import HERE
from payoff.claims.claim import EXACT, NAMES_CELLS, Claim, Measure
from payoff.claims.sites import NotMeasured, Site
from payoff.failures import REASONS
from payoff.files.documents import write_document
from payoff.statistics.bootstrap import ratio
from payoff.statistics.estimates import Estimate, median_interval, quotient
from payoff.tables.columns import column, percent, significant
from payoff.tables.runs import TIMES_OF_PARTIAL

# The worst verdict is last: a claim with several measures has the worst of their verdicts.
REPRODUCED, INCONCLUSIVE, NOT_REPRODUCED, NOT_MEASURED = VERDICTS = (
    "reproduced",
    "inconclusive",
    "not reproduced",
    "not measured",
)


def judge_claims(claims: Iterable[Claim], sites: Sequence[Site]) -> list[dict]:
    """One entry per claim, as verdicts.schema.yaml describes it.

    sites: this machine first. A claim is judged at the first site that measured all that it needs, never from two.
    """
    return [_judge(claim, sites) for claim in claims]


def write_verdicts(verdicts: list[dict], path: Path) -> None:
    write_document(verdicts, path, "verdicts")


def verdict_of(estimate: Estimate, measure: Measure) -> str:
    """Reproduced if the whole interval is within the bounds, or if there are none; not reproduced if all of it is
    outside; else inconclusive."""
    if not measure.is_judged:
        return REPRODUCED
    if not estimate.has_interval:
        return INCONCLUSIVE
    above = -np.inf if measure.above is None else measure.above
    below = np.inf if measure.below is None else measure.below
    exactly = (-np.inf, np.inf) if measure.equals is None else (measure.equals, measure.equals)
    least, most = measure.within or exactly
    low, high = estimate.low, estimate.high
    # `within` includes its ends; `above` and `below` exclude the bound itself.
    if low > above and high < below and low >= least and high <= most:
        return REPRODUCED
    if high <= above or low >= below or high < least or low > most:
        return NOT_REPRODUCED
    return INCONCLUSIVE


def _judge(claim: Claim, sites: Sequence[Site]) -> dict:
    first, *others = sites
    here = _judge_at(claim, first)
    if here["verdict"] != NOT_MEASURED:
        return here
    elsewhere = (_judge_at(claim, site) for site in others)
    return next((entry for entry in elsewhere if entry["verdict"] != NOT_MEASURED), here)


def _judge_at(claim: Claim, site: Site) -> dict:
    found, missing = _measure(claim, site)
    needed = {missing[name]: None for name, measure in claim.measures.items() if measure.is_judged and name in missing}
    if needed:
        verdict, words = NOT_MEASURED, f"Not measured: {'; '.join(needed)}."
    else:
        verdicts = [verdict_of(found[name], claim.measures[name]) for name in found]
        verdict = max(verdicts, key=VERDICTS.index)
        words = _words(claim, verdict, found)
    extrapolated = _is_extrapolated(claim, site, found)
    if extrapolated and not needed:
        words += " This includes runs that were stopped for their budget, with times computed from their rate."
    return {
        "id": claim.id,
        "source": claim.source,
        "sentence": claim.sentence,
        "figures": claim.figures,
        "note": claim.note,
        "verdict": verdict,
        "reason": "; ".join(needed) or None,
        "words": words,
        "measured": [_entry(name, measure, found.get(name), missing) for name, measure in claim.measures.items()],
        "extrapolated": extrapolated,
        "where": _where(claim, site, found) if found else None,
    }


def _measure(claim: Claim, site: Site) -> tuple[dict[str, Estimate], dict[str, str]]:
    """The measures that were found, by name, and for the others the reason why not."""
    found: dict[str, Estimate] = {}
    missing: dict[str, str] = {}
    for name, measure in claim.measures.items():
        asked = measure.asked
        try:
            if measure.kind == "quotient":
                for end in ("of", "over"):
                    if asked[end] in missing:
                        raise NotMeasured(missing[asked[end]])
                found[name] = quotient(found[asked["of"]], found[asked["over"]])
            elif measure.kind in NAMES_CELLS:
                ends = [site.cell(claim.cells[asked[end]]) for end in NAMES_CELLS[measure.kind]]
                if len(ends) == 2 and ends[0].name == ends[1].name:
                    pair = [asked[end] for end in NAMES_CELLS[measure.kind]]
                    raise NotMeasured(f"{' and '.join(pair)} are the same cell here".replace("_", " "))
                found[name] = FROM_CELLS[measure.kind](site, asked, *ends)
            else:
                found[name] = FROM_PROBE[measure.kind](site.answer(measure.kind, asked), asked)
        except NotMeasured as reason:
            missing[name] = str(reason)
    return found, missing


def _value(site: Site, asked: Mapping[str, Any], cell: pd.Series) -> Estimate:
    if "epoch" not in asked:
        return site.estimate(cell, asked["quantity"])
    site.estimate(cell, asked["quantity"])  # raises if there is none
    epochs = site.epochs_of(cell)
    return _interval(epochs.loc[epochs["epoch"] == asked["epoch"], asked["quantity"]], f"no epoch {asked['epoch']}")


def _gain(site: Site, asked: Mapping[str, Any], cell: pd.Series) -> Estimate:
    site.estimate(cell, asked["quantity"])  # raises if there is none
    by_run = site.epochs_of(cell).sort_values("epoch").groupby("repetition")[asked["quantity"]]
    return _interval(by_run.agg(lambda accuracies: accuracies.diff().iloc[-1]), "one epoch alone has no gain")


def _ratio(site: Site, asked: Mapping[str, Any], above: pd.Series, under: pd.Series) -> Estimate:
    return ratio(site.sample(above, asked["quantity"]), site.sample(under, asked["quantity"]))


def _difference(site: Site, asked: Mapping[str, Any], more: pd.Series, less: pd.Series) -> Estimate:
    """The median of the differences between runs of one seed, with the interval that order statistics give it.

    Repetition r has the same seed in every cell. So each difference is between two networks that start alike, and the
    effect of the seed on the accuracy cancels out (paired comparison: Bouthillier et al., Accounting for Variance in
    Machine Learning Benchmarks, MLSys 2021). The interval is that of the sign test on the differences (Conover,
    Practical Nonparametric Statistics, 3rd ed. 1999, section 3.4).
    """
    for cell in (more, less):
        site.estimate(cell, asked["quantity"])  # raises if there is none
    by_seed = [site.finished(cell).set_index("seed")[asked["quantity"]] for cell in (more, less)]
    return _interval(by_seed[0] - by_seed[1], "no two finished runs have the same seed")


def _interval(sample: pd.Series, otherwise: str) -> Estimate:
    """The median of the values without the missing ones. Raises NotMeasured, saying `otherwise` if there are none."""
    sample = sample.dropna()
    if sample.empty:
        raise NotMeasured(otherwise)
    return median_interval(sample)


def _device_check(answer: Mapping[str, Any], asked: Mapping[str, Any]) -> Estimate:
    for device in (asked["of"], asked["over"]):
        if device in answer["missing"]:
            reason = answer["missing"][device]
            kind = "no GPU" if reason == "device_missing" else "failed"
            raise NotMeasured(f"{kind}: {REASONS[reason]} ({device})")
    return ratio(*(answer["samples_s"][device] for device in (asked["of"], asked["over"])))


def _exactly(answer: Mapping[str, Any], _asked: Mapping[str, Any]) -> Estimate:
    return Estimate(answer["value"], answer["value"], answer["value"], 1)


FROM_CELLS: dict[str, Callable[..., Estimate]] = {
    "value": _value,
    "gain": _gain,
    "ratio": _ratio,
    "difference": _difference,
}
FROM_PROBE = {"device_check": _device_check, "derivative": _exactly, "output_size": _exactly}


def _is_extrapolated(claim: Claim, site: Site, found: Iterable[str]) -> bool:
    """Whether a measured time comes from runs that were over budget."""
    timed = [
        site.cell(claim.cells[measure.asked[end]])
        for measure in (claim.measures[name] for name in found)
        for end in NAMES_CELLS.get(measure.kind, ())
        if measure.asked["quantity"] in TIMES_OF_PARTIAL
    ]
    return any(cell["n_partial"] > 0 for cell in timed)


def _where(claim: Claim, site: Site, found: Iterable[str]) -> str:
    """On which machine, and on which days."""
    names = {
        claim.measures[name].asked[end] for name in found for end in NAMES_CELLS.get(claim.measures[name].kind, ())
    }
    if names:
        runs = pd.concat([site.runs_of(site.cell(claim.cells[name])) for name in sorted(names)])
        machines = {_machine(cpu, gpus) for cpu, gpus in zip(runs["machine_cpu"], runs["machine_gpus"], strict=True)}
        days = sorted({moment[:10] for moment in runs["started_at"]})
    else:
        assert site.probe  # or nothing was found
        facts = site.probe["machine"]
        machines = {_machine(facts["cpu"], ", ".join(gpu["name"] or "a GPU" for gpu in facts["gpus"]))}
        days = [site.probe["started_at"][:10]]
    where = "this machine" if site.name == HERE else f"published as {site.name}"
    return f"{where}: {' and '.join(sorted(machines))}; {' to '.join(sorted({days[0], days[-1]}))}"


def _machine(cpu: str, gpus: str | None) -> str:
    return f"{cpu}, {gpus if isinstance(gpus, str) and gpus else 'no GPU'}"


def _words(claim: Claim, verdict: str, found: Mapping[str, Estimate]) -> str:
    texts = {name: _text(measure, found.get(name)) for name, measure in claim.measures.items()}
    judged = {name: found[name] for name, measure in claim.measures.items() if measure.is_judged}
    n = min(estimate.n for estimate in judged.values())
    exact = all(claim.measures[name].kind in EXACT for name in judged)
    words = f"{claim.words[verdict].format_map(texts)}{'' if exact else f' (n = {n})'}."
    if any(not estimate.has_interval for estimate in judged.values()):
        words += f" {n} {'run is' if n == 1 else 'runs are'} too few for an interval."
    return words


def _entry(name: str, measure: Measure, estimate: Estimate | None, missing: Mapping[str, str]) -> dict:
    """One measured figure of a claim; missing numbers are None."""
    beside = measure.equals if measure.beside is None else measure.beside
    ends = {"median": None, "low": None, "high": None, "n": 0}
    if estimate is not None:
        ends = {end: getattr(estimate, end) for end in ends}
        ends |= {end: None for end in ("low", "high") if not estimate.has_interval}
    return {
        "name": name.replace("_", " "),
        "text": _text(measure, estimate) + (f", n = {ends['n']}" if ends["n"] and measure.kind not in EXACT else ""),
        **ends,
        "judged": measure.is_judged,
        "bounds": _bounds(measure),
        "beside": None if beside is None else _display(measure).typed(beside),
        "missing": missing.get(name),
    }


def _bounds(measure: Measure) -> str | None:
    typed = _display(measure).typed
    parts = [
        f"{words} {typed(bound)}"
        for words, bound in (("more than", measure.above), ("less than", measure.below), ("exactly", measure.equals))
        if bound is not None
    ]
    if measure.within:
        parts.append(f"from {typed(measure.within[0])} to {typed(measure.within[1])}")
    return " and ".join(parts) or None


@dataclass(frozen=True)
class Display:
    """show: a measured number as text; factor: from the stored unit to the shown one."""

    show: Callable[[float], str]
    unit: str = ""
    factor: float = 1

    def typed(self, value: float) -> str:
        """A number that a person wrote, with its digits and the unit."""
        return f"{value * self.factor:.6g}{self.unit}"


def _display(measure: Measure) -> Display:
    quantity = measure.asked.get("quantity", "")
    match measure.kind:
        case "ratio" | "device_check":
            return Display(significant, " times")
        case "quotient":
            return Display(significant)
        case "difference" | "gain":
            return Display(lambda fraction: f"{fraction * 100:+.2f}", " points", 100)
        case "value" if quantity.endswith("accuracy"):
            return Display(percent, " %", 100)
        case "value":
            shown = column(quantity)
            return Display(shown.text, f" {shown.unit}", {"ms": 1e3, "MiB": 2**-20}.get(shown.unit, 1))
        case _:
            return Display("{:g}".format)


def _text(measure: Measure, estimate: Estimate | None) -> str:
    """median [low, high] with its unit, as readers see it."""
    if estimate is None:
        return "–"
    display = _display(measure)
    median = f"{display.show(estimate.median)}{display.unit}"
    if measure.kind in EXACT:
        return median
    if not estimate.has_interval:
        return f"{median} [too few]"
    return f"{median} [{display.show(estimate.low)}, {display.show(estimate.high)}]"
