"""The GPUs of a machine: what they are, why one cannot be used, and what slowed them down during a measurement.

This module asks the driver (NVML), not the framework. Importing torch would make every dry run seconds longer, and the
GPUs are watched from outside the measured process.
"""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
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

# Status of NVML (nvml.h) -> what a user should know, of the driver and of one GPU.
OF_DRIVER = {
    pynvml.NVML_ERROR_LIB_RM_VERSION_MISMATCH: "NVIDIA's driver in the kernel and its library have different versions, "
    "as after an update; start the machine again",
    pynvml.NVML_ERROR_DRIVER_NOT_LOADED: "NVIDIA's library is here, but its driver is not loaded",
    pynvml.NVML_ERROR_NO_PERMISSION: "this user may not use NVIDIA's driver",
    pynvml.NVML_ERROR_LIBRARY_NOT_FOUND: "NVIDIA's driver is here, but its library libnvidia-ml.so.1 cannot be loaded; "
    "a container needs the driver capability `utility`",
}
OF_GPU = {
    pynvml.NVML_ERROR_GPU_IS_LOST: "the driver has lost it; start the machine again",
    pynvml.NVML_ERROR_RESET_REQUIRED: "it has to be reset",
    pynvml.NVML_ERROR_NO_PERMISSION: "this user may not use it",
}
ANSWERS_S = 60  # with many GPUs and none in use, the driver has to load first
DEVICE_OF_DRIVER = Path("/dev/nvidiactl")  # a container without a GPU does not have it

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Installed:
    """A GPU that answers.

    index: as nvidia-smi counts; parts: the UUIDs of the parts into which it is divided (MIG); facts: its name, memory
    and driver, None for what the driver does not tell.
    """

    index: int
    uuid: str
    parts: tuple[str, ...]
    facts: Mapping[str, Any]


@dataclass(frozen=True)
class Survey:
    """The GPUs of this machine, and a sentence for each reason why there might be more."""

    gpus: tuple[Installed, ...] = ()
    faults: tuple[str, ...] = ()


@cache
def survey() -> Survey:
    """What the driver says. It is asked once per process, because its start may take seconds.

    A machine without the driver's library is one without a GPU, and no fault. A driver that has hung is one: a thread
    asks it, since nothing ends a call of C that does not return.
    """
    answers: list[Survey] = []
    asking = threading.Thread(target=lambda: answers.append(_answer_of_driver()), daemon=True)
    asking.start()
    asking.join(ANSWERS_S)
    hung = f"no GPU can be used: NVIDIA's driver has not answered for {ANSWERS_S:g} s; start the machine again"
    return answers[0] if answers else Survey(faults=(hung,))


def _answer_of_driver() -> Survey:
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError as error:
        absent = error.value == pynvml.NVML_ERROR_LIBRARY_NOT_FOUND and not DEVICE_OF_DRIVER.exists()
        return Survey() if absent else Survey(faults=(f"no GPU can be used: {_words(error, OF_DRIVER)}",))
    gpus, faults = [], []
    try:
        number = pynvml.nvmlDeviceGetCount()
        for index in range(number):
            try:
                gpus.append(_installed(index))
            except pynvml.NVMLError as error:
                faults.append(f"GPU {index} of {number} cannot be used: {_words(error, OF_GPU)}")
    except pynvml.NVMLError as error:
        faults.append(f"no GPU can be used: {_words(error, OF_DRIVER)}")
    finally:
        _told(pynvml.nvmlShutdown)
    return Survey(tuple(gpus), tuple(faults))


def gpus() -> list[dict[str, Any]]:
    """Name, memory and driver of each GPU that answers."""
    return [dict(gpu.facts) for gpu in survey().gpus]


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
                uuid: _told(partial(pynvml.nvmlDeviceGetTotalEnergyConsumption, handle))
                for uuid, handle in watched.items()
            }
            joules = {uuid: millijoules / 1000 for uuid, millijoules in told.items() if millijoules is not None}
            return joules if len(joules) == len(uuids) else {}

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
            self._thread.join(ANSWERS_S)
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
    """Open the driver's library and yield UUID -> handle of each GPU that answers; empty without a driver."""
    if not survey().gpus or _told(lambda: pynvml.nvmlInit() or True) is None:
        yield {}
        return
    try:
        handles = [_told(partial(pynvml.nvmlDeviceGetHandleByIndex, gpu.index)) for gpu in survey().gpus]
        yield {gpu.uuid: handle for gpu, handle in zip(survey().gpus, handles, strict=True) if handle is not None}
    finally:
        _told(pynvml.nvmlShutdown)


def _installed(index: int) -> Installed:
    """Raises NVMLError for a GPU that does not answer."""
    handle = pynvml.nvmlDeviceGetHandleByIndex(index)
    uuid = _text(pynvml.nvmlDeviceGetUUID(handle))
    with suppress(pynvml.NVMLError_NotSupported):  # as where it shares the memory of the CPU
        pynvml.nvmlDeviceGetMemoryInfo(handle)
    facts = {
        "name": _told(lambda: _text(pynvml.nvmlDeviceGetName(handle))),
        "memory_bytes": _told(lambda: int(pynvml.nvmlDeviceGetMemoryInfo(handle).total)),
        "driver": _told(lambda: _text(pynvml.nvmlSystemGetDriverVersion())),
    }
    return Installed(index, uuid, tuple(_parts(handle)), facts)


def _parts(handle: Any) -> Iterator[str]:
    if (_told(lambda: pynvml.nvmlDeviceGetMigMode(handle)) or [pynvml.NVML_DEVICE_MIG_DISABLE])[0]:
        for index in range(_told(lambda: pynvml.nvmlDeviceGetMaxMigDeviceCount(handle)) or 0):
            part = _told(lambda: pynvml.nvmlDeviceGetMigDeviceHandleByIndex(handle, index))  # noqa: B023
            if part is not None and (uuid := _told(lambda: pynvml.nvmlDeviceGetUUID(part))):  # noqa: B023
                yield _text(uuid)


def _words(error: pynvml.NVMLError, known: Mapping[int, str]) -> str:
    return known.get(error.value, f"NVIDIA's driver says {str(error).rstrip('.')!r}")


def _told(ask: Callable[[], Answer]) -> Answer | None:
    try:
        return ask()
    except pynvml.NVMLError:
        return None


def _text(value: str | bytes) -> str:
    """Older versions of pynvml return bytes."""
    return value.decode() if isinstance(value, bytes) else value
