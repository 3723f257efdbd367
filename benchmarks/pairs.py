"""The pairs that are raced: our networks against the simplest code, and the best-known code, for the same steps.

A contestant is a function without arguments that does a fixed number of steps.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from importlib import import_module

import numpy as np

from payoff.models.blueprint import Blueprint
from payoff.models.registry import MODELS
from payoff.recipes import Recipe

Contestant = Callable[[], object]
PIXELS, CLASSES, RATE = 784, 10, 0.1

ONE_IMAGE = Recipe(  # R1's recipe: one image per step, sigmoid twice, no biases, squared error
    scaling="above_zero",
    loss="squared_error",
    optimizer="sgd",
    learning_rate=RATE,
    batch_size=1,
    epochs=1,
    targets=(0.01, 0.99),
    activation="sigmoid",
    output="sigmoid",
    biases=False,
    initial_weights="fan_in_normal",
)
BATCHES = Recipe("unit", "cross_entropy", "sgd", learning_rate=RATE, batch_size=128, epochs=1)


@dataclass(frozen=True)
class Pair:
    """The ratio is the time of `other` divided by that of `ours`.

    at_least: the ratio that must be reached, None if the pair is only reported; make: returns (ours, other). It is
    called when the pair's turn comes, so that a waiting pair uses no memory and no threads.
    """

    name: str
    at_least: float | None
    make: Callable[[], tuple[Contestant, Contestant]]
    needs_gpu: bool = False


def pairs() -> Iterator[Pair]:
    for hidden_size, steps, at_least in ((200, 1000, 4), (1000, 300, 5), (5000, 60, 10)):
        name = f"numpy_mlp against plain float64 numpy, one image per step, H = {hidden_size}"
        yield Pair(
            name, at_least, lambda h=hidden_size, n=steps: (_one_image("numpy_mlp", "eager", h, n), _plain(h, n))
        )
    for optimizer, bounds in (("sgd", (1.8, 1.4, 1.3)), ("adam", (None, None, None))):
        for hidden_size, at_least in zip((32, 200, 1000), bounds, strict=True):
            name = f"numpy_mlp against scikit-learn's MLPClassifier, batches of 128, {optimizer}, H = {hidden_size}"
            yield Pair(name, at_least, lambda h=hidden_size, o=optimizer: _against_sklearn(h, o))
    for hidden_size in (200, 5000):
        name = f"numpy_mlp against jax_mlp, one image per step, H = {hidden_size}"
        yield Pair(
            name,
            None,
            lambda h=hidden_size: (_one_image("numpy_mlp", "eager", h, 300), _one_image("jax_mlp", "jit", h, 300)),
        )
    for hidden_size in (32, 512, 2048):
        name = f"numpy_mlp against jax_mlp, batches of 128, H = {hidden_size}"
        yield Pair(name, None, lambda h=hidden_size: (_batches("numpy_mlp", h), _batches("jax_mlp", h)))
    name = "jax_mlp against the simplest scan, batches of 128, H = 32"
    yield Pair(name, 1 / 1.05, lambda: (_batches("jax_mlp", 32), _simplest_jax(32)))
    name = "torch_mlp eager against the simplest loop, one image per step, H = 200"
    yield Pair(name, 1 / 1.05, lambda: (_one_image("torch_mlp", "eager", 200, 500), _simplest_torch(200, 500)))
    name = "torch_mlp fused against eager on the CPU, one image per step, H = 200"
    yield Pair(name, 4, lambda: tuple(_one_image("torch_mlp", mode, 200, 500) for mode in ("fused", "eager")))
    name = "torch_mlp graph against eager on the GPU, one image per step, H = 200"
    yield Pair(
        name,
        5,
        lambda: tuple(_one_image("torch_mlp", mode, 200, 1000, device="cuda") for mode in ("graph", "eager")),
        needs_gpu=True,
    )


def _images(n: int) -> np.ndarray:
    return np.random.default_rng(0).random((n, 1, 28, 28), np.float32)


def _labels(n: int) -> np.ndarray:
    return np.random.default_rng(1).integers(0, CLASSES, n)


def _targets(n: int) -> np.ndarray:
    return np.where(np.eye(CLASSES)[_labels(n)] > 0, 0.99, 0.01).astype(np.float32)


def _network(model: str, mode: str, recipe: Recipe, hidden_size: int, device: str = "cpu"):
    blueprint = Blueprint(recipe, (1, 28, 28), CLASSES, hidden_size, device, seed=0)
    return import_module(MODELS[model].modules[mode]).build(blueprint)


def _one_image(model: str, mode: str, hidden_size: int, steps: int, device: str = "cpu") -> Contestant:
    network = _network(model, mode, ONE_IMAGE, hidden_size, device)
    images, targets = network.place_images(_images(steps)), network.place(_targets(steps))
    order = np.arange(steps)

    def run() -> None:
        network.train(images, targets, order, 1)
        network.synchronize()

    return run


def _batches(model: str, hidden_size: int, steps: int = 50) -> Contestant:
    network = _network(model, MODELS[model].default_mode, BATCHES, hidden_size)
    examples = steps * BATCHES.batch_size
    images, labels = network.place_images(_images(examples)), network.place(_labels(examples))
    order = np.random.default_rng(2).permutation(examples)

    def run() -> None:
        network.train(images, labels, order, BATCHES.batch_size)
        network.synchronize()

    return run


def _plain(hidden_size: int, steps: int) -> Contestant:
    """The textbook's code with numpy's defaults: float64, and a new array for each result."""
    draw = np.random.default_rng(0)
    w1 = draw.normal(0, PIXELS**-0.5, (hidden_size, PIXELS))
    w2 = draw.normal(0, hidden_size**-0.5, (CLASSES, hidden_size))
    images, targets = _images(steps).reshape(steps, PIXELS).astype(float), _targets(steps).astype(float)

    def run() -> None:
        nonlocal w1, w2
        for x, t in zip(images, targets, strict=True):
            hidden = 1 / (1 + np.exp(-np.dot(w1, x)))
            output = 1 / (1 + np.exp(-np.dot(w2, hidden)))
            d2 = 2 * (t - output) * output * (1 - output)
            d1 = np.dot(w2.T, d2) * hidden * (1 - hidden)
            w2 += RATE * np.outer(d2, hidden)
            w1 += RATE * np.outer(d1, x)

    return run


def _against_sklearn(hidden_size: int, optimizer: str, examples: int = 20_000) -> tuple[Contestant, Contestant]:
    """One epoch each, with the same network, batches, optimiser and number type. Both shuffle."""
    from sklearn.neural_network import MLPClassifier

    rate = {"sgd": RATE, "adam": 0.001}[optimizer]
    recipe = replace(BATCHES, optimizer=optimizer, learning_rate=rate)
    network = _network("numpy_mlp", "eager", recipe, hidden_size)
    images, labels = network.place_images(_images(examples)), _labels(examples)
    draw = np.random.default_rng(2)
    theirs = MLPClassifier(
        (hidden_size,), solver=optimizer, alpha=0, batch_size=128, learning_rate_init=rate, momentum=0, random_state=0
    )
    theirs.partial_fit(images[:128], labels[:128], classes=np.arange(CLASSES))
    assert theirs.coefs_[0].dtype == images.dtype

    def ours() -> None:
        network.train(images, labels, draw.permutation(examples), recipe.batch_size)

    return ours, lambda: theirs.partial_fit(images, labels)


def _simplest_jax(hidden_size: int, steps: int = 50) -> Contestant:
    """The same steps in one compiled scan, with nothing around it."""
    import jax
    import jax.numpy as jnp

    def loss(weights, images, labels):
        hidden = jax.nn.relu(images @ weights["w1"].T + weights["b1"])
        scores = jax.nn.log_softmax(hidden @ weights["w2"].T + weights["b2"])
        return -scores[jnp.arange(len(labels)), labels].mean()

    @jax.jit
    def epoch(weights, images, labels, order):
        def step(weights, batch):
            value, gradients = jax.value_and_grad(loss)(weights, images[batch], labels[batch])
            return jax.tree.map(lambda w, g: w - RATE * g, weights, gradients), value

        return jax.lax.scan(step, weights, order)

    draw = np.random.default_rng(0)
    shapes = {"w1": (hidden_size, PIXELS), "b1": hidden_size, "w2": (CLASSES, hidden_size), "b2": CLASSES}
    weights = {name: jnp.asarray(draw.normal(0, 0.03, shape), jnp.float32) for name, shape in shapes.items()}
    examples = steps * BATCHES.batch_size
    images, labels = jnp.asarray(_images(examples).reshape(examples, PIXELS)), jnp.asarray(_labels(examples))
    order = draw.permutation(examples).reshape(steps, -1)

    def run() -> None:
        nonlocal weights
        weights, losses = epoch(weights, images, labels, order)
        jax.block_until_ready(losses)

    return run


def _simplest_torch(hidden_size: int, steps: int) -> Contestant:
    """The same steps in a plain loop, with nothing around them."""
    import torch
    from torch.nn import functional

    w1, w2 = (
        torch.randn(shape).mul(0.03).requires_grad_() for shape in ((hidden_size, PIXELS), (CLASSES, hidden_size))
    )
    images, targets = torch.from_numpy(_images(steps).reshape(steps, PIXELS)), torch.from_numpy(_targets(steps))

    def run() -> None:
        losses = []
        for i in range(steps):
            output = torch.sigmoid(functional.linear(torch.sigmoid(functional.linear(images[i : i + 1], w1)), w2))
            loss = functional.mse_loss(output, targets[i : i + 1], reduction="sum")
            gradients = torch.autograd.grad(loss, (w1, w2))
            with torch.no_grad():
                w1.sub_(gradients[0], alpha=RATE)
                w2.sub_(gradients[1], alpha=RATE)
            losses.append(loss.detach())

    return run
