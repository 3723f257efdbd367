"""The stopwatch: where the wall clock of a run goes, phase by phase."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

# The phases of a run, in their order.
PHASES = {
    "start_up": "from the start of the process to its first line of Python",
    "imports": "importing the framework and the study",
    "data": "reading the data set and scaling its pixels",
    "build": "making the network; on a GPU its context, too",
    "transfer": "placing images and labels on the device",
    "first_step": "steps that do not count: kernels are loaded, memory is taken",
    "training": "the epochs",
    "evaluation": "loss and accuracy on the test images, after each epoch",
    "shutdown": "writing what was measured, and the end of the process",
}


@dataclass
class Stopwatch:
    """Adds up wall-clock seconds by phase.

    synchronize: waits for the device; called at both edges of a phase, never inside.
    """

    synchronize: Callable[[], None] = lambda: None
    phases_s: dict[str, float] = field(default_factory=lambda: dict.fromkeys(PHASES, 0.0))

    @contextmanager
    def phase(self, name: str) -> Iterator["Lap"]:
        self.synchronize()
        lap = Lap()
        started = time.perf_counter()
        try:
            yield lap
            self.synchronize()
        finally:
            lap.seconds = time.perf_counter() - started
            self.phases_s[name] += lap.seconds


@dataclass
class Lap:
    """How long the phase took that has just ended."""

    seconds: float = float("nan")
