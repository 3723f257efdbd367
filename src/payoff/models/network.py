"""What every network can do, whatever its framework and device."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import prod, sqrt
from typing import Any

import numpy as np

from payoff.failures import RunFailure
from payoff.machine.clock import DeviceClock
from payoff.models.optimizers import Optimizer
from payoff.recipes import Recipe

# An array where the network computes: numpy.ndarray or torch.Tensor. Both are indexed alike.
DeviceArray = Any


@dataclass(frozen=True)
class Blueprint:
    """What a model's `build` makes a network from.

    image_shape: (channels, height, width); outputs: classes, or numbers to predict; hidden_size: the
    unit in which recipe.dense gives the widths of the hidden dense layers; device: a key of
    payoff.machine.devices.DEVICES; dtype: of parameters and arithmetic.
    """

    recipe: Recipe
    image_shape: tuple[int, int, int]
    outputs: int
    hidden_size: int
    device: str
    seed: int
    dtype: type = np.float32

    def mlp_parameters(self) -> dict[str, np.ndarray]:
        """dense1.weight (h, d), dense1.bias (h,) and so on up to the outputs; d pixels, h units."""
        return self._initial(self.mlp_layers())

    def cnn_parameters(self) -> dict[str, np.ndarray]:
        """conv1.weight (k, channels, s, s), conv1.bias (k,), …, norm.weight and .bias (k,), dense1.weight, …"""
        parameters = self._initial(self.cnn_layers())
        if self.recipe.batch_norm:
            channels = self.recipe.convolutions[-1].channels
            parameters |= {"norm.weight": np.ones(channels, self.dtype), "norm.bias": np.zeros(channels, self.dtype)}
        return parameters

    def mlp_layers(self) -> dict[str, tuple[int, ...]]:
        """The shape of each layer's weight, by the layer's name."""
        return self._dense_shapes(prod(self.image_shape))

    def cnn_layers(self) -> dict[str, tuple[int, ...]]:
        """The shape of each layer's weight, by the layer's name."""
        channels, shapes = self.image_shape[0], {}
        for number, layer in enumerate(self.recipe.convolutions, 1):
            shapes[f"conv{number}"] = (layer.channels, channels, layer.kernel, layer.kernel)
            channels = layer.channels
        return shapes | self._dense_shapes(prod(self.feature_maps()))

    def feature_maps(self) -> tuple[int, int, int]:
        """(channels, height, width) after the convolutions. Raises RunFailure("does_not_fit") if nothing is left."""
        channels, *size = self.image_shape
        for number, layer in enumerate(self.recipe.convolutions, 1):
            size = [(length + 2 * layer.padding - layer.kernel + 1) // layer.pool for length in size]
            channels = layer.channels
            if min(size) < 1:
                detail = f"images of {self.image_shape[1]}×{self.image_shape[2]} are used up by convolution {number}"
                raise RunFailure("does_not_fit", detail)
        return channels, *size

    def _dense_shapes(self, inputs: int) -> dict[str, tuple[int, int]]:
        hidden = [max(1, round(share * self.hidden_size)) for share in self.recipe.dense]
        widths = [inputs, *hidden, self.outputs]
        return {f"dense{i}": (widths[i], widths[i - 1]) for i in range(1, len(widths))}

    def _initial(self, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, np.ndarray]:
        return initial_parameters(shapes, self.recipe, self.seed, self.dtype)


def initial_parameters(
    shapes: Mapping[str, tuple[int, ...]], recipe: Recipe, seed: int, dtype: type = np.float32
) -> dict[str, np.ndarray]:
    """Weight (out, in, …) and, where the recipe has them, bias (out,) of each layer: INITIAL_WEIGHTS says from where.

    Drawn by numpy for every framework, so that twins start from the same numbers.
    """
    draw = np.random.default_rng(seed)
    parameters = {}
    for layer, shape in shapes.items():
        fan_in, fan_out = prod(shape[1:]), shape[0] * prod(shape[2:])
        match recipe.initial_weights:
            case "fan_in_normal":
                weight, bias = draw.normal(0, 1 / sqrt(fan_in), shape), np.zeros(shape[0])
            case "glorot_uniform":
                bound = sqrt(6 / (fan_in + fan_out))
                weight, bias = draw.uniform(-bound, bound, shape), np.zeros(shape[0])
            case "fan_in_uniform":
                bound = 1 / sqrt(fan_in)
                weight, bias = (draw.uniform(-bound, bound, size) for size in (shape, shape[:1]))
        parameters[f"{layer}.weight"] = weight.astype(dtype)
        if recipe.biases:
            parameters[f"{layer}.bias"] = bias.astype(dtype)
    return parameters


class Network(DeviceClock, ABC):
    """A network with its optimiser, on its device. payoff.runs.training drives it.

    Targets are class indices (n,), or rows of numbers (n, outputs) where the loss is a squared error.
    Nothing here waits for the device but `synchronize`, `to_host` and `state`.
    """

    optimizer: Optimizer
    parameters: Mapping[str, DeviceArray]  # what is trained, by name, where it is computed with
    warm_up_steps = 1  # after so many steps of each batch size nothing is left that only first steps cost

    @abstractmethod
    def place_images(self, images: np.ndarray) -> DeviceArray:
        """float32 (n, channels, height, width) -> the form in which this network reads them, on the device."""

    @abstractmethod
    def place(self, values: np.ndarray) -> DeviceArray:
        """Targets or positions, on the device; real numbers in the network's type."""

    def place_order(self, order: np.ndarray) -> DeviceArray:
        """Positions, where they index images and targets."""
        return self.place(order)

    @abstractmethod
    def gradients(self, images: DeviceArray, targets: DeviceArray) -> tuple[DeviceArray, Sequence[DeviceArray]]:
        """The batch's mean loss, a scalar, and its gradient by each of `parameters`.

        The next call may reuse the arrays. With the book's error rule, that rule's direction instead of the gradient.
        """

    @abstractmethod
    def step(self, images: DeviceArray, targets: DeviceArray) -> DeviceArray:
        """One step of the optimiser on one batch; the batch's mean loss before it, a scalar."""

    @abstractmethod
    def scores(self, images: DeviceArray) -> DeviceArray:
        """(n, outputs): what the loss compares with the targets. For evaluation: nothing is kept for gradients."""

    @abstractmethod
    def to_host(self, values: DeviceArray | Sequence[DeviceArray]) -> np.ndarray:
        """Bring an array, or a list of scalars, to the host; waits for the device."""

    def train(
        self, images: DeviceArray, targets: DeviceArray, order: np.ndarray, batch_size: int
    ) -> Sequence[DeviceArray]:
        """A step for each batch of `order` (int64, on the host); their losses, in that order."""
        return [self.step(*batch) for batch in self._batches(images, targets, order, batch_size)]

    def _batches(self, images, targets, order, batch_size) -> Iterator[tuple[DeviceArray, DeviceArray]]:
        if batch_size == 1:  # a row is a view: nothing is copied, and a GPU has no kernel to start
            for i in order.tolist():
                yield images[i : i + 1], targets[i : i + 1]
        else:
            order = self.place_order(order)
            for start in range(0, len(order), batch_size):
                batch = order[start : start + batch_size]
                yield images[batch], targets[batch]

    def state(self) -> dict[str, np.ndarray]:
        """Everything that training changes, by name, as copies on the host: parameters first."""
        return {name: np.array(self.to_host(array)) for name, array in self._changing().items()}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Take over a state, in place; what it does not name stays as it is."""
        for name, own in self._changing().items():
            if name in state:
                self._assign(own, state[name])

    def peak_memory_bytes(self) -> int | None:
        """The most memory that was in use on the device; None where that is the process's own."""
        return None

    def thread_count(self) -> int | None:
        """The framework's own word for how many CPU threads it computes with; None if it has none."""
        return None

    def _changing(self) -> dict[str, DeviceArray]:
        memory = {
            f"optimizer.{kind}.{name}": array
            for kind, arrays in self.optimizer.memory.items()
            for name, array in zip(self.parameters, arrays, strict=True)
        }
        return dict(self.parameters) | memory | {"optimizer.steps": self.optimizer.steps}

    def _assign(self, own: DeviceArray, given: np.ndarray) -> None:
        own[...] = given
