"""The stopwatch: it divides the wall-clock time of a run into phases, without a gap."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

# The phases of a run, in order. Records of version 3 have no `ending`; its time is part of their `writing`.
PHASES = {
    "start_up": "from the start of the process to its first line of Python",
    "imports": "importing the framework and the modules of this project",
    "data": "reading the data set and scaling its pixels",
    "build": "making the network, and on a GPU also its context",
    "transfer": "placing images and labels on the device",
    "first_step": "first steps that do not count: in them, programs are compiled, kernels loaded and memory allocated",
    "training": "the epochs",
    "evaluation": "loss and accuracy on the test images, after each epoch",
    "bookkeeping": "losses copied to the host, the log, the hash of the weights: all that is in no other phase",
    "turns": "further steps, only to time them, in turns with the other ways to train the network",
    "waiting": "asleep, while the other ways start, train and take their turns",
    "writing": "writing what was measured",
    "ending": "the end of the process: memory is freed, the interpreter closes",
}


# What a whole run would do without: they only serve the comparison with other ways.
ONLY_TO_TIME = ("turns", "waiting")


class DeviceClock:
    """What the stopwatch asks of a device. This class is for a device that needs no waiting and has no clock."""

    def synchronize(self) -> None:
        """Wait until the device has finished all its work."""

    def mark(self) -> Any:
        """Return a mark at this point of the device's work; None if the device has no clock."""
        return None

    def seconds_between(self, start: Any, end: Any) -> float | None:
        """Return the seconds between two marks by the device's clock, after it passed both; None if it has no clock."""
        return None


@dataclass
class Lap:
    """The seconds that a finished phase took: by the wall clock, and by the device's clock (None if it has none)."""

    seconds: float = float("nan")
    device_s: float | None = None


class Stopwatch:
    """Divides the wall-clock time among the PHASES. Time in no other phase is `bookkeeping`, so no time is missing.

    started_at: on time.monotonic(), which all processes of a machine share. The stopwatch waits for `device` at the
    start and at the end of a phase, never in between.
    """

    def __init__(self, device: DeviceClock | None = None, started_at: float | None = None):
        self.device = device or DeviceClock()
        self.phases_s = dict.fromkeys(PHASES, 0.0)
        self.settled_at = time.monotonic() if started_at is None else started_at

    def settle(self, phase: str = "bookkeeping") -> None:
        """Add the time since the last call to a phase."""
        now = time.monotonic()
        self.phases_s[phase] += now - self.settled_at
        self.settled_at = now

    @contextmanager
    def phase(self, name: str) -> Iterator[Lap]:
        self.device.synchronize()
        self.settle()
        lap, device, started_at, start = Lap(), self.device, self.settled_at, self.device.mark()
        try:
            yield lap
            end = device.mark()
            device.synchronize()
        finally:
            self.settle(name)
            lap.seconds = self.settled_at - started_at
        lap.device_s = device.seconds_between(start, end)
