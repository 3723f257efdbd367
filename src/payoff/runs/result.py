"""The result of the measured process, and how it is passed to the process that started it.

Only the standard library here: the measured process imports this module before it starts to time its imports.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from payoff.machine.clock import Stopwatch


@dataclass
class Result:
    """The part of a record that the measured process fills in (record.schema.yaml says what each field means). The
    defaults are those of a process that has done nothing yet."""

    failure: dict[str, str] | None = None
    phases_s: dict[str, float] = field(default_factory=dict)
    epochs: list[dict[str, Any]] = field(default_factory=list)
    steps: dict[str, int] = field(default_factory=lambda: {"done": 0, "asked": 0})
    step_losses: list[float] = field(default_factory=list)
    predictions: list[int] = field(default_factory=list)
    peak_memory_bytes: int | None = None
    device_peak_memory_bytes: int | None = None
    weights_sha256: str | None = None
    thread_counts: dict[str, int] = field(default_factory=dict)
    software: dict[str, str] = field(default_factory=dict)


def durations_of(epochs: Iterable[Mapping[str, Any]]) -> list[float]:
    """The seconds of each epoch that was timed: all but epoch 0, which is before the training."""
    return [epoch["duration_s"] for epoch in epochs if epoch["epoch"] > 0]


def write_result(result: Result, stopwatch: Stopwatch, path: Path) -> None:
    """Write the result as one line, then a second line: how long writing took, and when it ended.

    The first line cannot contain how long its own writing takes. The file's modification time is not used instead: it
    comes from another clock, and is only exact to a tick of the kernel, which may be 4 ms.
    """
    stopwatch.settle()
    with path.open("w", encoding="utf-8") as file:
        file.write(json.dumps(vars(result)) + "\n")
        file.flush()
        stopwatch.settle("writing")
        file.write(json.dumps({"writing_s": stopwatch.phases_s["writing"], "settled_at": stopwatch.settled_at}))


def read_result(written: bytes, reaped_at: float) -> Result:
    """Read what write_result wrote. The time from then until reaped_at (on time.monotonic()) is the phase `ending`."""
    told, end = map(json.loads, written.splitlines())
    result = Result(**told)
    result.phases_s |= {"writing": end["writing_s"], "ending": reaped_at - end["settled_at"]}
    return result
