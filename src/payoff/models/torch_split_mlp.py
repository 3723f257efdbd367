"""The MLP over two devices: the first layer on one, all others on the second.

This shows what model parallelism costs: in each step, the hidden layer's values go to the second device and their
gradients come back.
"""

import numpy as np
import torch
from torch.nn import functional

from payoff.models.blueprint import Blueprint
from payoff.models.torch_device import ready
from payoff.models.torch_network import EagerTorchNetwork


class SplitTorchMLP(EagerTorchNetwork):
    """On `cuda` the devices are cuda:0 and cuda:1. On `cpu` both are the CPU, which is only for tests."""

    def __init__(self, blueprint: Blueprint):
        names = ("cpu", "cpu") if blueprint.device == "cpu" else [f"{blueprint.device}:{i}" for i in range(2)]
        self._first, self._second = map(ready, names)
        super().__init__(blueprint, blueprint.mlp_parameters())

    def _device_of(self, name: str) -> torch.device:
        return self._first if name.startswith("dense1.") else self._second

    def place_images(self, images: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(images.reshape(len(images), -1)).to(self._first, self._type)

    def place(self, values: np.ndarray) -> torch.Tensor:
        """Targets, on the device of the outputs."""
        return super().place(values).to(self._second)

    def place_order(self, order: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(order)  # on the host, from where it can index arrays of both devices

    def forward(self, images: torch.Tensor, *, training: bool) -> torch.Tensor:
        (weight, bias), *others = self._dense
        hidden = self._activate(functional.linear(images, weight, bias))
        return self._forward_dense(hidden.to(self._second), others)

    def peak_memory_bytes(self) -> int | None:
        """Of both devices together."""
        if self._second.type == "cpu":
            return None
        return sum(torch.accelerator.max_memory_allocated(device) for device in (self._first, self._second))

    def synchronize(self) -> None:
        for device in {self._first, self._second}:
            if device.type != "cpu":
                torch.accelerator.synchronize(device)


def build(blueprint: Blueprint) -> SplitTorchMLP:
    return SplitTorchMLP(blueprint)
