"""DEVICES: where a network can be trained, and which of them this machine has.

The driver is asked, not torch: importing torch would cost every dry run its seconds.
"""

import os
from collections.abc import Callable

import pynvml


def gpus() -> list[dict]:
    """Name, memory and driver of each NVIDIA GPU; empty where there is no driver."""
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return []
    try:
        driver = _text(pynvml.nvmlSystemGetDriverVersion())
        handles = [pynvml.nvmlDeviceGetHandleByIndex(i) for i in range(pynvml.nvmlDeviceGetCount())]
        return [
            {
                "name": _text(pynvml.nvmlDeviceGetName(handle)),
                "memory_bytes": int(pynvml.nvmlDeviceGetMemoryInfo(handle).total),
                "driver": driver,
            }
            for handle in handles
        ]
    finally:
        pynvml.nvmlShutdown()


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
