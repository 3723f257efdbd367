"""What all JAX networks share: their device, how JAX is set up for it, and moving arrays there and back."""

from pathlib import Path

import jax
import numpy as np

from payoff.failures import RunFailure
from payoff.models.blueprint import Blueprint

# What XLA calls the threads that share an operation on the CPU.
THREADS_OF_XLA = "tf_XLAEigen"


class OnJaxDevice:
    """Mixed into a Network: its arrays are JAX's, of `self._type` on `self._device`."""

    def __init__(self, blueprint: Blueprint):
        self._device = ready(blueprint.device, wide=blueprint.dtype is np.float64)
        self._type = blueprint.dtype

    def place(self, values: np.ndarray) -> jax.Array:
        return jax.device_put(values.astype(self._type if values.dtype.kind == "f" else np.int32), self._device)

    def place_order(self, order: np.ndarray) -> np.ndarray:
        """A program takes it to the device itself, which is faster."""
        return order.astype(np.int32)

    def peak_memory_bytes(self) -> int | None:
        return None if self._device.platform == "cpu" else self._device.memory_stats()["peak_bytes_in_use"]

    def thread_count(self) -> int | None:
        """On Linux, how many threads of XLA this process has."""
        tasks = Path("/proc/self/task")
        if self._device.platform != "cpu" or not tasks.is_dir():
            return None
        return sum(task.read_text().startswith(THREADS_OF_XLA) for task in tasks.glob("*/comm"))

    def _number(self, value: float) -> np.ndarray:
        return np.asarray(value, self._type)


def ready(name: str, *, wide: bool) -> jax.Device:
    """Set JAX up and return the device. wide: whether numbers of 64 bits are wanted. Raises
    RunFailure("device_missing")."""
    if wide:
        jax.config.update("jax_enable_x64", True)
    jax.config.update("jax_enable_compilation_cache", False)  # a run tells what it costs to compile
    jax.config.update("jax_default_matmul_precision", "highest")  # by default, a GPU rounds to TF32
    try:
        return jax.devices(name)[0]
    except (RuntimeError, AssertionError) as error:  # without the device's plug-in, JAX only asserts
        raise RunFailure("device_missing", f"JAX sees no {name}: {error}") from None
