"""Automatic differentiation of a function of one number, small enough to read: torch.autograd does it with arrays.

Backwards from the result (reverse mode): Baydin et al. (2018), "Automatic differentiation in machine learning: a
survey".
"""

from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True, eq=False)
class Number:
    """A value that remembers how it was computed.

    inputs: the numbers that it was computed from, each with the local slope: how fast this value grows with that one.
    """

    value: float
    name: str
    inputs: tuple[tuple["Number", float], ...] = ()

    def __add__(self, other: "Number | float") -> "Number":
        if isinstance(other, Number):
            return Number(self.value + other.value, f"{self.name} + {other.name}", ((self, 1), (other, 1)))
        return Number(self.value + other, f"{self.name} + {other:g}", ((self, 1),))

    def __mul__(self, other: "Number | float") -> "Number":
        if isinstance(other, Number):
            inputs = ((self, other.value), (other, self.value))
            return Number(self.value * other.value, f"{self._factor} · {other._factor}", inputs)
        return Number(self.value * other, f"{other:g} · {self._factor}", ((self, other),))

    __radd__ = __add__
    __rmul__ = __mul__

    @property
    def _factor(self) -> str:
        return f"({self.name})" if " + " in self.name else self.name


# From Rashid's blog (2017-2020): where `example` is differentiated, and the derivative that the blog states.
EXAMPLE_AT, EXAMPLE_STATED = 2, 9


def example(x):
    """y = x² + 5x + 2, for a Number or anything else that can be added and multiplied."""
    return x * x + 5 * x + 2


def differentiate(result: Number) -> pd.DataFrame:
    """One row per step, inputs first: its name, its value, the derivative of `result` by it, and the terms of that.

    By the chain rule, from the result backwards: a step's derivative is the sum, over the steps computed from it, of
    the local slope times the derivative by that step.
    """
    steps = _in_order(result)
    terms: dict[Number, list[tuple[float, float]]] = {step: [] for step in steps}
    derivatives: dict[Number, float] = {}
    for step in reversed(steps):
        derivatives[step] = 1 if step is result else sum(slope * later for slope, later in terms[step])
        for source, slope in step.inputs:
            terms[source].append((slope, derivatives[step]))
    return pd.DataFrame(
        {
            "operation": step.name,
            "value": step.value,
            "derivative": derivatives[step],
            "chain": " + ".join(f"{slope:g} · {later:g}" for slope, later in terms[step]) or "by itself",
        }
        for step in steps
    )


def _in_order(result: Number) -> list[Number]:
    """Every number behind `result` once, each after its inputs."""
    found: dict[Number, None] = {}

    def visit(number: Number) -> None:
        for source, _ in number.inputs:
            visit(source)
        found.setdefault(number)

    visit(result)
    return list(found)
