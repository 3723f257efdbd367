"""What a network is built from, and the weights with which its training begins."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod, sqrt

import numpy as np

from payoff.models.shapes import ImageShape, cnn_layers, mlp_layers
from payoff.recipes import Recipe


@dataclass(frozen=True)
class Blueprint:
    """What a model's `build` makes a network from.

    image_shape: (channels, height, width); outputs: classes, or numbers to predict; hidden_size: the
    unit in which recipe.dense gives the widths of the hidden dense layers; device: a key of
    payoff.machine.devices.DEVICES; dtype: of parameters and arithmetic.
    """

    recipe: Recipe
    image_shape: ImageShape
    outputs: int
    hidden_size: int
    device: str
    seed: int
    dtype: type = np.float32

    def mlp_parameters(self) -> dict[str, np.ndarray]:
        """dense1.weight (h, d), dense1.bias (h,) and so on up to the outputs; d pixels, h units."""
        return self._initial(mlp_layers(self.recipe, self.image_shape, self.hidden_size, self.outputs))

    def cnn_parameters(self) -> dict[str, np.ndarray]:
        """conv1.weight (k, channels, s, s), conv1.bias (k,), …, norm.weight and .bias (k,), dense1.weight, …

        Raises RunFailure("does_not_fit") if the convolutions leave nothing of the image.
        """
        parameters = self._initial(cnn_layers(self.recipe, self.image_shape, self.hidden_size, self.outputs))
        if self.recipe.batch_norm:
            channels = self.recipe.convolutions[-1].channels
            parameters |= {"norm.weight": np.ones(channels, self.dtype), "norm.bias": np.zeros(channels, self.dtype)}
        return parameters

    def _initial(self, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, np.ndarray]:
        return initial_parameters(shapes, self.recipe, self.seed, self.dtype)


def initial_parameters(
    shapes: Mapping[str, tuple[int, ...]], recipe: Recipe, seed: int, dtype: type = np.float32
) -> dict[str, np.ndarray]:
    """Weight (out, in, …) and, if the recipe has them, bias (out,) of each layer, drawn as INITIAL_WEIGHTS says.

    numpy draws them for every framework, so that all ways to train a network start from the same numbers.
    """
    draw = np.random.default_rng(seed)
    parameters: dict[str, np.ndarray] = {}
    for layer, shape in shapes.items():
        fan_in, fan_out = prod(shape[1:]), shape[0] * prod(shape[2:])
        match recipe.initial_weights:
            case "fan_in_normal":
                weight, bias = draw.normal(0, 1 / sqrt(fan_in), shape), np.zeros(shape[0])
            case "glorot_uniform":
                bound = sqrt(6 / (fan_in + fan_out))
                weight, bias = draw.uniform(-bound, bound, shape), np.zeros(shape[0])
            case "fan_in_uniform":
                bound = 1 / sqrt(fan_in)
                weight, bias = (draw.uniform(-bound, bound, size) for size in (shape, shape[:1]))
        parameters[f"{layer}.weight"] = weight.astype(dtype)
        if recipe.biases:
            parameters[f"{layer}.bias"] = bias.astype(dtype)
    return parameters
