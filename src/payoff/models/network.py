"""What every network can do, whatever its framework and device."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from payoff.machine.clock import DeviceClock
from payoff.models.optimizers import Optimizer

# An array on the network's device: numpy.ndarray or torch.Tensor. Both are indexed in the same way.
DeviceArray = Any


class Network(DeviceClock, ABC):
    """A network with its optimiser, on its device. payoff.runs.training drives it.

    Targets are class indices (n,), or rows of numbers (n, outputs) if the loss is a squared error.
    Only `synchronize`, `to_host` and `state` wait for the device.
    """

    optimizer: Optimizer
    parameters: Mapping[str, DeviceArray]  # what is trained, by name, on the device
    warm_up_steps = 1  # after so many steps of each batch size, no step has the extra cost of a first step
    compiles_blocks = False  # whether each length of a block of steps costs something once, when it first comes

    @abstractmethod
    def place_images(self, images: np.ndarray) -> DeviceArray:
        """float32 (n, channels, height, width) -> the form in which this network reads them, on the device."""

    @abstractmethod
    def place(self, values: np.ndarray) -> DeviceArray:
        """Targets or positions, on the device; real numbers in the network's type."""

    def place_order(self, order: np.ndarray) -> DeviceArray:
        """Positions, on the device where they can index images and targets."""
        return self.place(order)

    @abstractmethod
    def gradients(self, images: DeviceArray, targets: DeviceArray) -> tuple[DeviceArray, Sequence[DeviceArray]]:
        """The batch's mean loss, a scalar, and its gradient with respect to each of `parameters`.

        The next call may reuse the arrays. With the book's error rule, the result is that rule's direction instead of
        the gradient.
        """

    @abstractmethod
    def step(self, images: DeviceArray, targets: DeviceArray) -> DeviceArray:
        """Take one step of the optimiser on one batch; return the batch's mean loss before the step, a scalar."""

    @abstractmethod
    def scores(self, images: DeviceArray) -> DeviceArray:
        """(n, outputs): what the loss compares with the targets. For evaluation: nothing is kept for gradients."""

    @abstractmethod
    def to_host(self, values: DeviceArray | Sequence[DeviceArray]) -> np.ndarray:
        """Bring an array, or a list of scalars, to the host; waits for the device."""

    def train(
        self, images: DeviceArray, targets: DeviceArray, order: np.ndarray, batch_size: int
    ) -> Sequence[DeviceArray]:
        """Take one step for each batch of `order` (int64, on the host); return their losses, in that order."""
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
        """Copy a state into the network's arrays. An array that the state does not name stays as it is."""
        for name, own in self._changing().items():
            if name in state:
                self._assign(own, state[name])

    def peak_memory_bytes(self) -> int | None:
        """The most memory that was in use on the device; None if the device uses the memory of the process."""
        return None

    def thread_count(self) -> int | None:
        """How many CPU threads the framework says that it uses; None if it does not say."""
        return None

    def _changing(self) -> dict[str, DeviceArray]:
        memory = {
            f"optimizer.{kind}.{name}": array
            for kind, arrays in self.optimizer.memory.items()
            for name, array in zip(self.parameters, self._of_parameters(arrays), strict=True)
        }
        return dict(self.parameters) | memory | {"optimizer.steps": self.optimizer.steps}

    def _of_parameters(self, arrays: Sequence[DeviceArray]) -> Sequence[DeviceArray]:
        """One array per parameter, of arrays that the optimiser made like those that it was given."""
        return arrays

    def _assign(self, own: DeviceArray, given: np.ndarray) -> None:
        own[...] = given
