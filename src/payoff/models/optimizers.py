"""How gradients change parameters, written once for every framework.

An update works in place and uses only arithmetic operators, which numpy and torch share. It overwrites the gradients.
torch.optim is not used: its first optimiser loads torch's compiler, which takes 1.4 s per process.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from math import sqrt
from typing import Any

import numpy as np

from payoff.recipes import Recipe

# An array on the network's device: numpy.ndarray or torch.Tensor.
DeviceArray = Any


class Optimizer(ABC):
    """learning_rate may be changed between steps. memory: arrays like the parameters, by name, all zero at first."""

    memory_names: tuple[str, ...] = ()

    def __init__(self, recipe: Recipe, parameters: Sequence[DeviceArray]):
        self.learning_rate = recipe.learning_rate
        self.steps = np.zeros(1, np.int64)
        self.memory = {name: [parameter * 0 for parameter in parameters] for name in self.memory_names}

    def update(self, parameters: Sequence[DeviceArray], gradients: Sequence[DeviceArray]) -> None:
        """One step."""
        self.apply(parameters, gradients, *self.next_step())

    def next_step(self) -> tuple[float, ...]:
        """Count a step, and return the numbers that `apply` needs for it."""
        return (self.learning_rate,)

    @abstractmethod
    def apply(self, parameters: Sequence[DeviceArray], gradients: Sequence[DeviceArray], *numbers: Any) -> None:
        """Change the parameters. It is the same arithmetic in each step, so it can be compiled; only the numbers,
        Python's or scalars on the device, differ."""


class Sgd(Optimizer):
    def apply(self, parameters, gradients, rate):
        for w, g in zip(parameters, gradients, strict=True):
            g *= rate
            w -= g


class Nesterov(Optimizer):
    """Sutskever et al. 2013, in the form of torch.optim.SGD(nesterov=True) and Lasagne's nesterov_momentum."""

    memory_names = ("velocity",)

    def __init__(self, recipe, parameters):
        super().__init__(recipe, parameters)
        self.momentum = recipe.momentum

    def apply(self, parameters, gradients, rate):
        for w, g, v in zip(parameters, gradients, self.memory["velocity"], strict=True):
            v *= self.momentum
            v += g
            g += self.momentum * v
            g *= rate
            w -= g


class Adam(Optimizer):
    """Kingma and Ba 2015, algorithm 1."""

    memory_names = ("first_moment", "second_moment")
    beta_1, beta_2, epsilon = 0.9, 0.999, 1e-8

    def next_step(self):
        self.steps += 1
        t = int(self.steps[0])
        # Both moments start at zero. The corrections for this are put into two numbers, as at the end of section 2.
        correction = sqrt(1 - self.beta_2**t)
        return self.learning_rate * correction / (1 - self.beta_1**t), self.epsilon * correction

    def apply(self, parameters, gradients, rate, epsilon):
        for w, g, m, v in zip(
            parameters, gradients, self.memory["first_moment"], self.memory["second_moment"], strict=True
        ):
            m *= self.beta_1
            m += (1 - self.beta_1) * g
            v *= self.beta_2
            g *= g
            g *= 1 - self.beta_2
            v += g
            scale = v**0.5
            scale += epsilon
            change = m / scale
            change *= rate
            w -= change


MAKERS: dict[str, type[Optimizer]] = {
    "sgd": Sgd,
    "nesterov": Nesterov,
    "adam": Adam,
}


def make_optimizer(recipe: Recipe, parameters: Sequence[DeviceArray]) -> Optimizer:
    return MAKERS[recipe.optimizer](recipe, parameters)
