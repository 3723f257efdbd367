"""What every network can do, whatever its framework and device."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from payoff.recipes import Recipe

# An array where the network computes: numpy.ndarray or torch.Tensor. Both are indexed alike.
DeviceArray = Any


@dataclass(frozen=True)
class Blueprint:
    """What a model's `build` makes a network from.

    image_shape: (channels, height, width); hidden_size: units of the hidden layer, of a CNN of its
    dense layer; device: a key of payoff.devices.DEVICES; dtype: of parameters and arithmetic.
    """

    recipe: Recipe
    image_shape: tuple[int, int, int]
    classes: int
    hidden_size: int
    device: str
    seed: int
    dtype: type = np.float32

    def mlp_parameters(self) -> list[np.ndarray]:
        """W1 (h, d), b1 (h,), W2 (c, h), b2 (c,) of an MLP with one hidden layer; d pixels, c classes."""
        return self.parameters([(self.hidden_size, prod(self.image_shape)), (self.classes, self.hidden_size)])

    def parameters(self, weight_shapes: Sequence[tuple[int, ...]]) -> list[np.ndarray]:
        return initial_parameters(weight_shapes, self.seed, self.dtype)


class Network(ABC):
    """A network with its optimiser, on its device. payoff.training drives it.

    Nothing here waits for the device but `synchronize` and `to_host`.
    """

    @abstractmethod
    def place_images(self, images: np.ndarray) -> DeviceArray:
        """float32 (n, channels, height, width) -> the form in which this network reads them, on the device."""

    @abstractmethod
    def place(self, indices: np.ndarray) -> DeviceArray:
        """int64 (n,), labels or positions, on the device."""

    @abstractmethod
    def gradients(self, images: DeviceArray, labels: DeviceArray) -> tuple[DeviceArray, Sequence[DeviceArray]]:
        """The batch's mean loss, a scalar, and its gradient by each parameter."""

    @abstractmethod
    def step(self, images: DeviceArray, labels: DeviceArray) -> DeviceArray:
        """One step of the optimiser on one batch; the batch's mean loss before it, a scalar."""

    @abstractmethod
    def scores(self, images: DeviceArray) -> DeviceArray:
        """(n, classes): one score a class, before the softmax. For evaluation: nothing is kept for gradients."""

    @abstractmethod
    def parameters(self) -> list[np.ndarray]:
        """Copies on the host: weight (out, in, …) and bias (out,) of each layer in turn."""

    @abstractmethod
    def load(self, parameters: Sequence[np.ndarray]) -> None:
        """Take the values of these parameters, in place, and start the optimiser anew."""

    @abstractmethod
    def to_host(self, values: DeviceArray | Sequence[DeviceArray]) -> np.ndarray:
        """Bring an array, or a list of scalars, to the host; waits for the device."""

    def synchronize(self) -> None:  # noqa: B027 (the CPU has nothing to wait for)
        """Wait until the device has done all it was given."""

    def peak_memory_bytes(self) -> int | None:
        """The most memory that was in use on the device; None where that is the process's own."""
        return None

    def thread_count(self) -> int | None:
        """The framework's own word for how many CPU threads it computes with; None if it has none."""
        return None


def initial_parameters(
    weight_shapes: Sequence[tuple[int, ...]], seed: int, dtype: type = np.float32
) -> list[np.ndarray]:
    """Weights (out, in, …) and biases (out,) of each layer, drawn from U(-1/sqrt(fan_in), 1/sqrt(fan_in)).

    That is what torch.nn.Linear and Conv2d draw from by default (He et al. 2015 with a = sqrt(5)).
    Drawn by numpy for every framework, so that twins start from the same numbers.
    """
    draw = np.random.default_rng(seed)
    parameters = []
    for shape in weight_shapes:
        bound = 1 / np.sqrt(prod(shape[1:]))
        parameters += [draw.uniform(-bound, bound, size).astype(dtype) for size in (shape, shape[:1])]
    return parameters
