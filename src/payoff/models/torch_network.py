"""Torch networks in torch's eager mode: they say how to compute the scores, and torch computes the gradient."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch.nn import functional

from payoff.models.blueprint import Blueprint
from payoff.models.network import Network
from payoff.models.optimizers import make_optimizer
from payoff.models.torch_device import OnTorchDevice

ACTIVATIONS = {"relu": torch.relu, "sigmoid": torch.sigmoid}


class EagerTorchNetwork(OnTorchDevice, Network):
    """Each operation starts when Python reaches it, and is recorded for the gradient. This is the usual torch code."""

    def __init__(self, blueprint: Blueprint, parameters: Mapping[str, np.ndarray]):
        super().__init__(blueprint)
        recipe = blueprint.recipe
        self.parameters = {
            name: torch.tensor(value, device=self._device_of(name), requires_grad=True)
            for name, value in parameters.items()
        }
        self._list = list(self.parameters.values())
        with torch.no_grad():
            self.optimizer = make_optimizer(recipe, self._list)
        self._activate = ACTIVATIONS[recipe.activation]
        self._sigmoid_output = recipe.output == "sigmoid"
        self._squared_error = recipe.loss == "squared_error"
        self._sgd = recipe.optimizer == "sgd"
        dense = [name.partition(".")[0] for name in parameters if name.startswith("dense") and name.endswith("weight")]
        self._dense = [(self.parameters[f"{n}.weight"], self.parameters.get(f"{n}.bias")) for n in dense]

    @abstractmethod
    def forward(self, images: torch.Tensor, *, training: bool) -> torch.Tensor:
        """(n, outputs): the scores, differentiable with respect to the parameters."""

    def _device_of(self, name: str) -> torch.device:
        return self._device

    def _forward_dense(self, values: torch.Tensor, layers: Sequence | None = None) -> torch.Tensor:
        """Apply these dense layers, or all of them. The last one is the output layer."""
        *hidden, (weight, bias) = layers or self._dense
        for hidden_weight, hidden_bias in hidden:
            values = self._activate(functional.linear(values, hidden_weight, hidden_bias))
        values = functional.linear(values, weight, bias)
        return torch.sigmoid(values) if self._sigmoid_output else values

    def scores(self, images: torch.Tensor) -> torch.Tensor:
        with torch.inference_mode():
            return self.forward(images, training=False)

    def gradients(self, images: torch.Tensor, targets: torch.Tensor) -> tuple[torch.Tensor, Sequence[torch.Tensor]]:
        scores = self.forward(images, training=True)
        if self._squared_error:
            loss = functional.mse_loss(scores, targets, reduction="sum")
            loss = loss if len(images) == 1 else loss / len(images)
        else:
            loss = functional.cross_entropy(scores, targets)
        return loss.detach(), torch.autograd.grad(loss, self._list)

    def step(self, images: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        loss, gradients = self.gradients(images, targets)
        with torch.no_grad():
            if self._sgd:  # one operation per parameter
                for parameter, gradient in zip(self._list, gradients, strict=True):
                    parameter.sub_(gradient, alpha=self.optimizer.learning_rate)
            else:
                self.optimizer.update(self._list, gradients)
        return loss
