"""DEVICES: where a network can be trained, and which of them this machine has."""

from collections.abc import Callable

from payoff.machine.visible import visible_gpus

# name -> is it here? The names are torch's.
DEVICES: dict[str, Callable[[], bool]] = {
    "cpu": lambda: True,
    "cuda": lambda: bool(visible_gpus()),
}


def present_devices() -> list[str]:
    return [name for name, is_present in DEVICES.items() if is_present()]
