"""Claims, judged by what was measured: the verdict, the measured figures, a sentence, and the machine."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from payoff.cells import HERE
from payoff.claims.claim import NAMES_CELLS, Claim, Measure
from payoff.claims.measuring import find_measures
from payoff.claims.sites import Site
from payoff.claims.words import figure_entry, words_of
from payoff.files.documents import write_document
from payoff.statistics.estimates import Estimate
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
    found, missing = find_measures(claim, site)
    needed = {missing[name]: None for name, measure in claim.measures.items() if measure.is_judged and name in missing}
    if needed:
        verdict, words = NOT_MEASURED, f"Not measured: {'; '.join(needed)}."
    else:
        verdicts = [verdict_of(found[name], claim.measures[name]) for name in found]
        verdict = max(verdicts, key=VERDICTS.index)
        words = words_of(claim, verdict, found)
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
        "measured": [figure_entry(name, measure, found.get(name), missing) for name, measure in claim.measures.items()],
        "extrapolated": extrapolated,
        "where": _where(claim, site, found) if found else None,
    }


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
