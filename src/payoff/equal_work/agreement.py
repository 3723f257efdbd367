"""What a network computes from some examples, and how much two networks differ in it."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from payoff.datasets.examples import Examples
from payoff.models.network import Network
from payoff.runs.training import place, predict

STEPS = 20
KINDS = ("outputs", "gradients", "weights")

# The networks compute in float32, where one rounding is 6e-8, and the frameworks add numbers in different orders.
# Measured between the ways to train the MLP on a CPU, with the recipes of the study `sources`, at H = 20 and 200:
# outputs and gradients differ by less than 1e-6, weights after 20 steps by less than 2e-6. With Adam the weights differ
# by less than 1e-5, and on MNIST at H = 1,000 by 3e-6 to 7e-5, because Adam divides each gradient by its size, even one
# that is only rounding error. Faults are larger than the tolerance: products in TF32 lose 2^-11 = 5e-4, and a wrong
# factor loses more. CUDA adds in yet other orders. That difference is not measured, so CUDA has the CPU's tolerance.
TOLERANCE = 1e-4

# Rounding may put a sum on the other side of the ReLU's kink. Then a unit is on in one network and off in the other,
# and they differ by up to 1e-2 although they do the same work. On MNIST at H = 1,000, with Adam, this happened in one
# draw of the weights in eight. So two networks disagree only if they differ for each of DRAWS draws of the initial
# weights. Networks that do different work differ for every draw.
DRAWS = 3

# An array that is zero except for rounding has no meaningful size. So no array counts as smaller than this share of the
# largest size among the arrays of its kind.
SMALLEST_SHARE = 1e-3


@dataclass(frozen=True)
class Work:
    """The arrays by which two networks are compared, by name, on the host.

    outputs: the scores (n, outputs) of the examples and the mean loss of the first batch; gradients: of that loss, one
    per parameter; weights: the parameters and the running means after the steps, without the optimiser's memory.
    """

    outputs: Mapping[str, np.ndarray]
    gradients: Mapping[str, np.ndarray]
    weights: Mapping[str, np.ndarray]


def work_of(network: Network, examples: Examples, batch_size: int, seed: int, steps: int = STEPS) -> Work:
    """Let the network do its work, starting from its present weights, with the same calls as in a timed run.

    The steps take as many epochs as they need, each in an order drawn from `seed`; the last batch of an epoch may be
    smaller. Only the first steps · batch_size examples are used.
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
    """The largest |found - expected| / |expected| of all arrays, where |·| is the root of the mean square.

    nan if a number is not finite, infinite if names or shapes differ.
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
    """Say in words which of these differences are beyond the tolerance; None if none is. nan counts as beyond it."""
    beyond = [_in_words(kind, value) for kind, value in found.items() if not value <= tolerance]
    return "; ".join(beyond) or None


def _in_words(kind: str, value: float) -> str:
    if np.isnan(value):
        return f"the {kind} are not finite"
    if np.isinf(value):
        return f"the {kind} differ in their names or shapes"
    return f"the {kind} differ by {value:.1e} of their size"
