"""fit and evaluate, the same for every model and mode; what a recipe makes of the data."""

import contextlib
import time
from dataclasses import replace
from importlib import import_module

import numpy as np
import pytest
from ways import marked
from ways import traced_only as traced_only

from payoff.datasets.examples import make_examples
from payoff.datasets.splits import PreparedDataset, Split
from payoff.errors import UserError
from payoff.failures import RunFailure
from payoff.machine.clock import DeviceClock, Stopwatch
from payoff.models.blueprint import Blueprint
from payoff.models.registry import MODELS
from payoff.recipes import RateChange, Recipe
from payoff.runs import training
from payoff.runs.turns import COUNTED_S, LEAST_BLOCKS, LONG_S, Turns

RECIPE = Recipe("unit", "cross_entropy", "sgd", learning_rate=0.5, batch_size=16, epochs=12)
SQUARED = replace(RECIPE, loss="squared_error", output="sigmoid", activation="sigmoid", initial_weights="fan_in_normal")
# The graph is not recorded on the CPU; all around it is what it is on a GPU.
WAYS = [(model, mode) for model, spec in MODELS.items() for mode in spec.modules]
MLPS = [way for way in WAYS if MODELS[way[0]].architecture == "mlp"]


def easy_dataset(classes=("above", "below")) -> PreparedDataset:
    """Two classes that a network tells apart quickly: bright above, or bright below."""
    draw = np.random.default_rng(0)
    labels = draw.integers(0, 2, 150)
    images = draw.integers(0, 100, (150, 1, 8, 8), np.uint8)
    images[labels == 0, :, :4] += 100
    images[labels == 1, :, 4:] += 100
    if not classes:
        labels = np.stack([labels, 1 - labels], axis=1).astype(np.float32)
    return PreparedDataset(Split(images[:100], labels[:100]), Split(images[100:], labels[100:]), 255, classes)


def placed(way, recipe: Recipe = RECIPE, seed: int = 1, dataset: PreparedDataset | None = None):
    """A network, its placed training examples, and those that it is evaluated on."""
    model, mode = way
    examples = make_examples(dataset or easy_dataset(), recipe, seed)
    blueprint = Blueprint(recipe, (1, 8, 8), 2, 8, "cpu", seed)
    network = import_module(MODELS[model].modules[mode]).build(blueprint)
    parts = {name: training.place(network, part) for name, part in examples.items()}
    return network, parts.pop("train"), parts


def fitted(way, recipe: Recipe = RECIPE, *, seed: int = 1, dataset=None, progress=None, **arguments):
    network, train, evaluated = placed(way, recipe, seed, dataset)
    stopwatch, progress = Stopwatch(network), progress or training.Progress()
    training.warm_up(network, recipe, train)
    training.fit(network, recipe, train, evaluated, seed=seed, stopwatch=stopwatch, progress=progress, **arguments)
    return network, progress, stopwatch


@pytest.mark.parametrize("way", marked(WAYS))
def test_every_model_learns(way):
    _, progress, _ = fitted(way)
    assert [epoch.epoch for epoch in progress.epochs] == list(range(1, 13))
    assert progress.epochs[-1].test_accuracy >= 0.95
    assert progress.epochs[-1].train_loss < progress.epochs[0].train_loss
    assert progress.steps == 12 * 7


@pytest.mark.parametrize("way", marked(MLPS))
@pytest.mark.parametrize("batch_size", [1, 16])
def test_every_mlp_learns_by_squared_errors(way, batch_size):
    _, progress, _ = fitted(way, replace(SQUARED, batch_size=batch_size, shuffle=False))
    assert progress.epochs[-1].test_accuracy >= 0.95


@pytest.mark.parametrize("way", marked(WAYS))
def test_the_same_seed_gives_the_same_weights_and_another_does_not(way):
    first, again, other = (fitted(way, seed=seed)[0].state() for seed in (1, 1, 2))
    assert all((first[name] == again[name]).all() for name in first)
    assert not any((first[name] == other[name]).all() for name in first if name.startswith("dense"))


@pytest.mark.slow
def test_twins_see_the_same_images_in_the_same_order():
    recipe = replace(RECIPE, keep_step_losses=True, epochs=3)
    losses = [fitted(way, recipe)[1].step_losses for way in MLPS]
    assert len(losses[0]) == 3 * 7
    assert all(other == pytest.approx(losses[0], rel=1e-4) for other in losses[1:])


@pytest.mark.parametrize("way", marked(WAYS))
def test_the_steps_that_warm_up_are_forgotten(way):
    network, train, _ = placed(way, replace(RECIPE, optimizer="nesterov"))
    before = network.state()
    training.warm_up(network, RECIPE, train)
    assert all((before[name] == array).all() for name, array in network.state().items())


def test_the_samples_add_up_to_the_phase():
    _, progress, stopwatch = fitted(WAYS[0])
    assert sum(epoch.duration_s for epoch in progress.epochs) == pytest.approx(stopwatch.phases_s["training"])
    assert stopwatch.phases_s["evaluation"] > 0


@pytest.mark.parametrize("way", marked(WAYS))
def test_a_loss_that_is_not_finite_ends_the_run(way):
    with pytest.raises(RunFailure, match="not a number") as caught, np.errstate(all="ignore"):
        fitted(way, replace(RECIPE, learning_rate=1e30, epochs=3))
    assert caught.value.reason == "not_finite"


def test_a_run_over_budget_stops_after_its_epoch_if_that_is_short():
    progress = training.Progress()
    with pytest.raises(RunFailure, match="7 of 84 steps") as caught:
        fitted(WAYS[0], progress=progress, deadline=time.monotonic())
    assert caught.value.reason == "over_budget"
    assert len(progress.epochs) == 1
    assert progress.steps == 7


def test_a_run_over_budget_stops_after_its_block_if_the_epoch_is_long(monkeypatch):
    monkeypatch.setattr(training, "BLOCK", 3)
    progress = training.Progress()
    with pytest.raises(RunFailure, match="3 of 84 steps"):
        fitted(WAYS[0], progress=progress, deadline=time.monotonic())
    assert progress.epochs == []
    assert progress.steps == 3


def test_a_deadline_that_passes_in_the_last_block_is_ignored():
    _, progress, _ = fitted(WAYS[0], replace(RECIPE, epochs=1), deadline=time.monotonic())
    assert progress.steps == 7


@pytest.mark.parametrize("batch_size", [1, 16])
def test_blocks_make_no_difference(monkeypatch, batch_size):
    recipe = replace(RECIPE, epochs=2, batch_size=batch_size)
    whole = fitted(WAYS[0], recipe)
    monkeypatch.setattr(training, "BLOCK", 3)
    blocks = fitted(WAYS[0], recipe)
    assert all((array == blocks[0].state()[name]).all() for name, array in whole[0].state().items())
    assert [epoch.train_loss for epoch in whole[1].epochs] == [epoch.train_loss for epoch in blocks[1].epochs]


@pytest.mark.parametrize("optimizer", ["sgd", "nesterov", "adam"])
@pytest.mark.parametrize("way", [("numpy_mlp", "eager"), ("torch_mlp", "eager"), ("torch_cnn", "eager")])
def test_five_epochs_are_two_and_three(way, optimizer):
    recipe = replace(RECIPE, epochs=5, optimizer=optimizer, learning_rate=0.01, batch_norm=way[0] == "torch_cnn")
    recipe = replace(recipe, schedule=(RateChange(4, 0.001),))
    in_one, _, _ = fitted(way, recipe)
    first, _, _ = fitted(way, replace(recipe, epochs=2, schedule=()))
    second, train, evaluated = placed(way, recipe)
    second.restore(first.state())
    progress, stopwatch = training.Progress(), Stopwatch()
    training.fit(second, recipe, train, evaluated, seed=1, stopwatch=stopwatch, progress=progress, first_epoch=3)
    assert [epoch.epoch for epoch in progress.epochs] == [3, 4, 5]
    assert all((array == second.state()[name]).all() for name, array in in_one.state().items())


def test_the_learning_rate_follows_its_schedule():
    recipe = replace(RECIPE, epochs=4, schedule=(RateChange(2, 0.1), RateChange(4, 0.05)))
    assert [recipe.rate(epoch) for epoch in range(1, 5)] == [0.5, 0.1, 0.1, 0.05]
    rates = []
    network, train, evaluated = placed(WAYS[0], recipe)
    training.fit(
        network,
        recipe,
        train,
        evaluated,
        seed=1,
        stopwatch=Stopwatch(),
        progress=training.Progress(),
        on_epoch=lambda _: rates.append(network.optimizer.learning_rate),
    )
    assert rates == [0.5, 0.1, 0.1, 0.05]


def test_an_evaluation_before_the_first_epoch():
    network, _, evaluated = placed(WAYS[0])
    untrained = training.evaluate(network, evaluated["test"])
    _, progress, _ = fitted(WAYS[0], replace(RECIPE, evaluate_before_training=True))
    first = progress.epochs[0]
    assert (first.epoch, first.duration_s, first.train_loss) == (0, None, None)
    assert (first.test_loss, first.test_accuracy) == (untrained.loss, untrained.accuracy)
    assert len(progress.epochs) == 13


def test_validation_examples_are_drawn_from_the_training_examples_and_evaluated():
    for validation in (20, 0.2):
        recipe = replace(RECIPE, validation=validation)
        first, again, other = (make_examples(easy_dataset(), recipe, seed) for seed in (1, 1, 2))
        assert {name: len(part) for name, part in first.items()} == {"train": 80, "test": 50, "validation": 20}
        assert (first["validation"].images == again["validation"].images).all()
        assert not (first["validation"].images == other["validation"].images).all()
        together = np.concatenate([first["train"].images, first["validation"].images]).reshape(100, -1)
        whole = make_examples(easy_dataset(), RECIPE, 1)["train"].images.reshape(100, -1)
        assert sorted(map(tuple, together)) == sorted(map(tuple, whole))
    _, progress, _ = fitted(WAYS[0], recipe)
    assert progress.epochs[-1].validation_accuracy >= 0.9
    with pytest.raises(UserError, match="validation: found 100; allowed: less than the 100"):
        make_examples(easy_dataset(), replace(RECIPE, validation=100), 1)


@pytest.mark.parametrize("way", marked(MLPS))
def test_numbers_are_predicted_without_an_accuracy(way):
    recipe = replace(RECIPE, loss="squared_error", learning_rate=0.05)
    _, progress, _ = fitted(way, recipe, dataset=easy_dataset(classes=()))
    assert progress.epochs[-1].test_accuracy is None
    assert progress.epochs[-1].test_loss < progress.epochs[0].test_loss
    with pytest.raises(UserError, match="allowed: squared_error, for labels that are numbers"):
        make_examples(easy_dataset(classes=()), RECIPE, 1)


def test_evaluation_is_the_mean_over_all_images_whatever_the_batch(monkeypatch):
    network, _, _ = fitted(WAYS[0])
    _, _, evaluated = placed(WAYS[0])
    test = evaluated["test"]
    whole = training.evaluate(network, test)
    monkeypatch.setattr(training, "EVALUATION_BATCH", 7)
    again = training.evaluate(network, test)
    assert (again.loss, again.accuracy) == pytest.approx((whole.loss, whole.accuracy))
    scores = network.scores(test.images).astype(np.float64)
    chances = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    own = chances[np.arange(len(test)), test.labels]
    assert whole.loss == pytest.approx(-np.log(own).mean(), rel=1e-5)
    assert whole.accuracy == (chances.argmax(axis=1) == test.labels).mean()


def dataset_of(train: np.ndarray, max_value: float = 16) -> PreparedDataset:
    labels = np.arange(len(train)) % 2
    return PreparedDataset(Split(train, labels), Split(train[:1], labels[:1]), max_value, ("a", "b"))


@pytest.mark.parametrize(
    ("name", "expected"),
    [("unit", [0, 1]), ("centred", [-0.5, 0.5]), ("above_zero", [0.01, 1]), ("standard", [-1, 1]), ("none", [0, 16])],
)
def test_scalings(name, expected):
    pixels = np.array([0, 16], np.uint8).reshape(2, 1, 1, 1)
    scaled = make_examples(dataset_of(pixels), replace(RECIPE, scaling=name), 1)
    assert scaled["train"].images.ravel().tolist() == pytest.approx(expected)
    assert scaled["train"].images.dtype == scaled["test"].images.dtype == np.float32
    assert scaled["test"].images.ravel().tolist() == pytest.approx(expected[:1])  # by the training's mean


def test_grey_is_the_luminance():
    pixels = np.array([100, 200, 50], np.uint8).reshape(1, 3, 1, 1)
    grey = make_examples(dataset_of(pixels), replace(RECIPE, scaling="none", grey=True), 1)["train"].images
    assert grey.shape == (1, 1, 1, 1)
    assert grey.item() == pytest.approx(0.299 * 100 + 0.587 * 200 + 0.114 * 50)


def test_targets_of_a_squared_error_are_rows():
    recipe = replace(SQUARED, targets=(0.01, 0.99))
    targets = make_examples(dataset_of(np.zeros((2, 1, 1, 1), np.uint8)), recipe, 1)["train"].targets
    assert targets.tolist() == pytest.approx(np.array([[0.99, 0.01], [0.01, 0.99]]))
    assert targets.dtype == np.float32


class CountingClock(DeviceClock):
    """A device that counts how often it is waited for, and says that each phase took it a second."""

    waits = 0

    def synchronize(self):
        self.waits += 1

    def mark(self):
        return self.waits

    def seconds_between(self, start, end):
        return float(end - start + 1)


def test_the_stopwatch_waits_for_the_device_and_keeps_the_time_of_a_failed_phase():
    device = CountingClock()
    stopwatch = Stopwatch(device)
    with stopwatch.phase("training") as lap:
        assert device.waits == 1
        time.sleep(0.01)
    assert device.waits == 2
    assert lap.seconds == stopwatch.phases_s["training"] >= 0.01
    assert lap.device_s == 1
    with contextlib.suppress(RuntimeError), stopwatch.phase("evaluation"):
        time.sleep(0.01)
        raise RuntimeError
    assert stopwatch.phases_s["evaluation"] >= 0.01


def test_the_ledger_has_no_gap():
    started = time.monotonic() - 1
    stopwatch = Stopwatch(started_at=started)
    stopwatch.settle("start_up")
    with stopwatch.phase("training"):
        time.sleep(0.01)
    time.sleep(0.02)
    stopwatch.settle()
    assert stopwatch.phases_s["start_up"] >= 1
    assert stopwatch.phases_s["bookkeeping"] >= 0.02
    assert sum(stopwatch.phases_s.values()) == pytest.approx(stopwatch.settled_at - started)


@pytest.mark.parametrize("way", marked(WAYS))
def test_turns_begin_from_the_same_weights_and_time_whole_epochs(way):
    network, _, stopwatch = fitted(way)
    trained = network.state()
    _, train, _ = placed(way)
    turns = Turns(network, RECIPE, train, seed=1, step_s=1e-4)
    for _ in range(2):
        turn = turns.take()
        assert turn.blocks >= LEAST_BLOCKS
        assert turn.counted_s >= COUNTED_S
        assert 0 < turn.epoch_s < turn.counted_s
        assert turn.cpu_s > 0
        assert turn.device_epoch_s is None
    network.restore(trained)
    assert stopwatch.phases_s["turns"] == 0  # it is the worker that tells how long a turn took


class Slow(DeviceClock):
    """A network whose steps take a time that a test says, and which counts the images that it was given."""

    compiles_blocks = False

    def __init__(self, step_s: float):
        self.step_s, self.seen, self.restored = step_s, [], 0

    def state(self):
        return {}

    def restore(self, state):
        self.restored += 1

    def train(self, images, targets, order, batch_size):
        self.seen.append(len(order))
        time.sleep(self.step_s * -(-len(order) // batch_size))


# 100 images in batches of 16 are seven steps, the last of four images
@pytest.mark.parametrize(
    ("step_s", "blocks"),
    [
        (0.001, [100]),  # a short epoch is one block
        (0.005, [48, 48, 4]),  # of about 16 ms
        (0.2, [16, 16, 16, 16, 16, 16, 4]),  # never less than a step
    ],
)
def test_a_long_epoch_is_cut_into_blocks(step_s, blocks):
    network, (_, train, _) = Slow(step_s), placed(WAYS[0])
    turns = Turns(network, RECIPE, train, seed=1, step_s=step_s)
    turn = turns.take()
    assert network.restored == 1
    assert network.seen == (blocks * len(network.seen))[: len(network.seen)]
    assert turn.blocks < len(network.seen), "the beginning does not count"
    assert turn.blocks >= LEAST_BLOCKS or turn.counted_s >= LONG_S
    if step_s > 0.001:  # else the sleep is not exact enough
        assert turn.epoch_s == pytest.approx(100 / 16 * step_s, rel=0.3)
    turns.take()
    assert network.restored == 2


def test_a_recipe_without_shuffling_takes_its_turns_in_order():
    _, train, _ = placed(WAYS[0])
    network = Slow(0.01)
    orders = []
    network.train = lambda images, targets, order, batch_size: orders.append(order) or time.sleep(0.03)
    Turns(network, replace(RECIPE, shuffle=False), train, seed=1, step_s=0.001).take()
    assert np.concatenate(orders)[:100].tolist() == list(range(100))
