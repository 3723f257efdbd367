"""What all torch networks share: moving arrays to a device and back."""

from collections.abc import Sequence

import numpy as np
import torch

from payoff.failures import RunFailure
from payoff.models.blueprint import Blueprint

TYPES: dict[type, torch.dtype] = {np.float32: torch.float32, np.float64: torch.float64}


class OnTorchDevice:
    """Mixed into a Network: its arrays are tensors of `self._type` on `self._device`."""

    def __init__(self, blueprint: Blueprint):
        self._device = ready(blueprint.device)
        self._type = TYPES[blueprint.dtype]

    def place(self, values: np.ndarray) -> torch.Tensor:
        tensor = torch.from_numpy(values)
        return tensor.to(self._device, self._type if tensor.is_floating_point() else None)

    def to_host(self, values: torch.Tensor | Sequence[torch.Tensor]) -> np.ndarray:
        if isinstance(values, np.ndarray):
            return values
        values = values if isinstance(values, torch.Tensor) else torch.stack(list(values))
        return values.detach().cpu().numpy()

    def synchronize(self) -> None:
        if self._device.type != "cpu":
            torch.accelerator.synchronize(self._device)

    def mark(self) -> torch.Event | None:
        if self._device.type == "cpu":
            return None
        event = torch.Event(self._device, enable_timing=True)
        event.record()
        return event

    def seconds_between(self, start: torch.Event | None, end: torch.Event | None) -> float | None:
        return None if start is None else start.elapsed_time(end) / 1e3

    def peak_memory_bytes(self) -> int | None:
        return None if self._device.type == "cpu" else torch.accelerator.max_memory_allocated(self._device)

    def thread_count(self) -> int:
        return torch.get_num_threads()

    def _assign(self, own: torch.Tensor | np.ndarray, given: np.ndarray) -> None:
        if isinstance(own, np.ndarray):
            own[...] = given
        else:
            with torch.no_grad():
                own.copy_(torch.from_numpy(given))


def ready(name: str) -> torch.device:
    """Return the device, after checking that it is there. Raises RunFailure("device_missing")."""
    device = torch.device(name)
    if device.type != "cpu":
        here = torch.accelerator.current_accelerator(check_available=True)
        if here is None or here.type != device.type:
            raise RunFailure("device_missing", f"torch sees {here.type if here else 'no accelerator'}, not {name}")
        if (device.index or 0) >= torch.accelerator.device_count():
            raise RunFailure("device_missing", f"torch sees {torch.accelerator.device_count()} of them, not {name}")
        set_up_accelerator()
    return device


def set_up_accelerator() -> None:
    """The same seed must give the same weights, and the arithmetic must be that of the CPU."""
    # A kernel that cannot guarantee the same weights only warns. `use_deterministic_algorithms` sets the same switch,
    # but it first loads torch's compiler: 907 modules, 4 to 7 s on the machine of an H100.
    torch.set_deterministic_debug_mode("warn")
    torch.backends.cudnn.allow_tf32 = False  # by default, convolutions are rounded to TF32, which is less work
    torch.utils.deterministic.fill_uninitialized_memory = False  # a debugging aid that costs time
