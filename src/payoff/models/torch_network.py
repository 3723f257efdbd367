"""What the torch networks share: automatic gradients, one optimiser step, the way to a device."""

from abc import abstractmethod
from collections.abc import Sequence

import numpy as np
import torch
from torch.nn import functional

from payoff.failures import RunFailure
from payoff.models.network import Network


class TorchNetwork(Network):
    """A network that says how it computes its scores; torch differentiates.

    The step is written out (three lines) instead of taken from torch.optim: that package loads
    torch's compiler when the first optimiser is made, 1.4 s a process, to do the same three lines.
    """

    def __init__(self, parameters: Sequence[np.ndarray], learning_rate: float, device: str):
        """parameters: float32 or float64, weight and bias of each layer; device: a name that torch knows."""
        self._device = _ready(device)
        self._learning_rate = learning_rate
        self._parameters = [
            torch.tensor(parameter, device=self._device, requires_grad=True) for parameter in parameters
        ]

    @abstractmethod
    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """(n, classes): the scores, differentiable by the parameters."""

    def scores(self, images: torch.Tensor) -> torch.Tensor:
        with torch.inference_mode():
            return self.forward(images)

    def place_images(self, images: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(images).to(self._device, self._parameters[0].dtype)

    def place(self, indices: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(indices).to(self._device)

    def gradients(self, images: torch.Tensor, labels: torch.Tensor) -> tuple[torch.Tensor, Sequence[torch.Tensor]]:
        loss = functional.cross_entropy(self.forward(images), labels)
        return loss.detach(), torch.autograd.grad(loss, self._parameters)

    def step(self, images: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        loss, gradients = self.gradients(images, labels)
        with torch.no_grad():
            for parameter, gradient in zip(self._parameters, gradients, strict=True):
                parameter.sub_(gradient, alpha=self._learning_rate)
        return loss

    def parameters(self) -> list[np.ndarray]:
        return [parameter.detach().cpu().numpy().copy() for parameter in self._parameters]

    def load(self, parameters: Sequence[np.ndarray]) -> None:
        with torch.no_grad():
            for own, given in zip(self._parameters, parameters, strict=True):
                own.copy_(torch.from_numpy(given))

    def to_host(self, values: torch.Tensor | Sequence[torch.Tensor]) -> np.ndarray:
        values = values if isinstance(values, torch.Tensor) else torch.stack(list(values))
        return values.detach().cpu().numpy()

    def synchronize(self) -> None:
        if self._device.type != "cpu":
            torch.accelerator.synchronize(self._device)

    def peak_memory_bytes(self) -> int | None:
        return None if self._device.type == "cpu" else torch.accelerator.max_memory_allocated(self._device)

    def thread_count(self) -> int:
        return torch.get_num_threads()


def _ready(name: str) -> torch.device:
    """The device, checked to be there. Raises RunFailure("device_missing")."""
    device = torch.device(name)
    if device.type != "cpu":
        here = torch.accelerator.current_accelerator(check_available=True)
        if here is None or here.type != device.type:
            raise RunFailure("device_missing", f"torch sees {here.type if here else 'no accelerator'}, not {name}")
        # The same seed shall give the same weights; a kernel that cannot promise it only warns.
        torch.use_deterministic_algorithms(True, warn_only=True)
        # Convolutions would be rounded to TF32 by default, and then do less work than those on the CPU.
        torch.backends.cudnn.allow_tf32 = False
        torch.utils.deterministic.fill_uninitialized_memory = False  # a debugging aid that costs time
    return device
