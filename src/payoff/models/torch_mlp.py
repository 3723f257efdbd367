"""The MLP of numpy_mlp in torch: the same layers, parameters and loss, differentiated by torch."""

import numpy as np
import torch

from payoff.models.blueprint import Blueprint
from payoff.models.torch_network import EagerTorchNetwork


class TorchMLP(EagerTorchNetwork):
    def place_images(self, images: np.ndarray) -> torch.Tensor:
        return self.place(images.reshape(len(images), -1))

    def forward(self, images: torch.Tensor, *, training: bool) -> torch.Tensor:
        return self._forward_dense(images)


def build(blueprint: Blueprint) -> TorchMLP:
    return TorchMLP(blueprint, blueprint.mlp_parameters())
