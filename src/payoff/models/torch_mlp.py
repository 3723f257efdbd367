"""The MLP of numpy_mlp in torch: the same layers, parameters and loss, differentiated by torch."""

from math import prod

import numpy as np
import torch
from torch.nn import functional

from payoff.models.network import initial_parameters
from payoff.models.torch_network import TorchNetwork
from payoff.recipes import Recipe


class TorchMLP(TorchNetwork):
    """parameters: W1 (h, d), b1 (h,), W2 (c, h), b2 (c,)."""

    def place_images(self, images: np.ndarray) -> torch.Tensor:
        return super().place_images(images.reshape(len(images), -1))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        w1, b1, w2, b2 = self._parameters
        return functional.linear(torch.relu(functional.linear(images, w1, b1)), w2, b2)


def build(
    recipe: Recipe,
    image_shape: tuple[int, int, int],
    classes: int,
    hidden_size: int,
    device: str,
    seed: int,
    dtype: type = np.float32,
) -> TorchMLP:
    parameters = initial_parameters([(hidden_size, prod(image_shape)), (classes, hidden_size)], seed, dtype)
    return TorchMLP(parameters, recipe.learning_rate, device)
