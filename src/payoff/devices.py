"""DEVICES: where a network can be trained, and which of them this machine has.

The driver is asked, not torch: importing torch would cost every dry run its seconds.
"""

import os
from collections.abc import Callable

import pynvml


def gpus() -> list[dict]:
    """Name, memory and driver of each NVIDIA GPU; empty where there is no driver, null what it does not tell."""
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return []
    try:
        handles = [pynvml.nvmlDeviceGetHandleByIndex(i) for i in range(pynvml.nvmlDeviceGetCount())]
        return [
            {
                "name": _told(lambda: _text(pynvml.nvmlDeviceGetName(handle))),  # noqa: B023 (called at once)
                "memory_bytes": _told(lambda: int(pynvml.nvmlDeviceGetMemoryInfo(handle).total)),  # noqa: B023
                "driver": _told(lambda: _text(pynvml.nvmlSystemGetDriverVersion())),
            }
            for handle in handles
        ]
    except pynvml.NVMLError:  # a GPU that has fallen off the bus cannot be asked
        return []
    finally:
        pynvml.nvmlShutdown()


def _told(ask: Callable[[], str | int]) -> str | int | None:
    try:
        return ask()
    except pynvml.NVMLError:
        return None


def _cuda_is_present() -> bool:
    return os.environ.get("CUDA_VISIBLE_DEVICES", "all") not in ("", "-1") and bool(gpus())


def _text(value: str | bytes) -> str:
    """Older bindings answer in bytes."""
    return value.decode() if isinstance(value, bytes) else value


# name -> is it here? The names are torch's.
DEVICES: dict[str, Callable[[], bool]] = {
    "cpu": lambda: True,
    "cuda": _cuda_is_present,
}


def present_devices() -> list[str]:
    return [name for name, is_present in DEVICES.items() if is_present()]
