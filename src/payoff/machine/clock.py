"""The stopwatch: where the wall clock of a run goes, phase by phase and without a gap."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

# The phases of a run, in their order. Records from before `ending` was told apart have it in `writing`.
PHASES = {
    "start_up": "from the start of the process to its first line of Python",
    "imports": "importing the framework and the study",
    "data": "reading the data set and scaling its pixels",
    "build": "making the network; on a GPU its context, too",
    "transfer": "placing images and labels on the device",
    "first_step": "steps that do not count: kernels are loaded, memory is taken",
    "training": "the epochs",
    "repeats": "epochs repeated for the clock alone, where those of the recipe are too short for it",
    "evaluation": "loss and accuracy on the test images, after each epoch",
    "bookkeeping": "losses brought to the host, the log, the hash of the weights: what is in no other phase",
    "writing": "writing what was measured",
    "ending": "the end of the process: memory given back, the interpreter closed",
}


class DeviceClock:
    """What the stopwatch asks of a device; here, of one that has nothing to wait for and no clock of its own."""

    def synchronize(self) -> None:
        """Wait until the device has done all it was given."""

    def mark(self) -> Any:
        """A point in the work that the device was given; None if it has no clock."""
        return None

    def seconds_between(self, start: Any, end: Any) -> float | None:
        """From mark to mark by the device's own clock, once it has passed both; None if it has none."""
        return None


@dataclass
class Lap:
    """How long the phase took that has just ended, in seconds: on the wall clock, and by the device's own."""

    seconds: float = float("nan")
    device_s: float | None = None


class Stopwatch:
    """Divides the wall clock among the PHASES. What happens in none of them is `bookkeeping`, so the sum is whole.

    started_at: on time.monotonic(), which all processes of a machine share. `device` is waited for at both edges
    of a phase, never inside.
    """

    def __init__(self, device: DeviceClock | None = None, started_at: float | None = None):
        self.device = device or DeviceClock()
        self.phases_s = dict.fromkeys(PHASES, 0.0)
        self.settled_at = time.monotonic() if started_at is None else started_at

    def settle(self, phase: str = "bookkeeping") -> None:
        """Give the time since the last settlement to a phase."""
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
