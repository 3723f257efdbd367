"""DEVICES: where a network can be trained, and which of them this machine has."""

import os
from collections.abc import Callable

from payoff.machine.nvml import gpus


def _cuda_is_present() -> bool:
    return os.environ.get("CUDA_VISIBLE_DEVICES", "all") not in ("", "-1") and bool(gpus())


# name -> is it here? The names are torch's.
DEVICES: dict[str, Callable[[], bool]] = {
    "cpu": lambda: True,
    "cuda": _cuda_is_present,
}


def present_devices() -> list[str]:
    return [name for name, is_present in DEVICES.items() if is_present()]
