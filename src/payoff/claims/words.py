"""A judged claim for readers: its sentence with the measured figures, and each figure with its unit and bounds."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from payoff.claims.claim import EXACT, Claim, Measure
from payoff.statistics.estimates import Estimate
from payoff.tables.columns import column
from payoff.tables.formats import percent, significant


def words_of(claim: Claim, verdict: str, found: Mapping[str, Estimate]) -> str:
    """The claim's sentence for this verdict, with its measured figures and the number of runs."""
    texts = {name: _text(measure, found.get(name)) for name, measure in claim.measures.items()}
    judged = {name: found[name] for name, measure in claim.measures.items() if measure.is_judged}
    n = min(estimate.n for estimate in judged.values())
    exact = all(claim.measures[name].kind in EXACT for name in judged)
    words = f"{claim.words[verdict].format_map(texts)}{'' if exact else f' (n = {n})'}."
    if any(not estimate.has_interval for estimate in judged.values()):
        words += f" {n} {'run is' if n == 1 else 'runs are'} too few for an interval."
    return words


def figure_entry(name: str, measure: Measure, estimate: Estimate | None, missing: Mapping[str, str]) -> dict:
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
            return Display(shown.text, f" {shown.unit}", shown.scale)
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
