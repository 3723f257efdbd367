"""One fit() and one evaluate() for every model and device."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from payoff.datasets.splits import PreparedDataset, Split
from payoff.failures import RunFailure
from payoff.models.network import DeviceArray, Network
from payoff.recipes import SCALINGS, Recipe
from payoff.timing import Stopwatch

EVALUATION_BATCH = 2_000  # images at a time: bounds the memory, not the result


@dataclass(frozen=True)
class Epoch:
    """epoch_time_s: wall clock of all steps of the epoch, shuffling included, evaluation not;
    train_loss: mean over the epoch's images, each taken before its step; accuracy: a fraction."""

    epoch: int
    epoch_time_s: float
    train_loss: float
    test_loss: float
    test_accuracy: float


@dataclass(frozen=True)
class Placed:
    """A split on a network's device."""

    images: DeviceArray
    labels: DeviceArray

    def __len__(self) -> int:
        return len(self.labels)


def scale(split: Split, recipe: Recipe, dataset: PreparedDataset) -> np.ndarray:
    """uint8 pixels -> float32 numbers as the recipe wants them."""
    return SCALINGS[recipe.scaling](split.images.astype(np.float32), np.float32(dataset.max_value))


def place(network: Network, images: np.ndarray, labels: np.ndarray) -> Placed:
    return Placed(network.place_images(images), network.place(labels))


def warm_up(network: Network, recipe: Recipe, train: Placed) -> None:
    """Take a step of each size that an epoch has, and forget them: what only first steps cost is then paid."""
    parameters = network.parameters()
    order = network.place(np.arange(len(train)))
    last = len(train) - len(train) % recipe.batch_size
    for batch in (order[: recipe.batch_size], order[last:]):
        if len(batch):
            network.step(train.images[batch], train.labels[batch])
    network.load(parameters)


def fit(
    network: Network,
    recipe: Recipe,
    train: Placed,
    test: Placed,
    *,
    seed: int,
    stopwatch: Stopwatch,
    on_epoch: Callable[[Epoch], None],
    deadline: float = float("inf"),
) -> None:
    """Train for recipe.epochs, each timed and evaluated, and hand each Epoch to `on_epoch`.

    Each epoch visits the images in an order drawn from `seed`, the same for every network. The last
    batch of an epoch may be smaller. deadline: on time.monotonic(). Raises RunFailure after the
    epoch in which a loss stopped being finite ("not_finite") or the deadline passed
    ("over_budget"), unless it was the last.
    """
    draw = np.random.default_rng((seed, 1))  # the weights are drawn from `seed` alone
    sizes = [len(range(start, min(start + recipe.batch_size, len(train)))) for start in _starts(train, recipe)]
    for number in range(1, recipe.epochs + 1):
        with stopwatch.phase("training") as lap:
            order = network.place(draw.permutation(len(train)))
            losses = [
                network.step(train.images[batch], train.labels[batch])
                for start in _starts(train, recipe)
                for batch in (order[start : start + recipe.batch_size],)
            ]
        train_loss = float(np.average(network.to_host(losses), weights=sizes))
        with stopwatch.phase("evaluation"):
            test_loss, test_accuracy = evaluate(network, test)
        if not np.isfinite([train_loss, test_loss]).all():
            raise RunFailure("not_finite", f"epoch {number}: training loss {train_loss}, test loss {test_loss}")
        on_epoch(Epoch(number, lap.seconds, train_loss, test_loss, test_accuracy))
        if time.monotonic() > deadline and number < recipe.epochs:
            raise RunFailure("over_budget", f"{number} of {recipe.epochs} epochs were done")


def evaluate(network: Network, split: Placed) -> tuple[float, float]:
    """Mean softmax cross-entropy, and the fraction of images whose highest score is their class."""
    scores = np.concatenate(
        [
            network.to_host(network.scores(split.images[start : start + EVALUATION_BATCH]))
            for start in range(0, len(split), EVALUATION_BATCH)
        ]
    )
    labels = network.to_host(split.labels)
    scores = scores - scores.max(axis=1, keepdims=True)
    losses = np.log(np.exp(scores).sum(axis=1)) - scores[np.arange(len(labels)), labels]
    return float(losses.mean()), float((scores.argmax(axis=1) == labels).mean())


def _starts(train: Placed, recipe: Recipe) -> range:
    return range(0, len(train), recipe.batch_size)
