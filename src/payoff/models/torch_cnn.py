"""A CNN: the recipe's convolutions, then dense layers.

Each convolution is followed by ReLU and max-pooling. recipe.batch_norm normalises each of the last maps over the batch
and the image (Ioffe and Szegedy 2015). In evaluation it uses running means.
"""

import numpy as np
import torch
from torch.nn import functional

from payoff.models.blueprint import Blueprint
from payoff.models.torch_network import EagerTorchNetwork


class TorchCNN(EagerTorchNetwork):
    def __init__(self, blueprint: Blueprint):
        super().__init__(blueprint, blueprint.cnn_parameters())
        self._convolutions = [
            (self.parameters[f"conv{number}.weight"], self.parameters.get(f"conv{number}.bias"), layer)
            for number, layer in enumerate(blueprint.recipe.convolutions, 1)
        ]
        self._norm = None
        if blueprint.recipe.batch_norm:
            scale, shift = self.parameters["norm.weight"], self.parameters["norm.bias"]
            mean, variance = torch.zeros_like(scale), torch.ones_like(scale)
            self._norm = {"running_mean": mean, "running_var": variance, "weight": scale, "bias": shift}

    def place_images(self, images: np.ndarray) -> torch.Tensor:
        return self.place(images)

    def forward(self, images: torch.Tensor, *, training: bool) -> torch.Tensor:
        maps = images
        for weight, bias, layer in self._convolutions:
            maps = torch.relu(functional.conv2d(maps, weight, bias, padding=layer.padding))
            if layer.pool > 1:
                maps = functional.max_pool2d(maps, layer.pool)
        if self._norm:
            maps = functional.batch_norm(maps, **self._norm, training=training)
        return self._forward_dense(maps.flatten(1))

    def _changing(self) -> dict:
        if not self._norm:
            return super()._changing()
        return super()._changing() | {
            "norm.running_mean": self._norm["running_mean"],
            "norm.running_var": self._norm["running_var"],
        }


def build(blueprint: Blueprint) -> TorchCNN:
    return TorchCNN(blueprint)
