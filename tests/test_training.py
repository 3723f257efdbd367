"""fit and evaluate, the same for every model."""

import contextlib
import time
from importlib import import_module

import numpy as np
import pytest

from payoff import training
from payoff.datasets.splits import PreparedDataset, Split
from payoff.failures import RunFailure
from payoff.models.network import Blueprint
from payoff.models.registry import MODELS
from payoff.recipes import SCALINGS, Recipe
from payoff.timing import Stopwatch

RECIPE = Recipe("unit", "cross_entropy", "sgd", learning_rate=0.5, batch_size=16, epochs=12)


def easy_dataset() -> PreparedDataset:
    """Two classes that a network tells apart quickly: bright above, or bright below."""
    draw = np.random.default_rng(0)
    labels = draw.integers(0, 2, 150)
    images = draw.integers(0, 100, (150, 1, 8, 8), np.uint8)
    images[labels == 0, :, :4] += 100
    images[labels == 1, :, 4:] += 100
    return PreparedDataset(
        Split(images[:100], labels[:100]), Split(images[100:], labels[100:]), 255, ("above", "below")
    )


def fitted(name: str, recipe: Recipe = RECIPE, deadline: float = float("inf"), seed: int = 1):
    dataset = easy_dataset()
    network = import_module(MODELS[name].module).build(Blueprint(recipe, (1, 8, 8), 2, 8, "cpu", seed))
    train, test = (
        training.place(network, training.scale(split, recipe, dataset), split.labels)
        for split in (dataset.train, dataset.test)
    )
    stopwatch, epochs = Stopwatch(network.synchronize), []
    training.warm_up(network, recipe, train)
    try:
        training.fit(
            network, recipe, train, test, seed=seed, stopwatch=stopwatch, on_epoch=epochs.append, deadline=deadline
        )
    finally:
        fitted.epochs = epochs
    return network, epochs, stopwatch


@pytest.mark.parametrize("name", MODELS)
def test_every_model_learns(name):
    _, epochs, _ = fitted(name)
    assert [epoch.epoch for epoch in epochs] == list(range(1, 13))
    assert epochs[-1].test_accuracy >= 0.95
    assert epochs[-1].train_loss < epochs[0].train_loss


@pytest.mark.parametrize("name", MODELS)
def test_the_same_seed_gives_the_same_weights_and_another_does_not(name):
    first, again, other = (fitted(name, seed=seed)[0].parameters() for seed in (1, 1, 2))
    assert all((a == b).all() for a, b in zip(first, again, strict=True))
    assert not any((a == b).all() for a, b in zip(first, other, strict=True))


def test_twins_see_the_same_images_in_the_same_order():
    losses = [[epoch.train_loss for epoch in fitted(name)[1]] for name in ("numpy_mlp", "torch_mlp")]
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)


@pytest.mark.parametrize("name", MODELS)
def test_the_step_that_warms_up_is_forgotten(name):
    dataset = easy_dataset()
    network = import_module(MODELS[name].module).build(Blueprint(RECIPE, (1, 8, 8), 2, 8, "cpu", 1))
    before = network.parameters()
    images = training.scale(dataset.train, RECIPE, dataset)
    training.warm_up(network, RECIPE, training.place(network, images, dataset.train.labels))
    assert all((a == b).all() for a, b in zip(before, network.parameters(), strict=True))


def test_the_samples_add_up_to_the_phase():
    _, epochs, stopwatch = fitted("numpy_mlp")
    assert sum(epoch.epoch_time_s for epoch in epochs) == pytest.approx(stopwatch.phases_s["training"])
    assert stopwatch.phases_s["evaluation"] > 0


@pytest.mark.parametrize("name", MODELS)
def test_a_loss_that_is_not_finite_ends_the_run(name):
    recipe = Recipe("unit", "cross_entropy", "sgd", learning_rate=1e30, batch_size=16, epochs=3)
    with pytest.raises(RunFailure, match="not a number") as caught, np.errstate(all="ignore"):
        fitted(name, recipe)
    assert caught.value.reason == "not_finite"


def test_a_run_over_budget_stops_after_its_epoch():
    with pytest.raises(RunFailure, match="1 of 12 epochs") as caught:
        fitted("numpy_mlp", deadline=time.monotonic())
    assert caught.value.reason == "over_budget"
    assert len(fitted.epochs) == 1


def test_evaluation_is_the_mean_over_all_images_whatever_the_batch(monkeypatch):
    network, _, _ = fitted("numpy_mlp")
    dataset = easy_dataset()
    images = training.scale(dataset.test, RECIPE, dataset)
    test = training.place(network, images, dataset.test.labels)
    whole = training.evaluate(network, test)
    monkeypatch.setattr(training, "EVALUATION_BATCH", 7)
    assert training.evaluate(network, test) == pytest.approx(whole)
    scores = network.scores(test.images).astype(np.float64)
    chances = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    own = chances[np.arange(len(test)), dataset.test.labels]
    assert whole[0] == pytest.approx(-np.log(own).mean(), rel=1e-5)
    assert whole[1] == (chances.argmax(axis=1) == dataset.test.labels).mean()


@pytest.mark.parametrize(("name", "low", "high"), [("unit", 0, 1), ("centred", -0.5, 0.5)])
def test_scalings(name, low, high):
    scaled = SCALINGS[name](np.array([0, 16], np.float32), np.float32(16))
    assert scaled.tolist() == [low, high]
    assert scaled.dtype == np.float32


def test_the_stopwatch_waits_for_the_device_at_the_edges_and_keeps_the_time_of_a_phase_that_failed():
    waits = []
    stopwatch = Stopwatch(lambda: waits.append(len(waits)))
    with stopwatch.phase("training") as lap:
        assert len(waits) == 1
        time.sleep(0.01)
    assert len(waits) == 2
    assert lap.seconds == stopwatch.phases_s["training"] >= 0.01
    with contextlib.suppress(RuntimeError), stopwatch.phase("evaluation"):
        time.sleep(0.01)
        raise RuntimeError
    assert stopwatch.phases_s["evaluation"] >= 0.01
