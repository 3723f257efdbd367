"""One fit() and one evaluate() for every model and device."""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from payoff.datasets.examples import Examples
from payoff.failures import RunFailure
from payoff.machine.clock import Lap, Stopwatch
from payoff.models.network import DeviceArray, Network
from payoff.recipes import Recipe

EVALUATION_BATCH = 2_000  # images at a time; this limits the memory and does not change the result
PREDICTIONS = 10  # how many of the first test images have their class kept
BLOCK = 100  # steps between two checks of the deadline: 3 s if a step takes 30 ms


@dataclass(frozen=True)
class Evaluation:
    """loss: the recipe's, mean over the images; accuracy: a fraction; predictions: the classes of the first images.
    Where numbers are predicted, there is no accuracy (None) and no class."""

    loss: float
    accuracy: float | None
    predictions: list[int]


@dataclass(frozen=True)
class Epoch:
    """duration_s: wall-clock time of all steps of the epoch, with shuffling, without evaluation; device_duration_s: the
    same by the device's clock, None if it has none; train_loss: mean over the epoch's images, each computed before its
    step. All three are None before the training (epoch 0)."""

    epoch: int
    duration_s: float | None
    device_duration_s: float | None
    train_loss: float | None
    test_loss: float
    test_accuracy: float | None
    validation_loss: float | None = None
    validation_accuracy: float | None = None


@dataclass
class Progress:
    """What a training has done so far; it is kept even after a failure. predictions: of the last evaluation."""

    epochs: list[Epoch] = field(default_factory=list)
    steps: int = 0
    step_losses: list[float] = field(default_factory=list)
    predictions: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class Placed:
    """A part of the data set on a network's device; labels: on the host, class indices or numbers to predict."""

    images: DeviceArray
    targets: DeviceArray
    labels: np.ndarray

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def are_classes(self) -> bool:
        return self.labels.ndim == 1


def place(network: Network, examples: Examples) -> Placed:
    return Placed(network.place_images(examples.images), network.place(examples.targets), examples.labels)


def warm_up(network: Network, recipe: Recipe, train: Placed, evaluated: Iterable[Placed] = ()) -> None:
    """Take steps of each batch size of an epoch and undo them, so that the timed steps have no cost of first steps. A
    network that compiles blocks takes one block of each length, and computes the scores that it will be asked for."""
    before = network.state()
    if network.compiles_blocks:
        take_blocks(network, recipe, train, BLOCK * recipe.batch_size)
        for part in evaluated:
            predict(network, part.images)
    else:
        last = len(train) - len(train) % recipe.batch_size
        whole = np.arange(min(network.warm_up_steps * recipe.batch_size, last))
        for order in (whole, np.arange(last, len(train))):
            network.train(train.images, train.targets, order, recipe.batch_size)
    network.restore(before)


def take_blocks(network: Network, recipe: Recipe, train: Placed, images_a_block: int) -> None:
    """Train one block of each length that there is if an epoch is cut into blocks of so many images."""
    for images in sorted({min(images_a_block, len(train)), len(train) % images_a_block} - {0}):
        network.train(train.images, train.targets, np.arange(images), recipe.batch_size)


def fit(
    network: Network,
    recipe: Recipe,
    train: Placed,
    evaluated: Mapping[str, Placed],
    *,
    seed: int,
    stopwatch: Stopwatch,
    progress: Progress,
    on_epoch: Callable[[Epoch], None] = lambda _: None,
    deadline: float = float("inf"),
    first_epoch: int = 1,
) -> None:
    """Train up to and including epoch recipe.epochs. Time and evaluate each epoch, and add it to `progress`.

    evaluated: "test", and "validation" if the recipe holds examples back. Each epoch visits the images in an order
    drawn from `seed`, the same for every network, unless the recipe has no shuffling. The last batch of an epoch may be
    smaller. first_epoch: the next epoch of a network that was trained before. deadline: on time.monotonic(). Raises
    RunFailure after the epoch in which a loss stopped being finite ("not_finite"), or after the block of steps in which
    the deadline passed ("over_budget"), unless all steps were done.
    """
    if recipe.evaluate_before_training and first_epoch == 1:
        _keep(progress, on_epoch, _evaluated(network, evaluated, stopwatch), epoch=0)
    draw = np.random.default_rng((seed, 1))  # other numbers than for the weights, which are drawn from `seed`
    steps_asked = (recipe.epochs - first_epoch + 1) * steps_an_epoch(recipe, len(train))
    for number in range(1, recipe.epochs + 1):
        if number < first_epoch:
            draw.permutation(len(train))  # the order of that earlier epoch, not needed again
            continue
        network.optimizer.learning_rate = recipe.rate(number)
        with stopwatch.phase("training") as lap:
            on_device = _train_epoch(network, recipe, train, draw, deadline)
        progress.steps += len(on_device)
        losses = network.to_host(on_device).astype(float)
        if recipe.keep_step_losses:
            finite = losses if np.isfinite(losses).all() else losses[: np.isfinite(losses).argmin()]
            progress.step_losses += finite.tolist()
        if len(losses) == steps_an_epoch(recipe, len(train)):
            sizes = np.full(len(losses), recipe.batch_size)
            sizes[-1] = len(train) - recipe.batch_size * (len(losses) - 1)
            train_loss = float(np.average(losses, weights=sizes))
            found = _evaluated(network, evaluated, stopwatch)
            _keep(progress, on_epoch, found, epoch=number, lap=lap, train_loss=train_loss)
        if time.monotonic() > deadline and progress.steps < steps_asked:
            raise RunFailure("over_budget", f"{progress.steps} of {steps_asked} steps were done, in epoch {number}")


def steps_an_epoch(recipe: Recipe, examples: int) -> int:
    return -(-examples // recipe.batch_size)


def evaluate(network: Network, part: Placed) -> Evaluation:
    """The mean loss: softmax cross-entropy, or the sum of squares; and the fraction classified correctly."""
    scores = predict(network, part.images).astype(np.float64)
    targets = network.to_host(part.targets)
    if targets.ndim == 1:
        scores -= scores.max(axis=1, keepdims=True)
        losses = np.log(np.exp(scores).sum(axis=1)) - scores[np.arange(len(targets)), targets]
    else:
        losses = np.square(scores - targets).sum(axis=1)
    if not part.are_classes:
        return Evaluation(float(losses.mean()), None, [])
    classes = scores.argmax(axis=1)
    return Evaluation(float(losses.mean()), float((classes == part.labels).mean()), classes[:PREDICTIONS].tolist())


def predict(network: Network, images: DeviceArray) -> np.ndarray:
    """(n, outputs): the scores of placed images."""
    batches = range(0, len(images), EVALUATION_BATCH)
    return np.concatenate([network.to_host(network.scores(images[i : i + EVALUATION_BATCH])) for i in batches])


def _train_epoch(network: Network, recipe: Recipe, train: Placed, draw: np.random.Generator, deadline: float) -> list:
    """Draw the order of an epoch and take its steps. This is what is timed. Returns each step's loss, on the device."""
    losses: list[DeviceArray] = []
    order = draw.permutation(len(train)) if recipe.shuffle else np.arange(len(train))
    for start in range(0, len(train), BLOCK * recipe.batch_size):
        block = order[start : start + BLOCK * recipe.batch_size]
        losses += network.train(train.images, train.targets, block, recipe.batch_size)
        if time.monotonic() > deadline:
            break
    return losses


def _evaluated(network: Network, evaluated: Mapping[str, Placed], stopwatch: Stopwatch) -> dict[str, Evaluation]:
    with stopwatch.phase("evaluation"):
        return {name: evaluate(network, part) for name, part in evaluated.items()}


def _keep(
    progress: Progress,
    on_epoch: Callable[[Epoch], None],
    found: Mapping[str, Evaluation],
    *,
    epoch: int,
    lap: Lap | None = None,
    train_loss: float | None = None,
) -> None:
    """Add an epoch to `progress`. Raises RunFailure("not_finite") if a loss is not finite: no file can hold it."""
    losses = {"training": train_loss, **{name: evaluation.loss for name, evaluation in found.items()}}
    known = {name: loss for name, loss in losses.items() if loss is not None}
    if not np.isfinite(list(known.values())).all():
        told = ", ".join(f"{name} loss {loss}" for name, loss in known.items())
        raise RunFailure("not_finite", f"epoch {epoch}: {told}")
    figures: dict[str, Any] = {}
    for name, evaluation in found.items():
        figures |= {f"{name}_loss": evaluation.loss, f"{name}_accuracy": evaluation.accuracy}
    duration_s, device_duration_s = (lap.seconds, lap.device_s) if lap else (None, None)
    progress.epochs.append(Epoch(epoch, duration_s, device_duration_s, train_loss, **figures))
    progress.predictions = found["test"].predictions
    on_epoch(progress.epochs[-1])
