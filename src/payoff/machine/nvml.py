"""The GPUs of a machine: what they are, which may be used, and what slowed them down while they were measured.

The driver is asked (NVML), not the framework: importing torch would cost every dry run its seconds, and the watch
happens beside the measured process, not in it.
"""

import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import pynvml

PERIOD_S = 0.5
# Bits of NVML's clock event reasons (nvml.h) that mean: slower than this GPU can be. A power cap that the
# software sets is told but is no contention: a GPU that works hard is always at its cap.
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
    """entry: as CUDA_VISIBLE_DEVICES names it; uuid: by which everyone on this machine knows it."""

    entry: str
    uuid: str


def gpus() -> list[dict[str, Any]]:
    """Name, memory and driver of each NVIDIA GPU; empty where there is no driver, null what it does not tell."""
    try:
        with _driver() as handles:
            return [_description(handle) for handle in handles.values()]
    except pynvml.NVMLError:  # a GPU that has fallen off the bus cannot be asked
        return []


def visible_gpus() -> list[Gpu]:
    """The GPUs that a process may use, as CUDA_VISIBLE_DEVICES allows."""
    with _driver() as handles:
        uuids = list(handles)
    allowed = os.environ.get("CUDA_VISIBLE_DEVICES")
    if allowed is None:
        return [Gpu(uuid, uuid) for uuid in uuids]
    return [Gpu(entry, _uuid(entry, uuids)) for entry in allowed.split(",") if entry not in ("", "-1")]


def busiest(uuids: Sequence[str]) -> float:
    """The share of the last moment in which the busiest of these GPUs computed; 0 where none tells."""
    with _driver() as handles:
        found = [handle for uuid, handle in handles.items() if uuid in uuids]
        rates = [_told(lambda: pynvml.nvmlDeviceGetUtilizationRates(handle).gpu) or 0 for handle in found]  # noqa: B023
    return max(rates, default=0) / 100


@dataclass
class GpuWatch:
    """Looks at some GPUs every PERIOD_S seconds, in a thread, until it is stopped."""

    uuids: Sequence[str]
    _seen: dict[str, dict[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        if self.uuids:
            self._thread.start()

    def stop(self) -> list[dict[str, Any]]:
        """{lowest_sm_clock_mhz, max_sm_clock_mhz, slowed_by} of each GPU that answered; null: not told."""
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
    """The driver's library while it is open: UUID -> handle of each GPU; none where there is no driver."""
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
    """An index, or the beginning of a name; the entry itself where it is a part of a GPU (MIG)."""
    if entry.isdecimal():
        return uuids[int(entry)] if int(entry) < len(uuids) else entry
    return next((uuid for uuid in uuids if uuid.startswith(entry)), entry)


def _told(ask: Callable[[], Answer]) -> Answer | None:
    try:
        return ask()
    except pynvml.NVMLError:
        return None


def _text(value: str | bytes) -> str:
    """Older bindings answer in bytes."""
    return value.decode() if isinstance(value, bytes) else value
