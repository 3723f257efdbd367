"""A small CNN: two convolutions, each with ReLU and pooling, a dense layer of hidden_size, the classes.

    (channels, height, width) -> 8 @ 3×3 -> pool 2 -> 16 @ 3×3 -> pool 2 -> hidden_size -> classes

The convolutions are padded by 1 and keep the size, each pooling halves it (rounding down).
"""

import torch
from torch.nn import functional

from payoff.models.network import Blueprint
from payoff.models.torch_network import TorchNetwork

CHANNELS = (8, 16)


class TorchCNN(TorchNetwork):
    """parameters: K1 (8, channels, 3, 3), b1, K2 (16, 8, 3, 3), b2, W3 (h, 16·height/4·width/4), b3, W4 (c, h), b4."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        k1, b1, k2, b2, w3, b3, w4, b4 = self._parameters
        maps = functional.max_pool2d(torch.relu(functional.conv2d(images, k1, b1, padding=1)), 2)
        maps = functional.max_pool2d(torch.relu(functional.conv2d(maps, k2, b2, padding=1)), 2)
        hidden = torch.relu(functional.linear(maps.flatten(1), w3, b3))
        return functional.linear(hidden, w4, b4)


def build(blueprint: Blueprint) -> TorchCNN:
    channels, height, width = blueprint.image_shape
    first, second = CHANNELS
    parameters = blueprint.parameters(
        [
            (first, channels, 3, 3),
            (second, first, 3, 3),
            (blueprint.hidden_size, second * (height // 4) * (width // 4)),
            (blueprint.classes, blueprint.hidden_size),
        ]
    )
    return TorchCNN(parameters, blueprint.recipe.learning_rate, blueprint.device)
