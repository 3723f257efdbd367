"""The MLP of numpy_mlp in torch: the same layers, parameters and loss, differentiated by torch."""

import numpy as np
import torch
from torch.nn import functional

from payoff.models.network import Blueprint
from payoff.models.torch_network import TorchNetwork


class TorchMLP(TorchNetwork):
    """parameters: W1 (h, d), b1 (h,), W2 (c, h), b2 (c,)."""

    def place_images(self, images: np.ndarray) -> torch.Tensor:
        return super().place_images(images.reshape(len(images), -1))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        w1, b1, w2, b2 = self._parameters
        return functional.linear(torch.relu(functional.linear(images, w1, b1)), w2, b2)


def build(blueprint: Blueprint) -> TorchMLP:
    return TorchMLP(blueprint.mlp_parameters(), blueprint.recipe.learning_rate, blueprint.device)
