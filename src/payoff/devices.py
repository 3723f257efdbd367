"""DEVICES: where a network can be trained, and which of them this machine has."""

import os
from collections.abc import Callable


def _cuda_is_present() -> bool:
    """Ask the driver, not torch: importing torch would cost every dry run its seconds."""
    if os.environ.get("CUDA_VISIBLE_DEVICES", "all") in ("", "-1"):
        return False
    import pynvml

    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:  # no driver, or no GPU behind it
        return False
    try:
        return pynvml.nvmlDeviceGetCount() > 0
    finally:
        pynvml.nvmlShutdown()


# name -> is it here? The names are torch's.
DEVICES: dict[str, Callable[[], bool]] = {
    "cpu": lambda: True,
    "cuda": _cuda_is_present,
}


def present_devices() -> list[str]:
    return [name for name, is_present in DEVICES.items() if is_present()]
