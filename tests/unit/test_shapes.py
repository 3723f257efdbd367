"""The geometry of networks agrees with the networks themselves, and with the images that they see."""

from dataclasses import replace
from math import prod

import numpy as np
import pytest

from payoff.datasets.scaling import coloured
from payoff.models import shapes
from payoff.models.blueprint import Blueprint
from payoff.models.torch_cnn import TorchCNN
from payoff.recipes import Convolution, Recipe

RECIPE = Recipe("unit", "cross_entropy", "sgd", learning_rate=0.1, batch_size=8, epochs=1, dense=(1, 0.7, 0.001))
CONVOLUTIONS = (Convolution(4, 5, padding=1), Convolution(6, 3, pool=1), Convolution(5, 2, pool=3))


def test_every_hidden_layer_has_a_unit():
    assert shapes.hidden_widths(RECIPE, 120) == [120, 84, 1]


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("grey", [False, True])
def test_a_network_sees_the_channels_that_the_colours_leave(channels, grey):
    stored = np.ones((2, channels, 5, 6), np.uint8)
    seen = shapes.seen_shape(replace(RECIPE, grey=grey), stored.shape[1:])
    assert seen == coloured(stored, grey).shape[1:]


@pytest.mark.parametrize("architecture", shapes.ARCHITECTURES)
def test_the_layers_are_those_of_the_initial_weights(architecture):
    blueprint = Blueprint(replace(RECIPE, convolutions=CONVOLUTIONS), (3, 31, 24), 10, 40, "cpu", seed=3)
    drawn = {"mlp": blueprint.mlp_parameters, "cnn": blueprint.cnn_parameters}[architecture]()
    layers = shapes.ARCHITECTURES[architecture](blueprint.recipe, (3, 31, 24), 40, 10)
    assert {f"{layer}.weight": shape for layer, shape in layers.items()} == {
        name: array.shape for name, array in drawn.items() if name.endswith(".weight")
    }


def test_the_maps_are_those_that_torch_computes():
    """The first dense layer takes just as many numbers, or torch would refuse the image."""
    recipe = replace(RECIPE, convolutions=CONVOLUTIONS)
    network = TorchCNN(Blueprint(recipe, (3, 31, 24), 10, 40, "cpu", seed=3))
    images = network.place_images(np.ones((2, 3, 31, 24), np.float32))
    assert network.scores(images).shape == (2, 10)
    (first, pooled), *_ = shapes.convolution_maps(recipe, (3, 31, 24))
    assert (first, pooled) == ((4, 29, 22), (4, 14, 11))


def test_the_units_are_those_of_all_hidden_layers():
    recipe = replace(RECIPE, convolutions=(Convolution(4, 5),), dense=(1,))
    assert shapes.units_per_image("mlp", recipe, (1, 8, 8), 12) == 12
    assert shapes.units_per_image("cnn", recipe, (1, 8, 8), 12) == prod((4, 4, 4)) + 12
