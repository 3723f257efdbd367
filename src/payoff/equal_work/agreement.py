"""What a network does with some examples, and how far two networks are from doing the same."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from payoff.datasets.examples import Examples
from payoff.models.network import Network
from payoff.runs.training import place, predict

STEPS = 20
KINDS = ("outputs", "gradients", "weights")

# Of float32, of which one rounding is 6e-8. The frameworks choose the order of their sums. Measured between the ways to
# the MLP on a CPU, with the recipes of the study `sources`: outputs and gradients below 1e-6, weights after 20 steps
# below 2e-6 at H = 20 and 200. Adam divides a gradient that is all rounding error by its size: below 1e-5 there, and on
# MNIST at H = 1,000 from 3e-6 to 7e-5. What shall be seen is above: products in TF32 lose 2^-11 = 5e-4, a factor that
# is wrong loses more. CUDA sums in other orders again; how far that goes is not measured, so the CPU's tolerance is
# its, too.
TOLERANCE = 1e-4

# Rounding may put a sum on the other side of the ReLU's kink. Then a unit is on in one network and off in its twin, and
# they differ by up to 1e-2 though their work is the same: on MNIST at H = 1,000 one draw in eight did, with Adam. So a
# disagreement counts if it is there from each of so many initial weights; work that is other is other from all.
DRAWS = 3

# An array that is zero but for rounding has no size to compare with: not below this share of its kind's largest size.
SMALLEST_SHARE = 1e-3


@dataclass(frozen=True)
class Work:
    """Arrays by name, on the host: of each kind all that two networks are held to each other by.

    outputs: the scores (n, outputs) of the examples and the mean loss of the first batch; gradients: of that batch, by
    each parameter; weights: after the steps, the parameters and the running means, but not the optimiser's memory.
    """

    outputs: Mapping[str, np.ndarray]
    gradients: Mapping[str, np.ndarray]
    weights: Mapping[str, np.ndarray]


def work_of(network: Network, examples: Examples, batch_size: int, seed: int, steps: int = STEPS) -> Work:
    """Let the network do it, from the weights that it has, with the very calls that a timed run makes.

    The steps are those of as many epochs as they take, each in an order drawn from `seed`; the last batch of an epoch
    may be smaller. Of more than steps · batch_size examples, the rest is not looked at.
    """
    examples = examples[np.arange(min(len(examples), steps * batch_size))]
    placed = place(network, examples)
    scores = predict(network, placed.images)
    loss, gradients = network.gradients(placed.images[:batch_size], placed.targets[:batch_size])
    outputs = {"scores": scores, "loss": network.to_host(loss).copy()}
    gradients = [network.to_host(gradient).copy() for gradient in gradients]
    draw = np.random.default_rng((seed, 1))
    while steps:
        order = draw.permutation(len(examples))[: steps * batch_size]
        network.train(placed.images, placed.targets, order, batch_size)
        steps -= -(-len(order) // batch_size)
    weights = {name: array for name, array in network.state().items() if not name.startswith("optimizer.")}
    return Work(outputs, dict(zip(network.parameters, gradients, strict=True)), weights)


def differences(first: Work, second: Work) -> dict[str, float]:
    """The `difference` of each kind."""
    return {kind: difference(getattr(first, kind), getattr(second, kind)) for kind in KINDS}


def difference(expected: Mapping[str, np.ndarray], found: Mapping[str, np.ndarray]) -> float:
    """The largest over the arrays of |found - expected| / |expected|, where |·| is the root of the mean square.

    nan where a number is not finite, infinite where names or shapes differ.
    """
    if {name: array.shape for name, array in expected.items()} != {name: array.shape for name, array in found.items()}:
        return float("inf")
    if not all(np.isfinite(array).all() for array in (*expected.values(), *found.values())):
        return float("nan")
    sizes = {name: _size(array) for name, array in expected.items()}
    least = max(SMALLEST_SHARE * max(sizes.values()), float(np.finfo(np.float32).tiny))
    return max(_size(found[name] - expected[name].astype(float)) / max(size, least) for name, size in sizes.items())


def _size(array: np.ndarray) -> float:
    return float(np.sqrt(np.square(array, dtype=float).mean()))


def disagreement(found: Mapping[str, float], tolerance: float = TOLERANCE) -> str | None:
    """In words, which of these differences are beyond the tolerance; None if none is, and nan is."""
    beyond = [_in_words(kind, value) for kind, value in found.items() if not value <= tolerance]
    return "; ".join(beyond) or None


def _in_words(kind: str, value: float) -> str:
    if np.isnan(value):
        return f"the {kind} are not finite"
    if np.isinf(value):
        return f"the {kind} have other names or shapes"
    return f"the {kind} differ by {value:.1e} of their size"
