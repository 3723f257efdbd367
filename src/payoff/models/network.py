"""What every network can do, whatever its framework and device."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from payoff.machine.clock import DeviceClock
from payoff.models.optimizers import Optimizer

# An array where the network computes: numpy.ndarray or torch.Tensor. Both are indexed alike.
DeviceArray = Any


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
