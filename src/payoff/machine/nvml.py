"""The GPUs of a machine: what they are, which may be used, and what slowed them down during a measurement.

This module asks the driver (NVML), not the framework. Importing torch would make every dry run seconds longer, and the
GPUs are watched from outside the measured process.
"""

import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import pynvml

PERIOD_S = 0.5
# Bits of NVML's clock event reasons (nvml.h) which say that a GPU is slower than it can be. A power cap that software
# sets is reported but does not count as contention: a GPU under full load is always at its cap.
SLOWDOWNS = {
    0x08: "hardware slowdown",
    0x20: "thermal slowdown by software",
    0x40: "thermal slowdown by hardware",
    0x80: "power brake",
}
TOLD = SLOWDOWNS | {0x04: "power cap"}

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Gpu:
    """entry: its name in CUDA_VISIBLE_DEVICES; uuid: its name for all users of this machine."""

    entry: str
    uuid: str


def gpus() -> list[dict[str, Any]]:
    """Name, memory and driver of each NVIDIA GPU; empty without a driver; None for what the driver does not tell."""
    try:
        with _driver() as handles:
            return [_description(handle) for handle in handles.values()]
    except pynvml.NVMLError:  # a GPU that has fallen off the bus cannot be asked
        return []


def visible_gpus() -> list[Gpu]:
    """The GPUs that CUDA_VISIBLE_DEVICES allows a process to use."""
    with _driver() as handles:
        uuids = list(handles)
    allowed = os.environ.get("CUDA_VISIBLE_DEVICES")
    if allowed is None:
        return [Gpu(uuid, uuid) for uuid in uuids]
    return [Gpu(entry, _uuid(entry, uuids)) for entry in allowed.split(",") if entry not in ("", "-1")]


def busiest(uuids: Sequence[str]) -> float:
    """The fraction of the last moment in which the busiest of these GPUs computed; 0 if no GPU reports it."""
    with _driver() as handles:
        found = [handle for uuid, handle in handles.items() if uuid in uuids]
        rates = [_told(lambda: pynvml.nvmlDeviceGetUtilizationRates(handle).gpu) or 0 for handle in found]  # noqa: B023
    return max(rates, default=0) / 100


@contextmanager
def gpu_energy(uuids: Sequence[str]) -> Iterator[Callable[[], dict[str, float]]]:
    """Yield what reads the joules that each of these GPUs has used since its driver was loaded; none of them if one
    does not tell."""
    with _driver() as handles:
        watched = {uuid: handle for uuid, handle in handles.items() if uuid in uuids}

        def read() -> dict[str, float]:
            told = {
                uuid: _told(lambda: pynvml.nvmlDeviceGetTotalEnergyConsumption(handle))  # noqa: B023
                for uuid, handle in watched.items()
            }
            millijoules = {uuid: value for uuid, value in told.items() if value is not None}
            return {uuid: value / 1000 for uuid, value in millijoules.items()} if len(millijoules) == len(uuids) else {}

        yield read


@dataclass
class GpuWatch:
    """Watches some GPUs in a thread, every PERIOD_S seconds, until it is stopped."""

    uuids: Sequence[str]
    _seen: dict[str, dict[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        if self.uuids:
            self._thread.start()

    def stop(self) -> list[dict[str, Any]]:
        """{lowest_sm_clock_mhz, max_sm_clock_mhz, slowed_by} of each GPU that answered; None: not known."""
        self._over.set()
        if self.uuids:
            self._thread.join()
        return [
            {
                "lowest_sm_clock_mhz": min(seen["clocks"], default=None),
                "max_sm_clock_mhz": seen["max"],
                "slowed_by": [words for bit, words in TOLD.items() if seen["reasons"] & bit],
            }
            for seen in self._seen.values()
        ]

    def _look(self) -> None:
        with _driver() as handles:
            watched = {uuid: handle for uuid, handle in handles.items() if uuid in self.uuids}
            for uuid, handle in watched.items():
                most = _told(lambda: pynvml.nvmlDeviceGetMaxClockInfo(handle, pynvml.NVML_CLOCK_SM))  # noqa: B023
                self._seen[uuid] = {"max": most, "clocks": [], "reasons": 0}
            while not self._over.wait(PERIOD_S):
                for uuid, handle in watched.items():
                    reasons = _told(lambda: pynvml.nvmlDeviceGetCurrentClocksEventReasons(handle)) or 0  # noqa: B023
                    clock = _told(lambda: pynvml.nvmlDeviceGetClockInfo(handle, pynvml.NVML_CLOCK_SM))  # noqa: B023
                    self._seen[uuid]["reasons"] |= reasons
                    if clock is not None and not reasons & pynvml.nvmlClocksEventReasonGpuIdle:
                        self._seen[uuid]["clocks"].append(clock)


@contextmanager
def _driver() -> Iterator[Mapping[str, Any]]:
    """Open the driver's library and yield UUID -> handle of each GPU; empty without a driver."""
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        yield {}
        return
    try:
        handles = [pynvml.nvmlDeviceGetHandleByIndex(i) for i in range(pynvml.nvmlDeviceGetCount())]
        yield {_text(pynvml.nvmlDeviceGetUUID(handle)): handle for handle in handles}
    finally:
        pynvml.nvmlShutdown()


def _description(handle: Any) -> dict[str, Any]:
    return {
        "name": _told(lambda: _text(pynvml.nvmlDeviceGetName(handle))),
        "memory_bytes": _told(lambda: int(pynvml.nvmlDeviceGetMemoryInfo(handle).total)),
        "driver": _told(lambda: _text(pynvml.nvmlSystemGetDriverVersion())),
    }


def _uuid(entry: str, uuids: Sequence[str]) -> str:
    """The UUID of an entry, which is an index or the start of a UUID. A part of a GPU (MIG) stays as it is."""
    if entry.isdecimal():
        return uuids[int(entry)] if int(entry) < len(uuids) else entry
    return next((uuid for uuid in uuids if uuid.startswith(entry)), entry)


def _told(ask: Callable[[], Answer]) -> Answer | None:
    try:
        return ask()
    except pynvml.NVMLError:
        return None


def _text(value: str | bytes) -> str:
    """Older versions of pynvml return bytes."""
    return value.decode() if isinstance(value, bytes) else value
