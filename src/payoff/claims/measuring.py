"""What was measured of a claim at a site: one estimate per measure, or why there is none."""

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from payoff.claims.claim import NAMES_CELLS, Claim
from payoff.claims.sites import NotMeasured, Site
from payoff.failures import REASONS
from payoff.statistics.bootstrap import ratio
from payoff.statistics.estimates import Estimate, median_interval, quotient


def find_measures(claim: Claim, site: Site) -> tuple[dict[str, Estimate], dict[str, str]]:
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
