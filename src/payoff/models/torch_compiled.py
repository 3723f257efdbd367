"""Torch networks in mode `compiled`: torch.compile makes one program of a whole step.

The batch is picked, the loss differentiated and the parameters changed in that program. To compile only the scores, as
torch's tutorials do, costs more per step than it saves in a small network (docs/decisions/torch-compile.md).
"""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
import torch._dynamo  # loaded here, so that the time for it is told with the other imports

from payoff.models.blueprint import Blueprint
from payoff.models.torch_network import EagerTorchNetwork

BACKEND = "inductor"  # torch's own compiler, which torch.compile takes by default


class CompiledSteps(EagerTorchNetwork):
    """Mixed in before the network that says how the scores are computed. Evaluation stays eager.

    torch compiles for each batch size anew, when the first step of that size is taken.
    """

    def __init__(self, blueprint: Blueprint, parameters: Mapping[str, np.ndarray]):
        super().__init__(blueprint, parameters)
        torch._dynamo.reset()  # a new network has nothing compiled, also where an earlier one was of the same class
        torch._dynamo.config.trace_autograd_ops = True  # else the gradient ends one program, and begins another
        self._compiled = torch.compile(self._take, backend=BACKEND, fullgraph=True, dynamic=False)
        self._numbers: tuple[float, ...] = ()
        self._placed_numbers = torch.empty(0)

    def train(self, images, targets, order: np.ndarray, batch_size: int) -> Sequence[torch.Tensor]:
        return [self._step(images, targets, batch) for batch in self.place_order(order).split(batch_size)]

    def step(self, images: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        return self._step(images, targets, torch.arange(len(images), device=self._device))

    def _step(self, images: torch.Tensor, targets: torch.Tensor, batch: torch.Tensor) -> torch.Tensor:
        numbers = self.optimizer.next_step()
        if numbers != self._numbers:  # as Python's numbers they would be constants of the program
            self._numbers = numbers
            self._placed_numbers = torch.tensor(numbers, dtype=self._type, device=self._device)
        return self._compiled(images, targets, batch, self._placed_numbers)

    def _take(self, images, targets, batch, numbers) -> torch.Tensor:
        loss, gradients = self.gradients(images[batch], targets[batch])
        with torch.no_grad():
            self.optimizer.apply(self._list, gradients, *numbers.unbind())
        return loss
