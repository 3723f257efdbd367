"""Conformance of every entry of MODELS, and the twins held to each other."""

from collections import defaultdict
from dataclasses import replace
from importlib import import_module

import numpy as np
import pytest

from payoff.devices import present_devices
from payoff.models.network import Blueprint, initial_parameters
from payoff.models.registry import MODELS
from payoff.recipes import Recipe

RECIPE = Recipe("unit", "cross_entropy", "sgd", learning_rate=0.1, batch_size=8, epochs=1)
SHAPE, CLASSES, HIDDEN = (1, 8, 8), 10, 12

# float32 has 24 bits: one rounding is 6e-8. A gradient here is a sum of up to 64 products, whose order
# the frameworks choose, and 20 steps add up 20 such errors; measured: below 1e-6 of the largest entry.
TOLERANCE = {np.float32: 5e-6, np.float64: 1e-12}


def build(name: str, dtype=np.float32, recipe: Recipe = RECIPE, shape=SHAPE, device: str = "cpu"):
    return import_module(MODELS[name].module).build(Blueprint(recipe, shape, CLASSES, HIDDEN, device, 3, dtype))


def batch(dtype=np.float32, n=8, shape=SHAPE):
    draw = np.random.default_rng(0)
    return draw.random((n, *shape)).astype(dtype), draw.integers(0, CLASSES, n)


def gradients(network, images, labels):
    loss, found = network.gradients(network.place_images(images), network.place(labels))
    return float(network.to_host(loss)), [network.to_host(gradient).copy() for gradient in found]


def close(found, expected, dtype):
    return all(
        np.abs(f - e).max() <= TOLERANCE[dtype] * max(np.abs(e).max(), 1e-3)
        for f, e in zip(found, expected, strict=True)
    )


TWINS = defaultdict(list)
for model, spec in MODELS.items():
    TWINS[spec.architecture].append(model)
# Every implementation of an architecture on every device that is here, against the first on the CPU.
PAIRS = [
    (models[0], other, device)
    for models in TWINS.values()
    for other in models
    for device in present_devices()
    if (other, device) != (models[0], "cpu") and MODELS[other].skip(device) is None
]


@pytest.mark.parametrize("name", MODELS)
def test_names_are_framework_and_architecture(name):
    framework, _, architecture = name.partition("_")
    assert architecture == MODELS[name].architecture
    assert framework in MODELS[name].module


def test_numpy_says_itself_that_it_knows_only_the_cpu():
    assert MODELS["numpy_mlp"].skip("cpu") is None
    assert "CPU only" in MODELS["numpy_mlp"].skip("cuda")
    assert MODELS["torch_mlp"].skip("cuda") is None


@pytest.mark.parametrize("name", MODELS)
def test_gradients_are_those_of_central_differences(name):
    network = build(name, np.float64)
    images, labels = batch(np.float64)
    _, found = gradients(network, images, labels)
    start = network.parameters()
    draw = np.random.default_rng(1)
    for which, gradient in enumerate(found):
        for _ in range(6):
            entry = tuple(draw.integers(0, size) for size in gradient.shape)
            losses = []
            for shift in (1e-6, -1e-6):
                moved = [parameter.copy() for parameter in start]
                moved[which][entry] += shift
                network.load(moved)
                losses.append(gradients(network, images, labels)[0])
            slope = (losses[0] - losses[1]) / 2e-6
            assert gradient[entry] == pytest.approx(slope, abs=1e-7, rel=1e-5)


@pytest.mark.parametrize("name", MODELS)
def test_a_step_follows_the_gradient(name):
    network = build(name, np.float64)
    images, labels = batch(np.float64)
    before = network.parameters()
    _, found = gradients(network, images, labels)
    network.step(network.place_images(images), network.place(labels))
    expected = [p - RECIPE.learning_rate * g for p, g in zip(before, found, strict=True)]
    assert close(network.parameters(), expected, np.float64)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("first", "second", "device"), PAIRS)
def test_twins_have_the_same_outputs_gradients_and_weights(first, second, device, dtype):
    networks = [build(first, dtype), build(second, dtype, device=device)]
    images, labels = batch(dtype)
    scores = [n.to_host(n.scores(n.place_images(images))) for n in networks]
    assert scores[0].dtype == scores[1].dtype == dtype
    assert close([scores[1]], [scores[0]], dtype)
    (loss_0, gradients_0), (loss_1, gradients_1) = (gradients(n, images, labels) for n in networks)
    assert loss_0 == pytest.approx(loss_1, rel=TOLERANCE[dtype])
    assert close(gradients_1, gradients_0, dtype)
    draw = np.random.default_rng(2)
    for n in (8, 8, 8, 3) * 5:  # the last batch of an epoch may be smaller
        images, labels = draw.random((n, *SHAPE)).astype(dtype), draw.integers(0, CLASSES, n)
        for network in networks:
            network.step(network.place_images(images), network.place(labels))
    assert close(networks[1].parameters(), networks[0].parameters(), dtype)


def test_twins_that_differ_are_told_apart():
    """The tolerance can fail: a learning rate that is off by a thousandth is seen after one step."""
    networks = [build("numpy_mlp"), build("torch_mlp", recipe=replace(RECIPE, learning_rate=0.1001))]
    images, labels = batch()
    for network in networks:
        network.step(network.place_images(images), network.place(labels))
    assert not close(networks[1].parameters(), networks[0].parameters(), np.float32)


@pytest.mark.parametrize("name", MODELS)
def test_parameters_go_out_and_in_as_copies(name):
    network = build(name)
    taken = network.parameters()
    images, labels = batch()
    network.step(network.place_images(images), network.place(labels))
    assert not all((a == b).all() for a, b in zip(taken, network.parameters(), strict=True))
    network.load(taken)
    assert all((a == b).all() for a, b in zip(taken, network.parameters(), strict=True))


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("shape", [(1, 8, 8), (1, 28, 28), (3, 32, 32)])
def test_every_model_takes_every_shape_of_image(name, shape):
    network = build(name, shape=shape)
    images, labels = batch(shape=shape)
    assert network.scores(network.place_images(images)).shape == (8, CLASSES)
    assert np.isfinite(network.to_host(network.step(network.place_images(images), network.place(labels))))


@pytest.mark.parametrize("name", MODELS)
def test_large_scores_do_not_overflow(name):
    network = build(name)
    network.load([parameter * np.float32(1e4) for parameter in network.parameters()])
    images, labels = batch()
    loss, found = gradients(network, images, labels)
    assert np.isfinite(loss)
    assert all(np.isfinite(gradient).all() for gradient in found)


def test_initial_parameters_are_uniform_within_their_bound_and_follow_the_seed():
    weight, bias = initial_parameters([(200, 100)], seed=5)
    assert weight.dtype == bias.dtype == np.float32
    assert (weight.shape, bias.shape) == ((200, 100), (200,))
    assert np.abs(weight).max() <= 0.1
    assert weight.std() == pytest.approx(0.1 / np.sqrt(3), rel=0.02)
    assert (initial_parameters([(200, 100)], seed=5)[0] == weight).all()
    assert not (initial_parameters([(200, 100)], seed=6)[0] == weight).any()
