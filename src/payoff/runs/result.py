"""What the measured process tells of a run, and how it tells it to the process that started it.

The standard library only: the measured process imports this before the clock of its imports starts.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from payoff.machine.clock import Stopwatch


@dataclass
class Result:
    """The part of a record that the measured process fills in (record.schema.yaml says what each field means); here,
    of one that has done nothing yet."""

    failure: dict[str, str] | None = None
    phases_s: dict[str, float] = field(default_factory=dict)
    epochs: list[dict[str, Any]] = field(default_factory=list)
    repeats_s: list[float] = field(default_factory=list)
    steps: dict[str, int] = field(default_factory=lambda: {"done": 0, "asked": 0})
    step_losses: list[float] = field(default_factory=list)
    predictions: list[int] = field(default_factory=list)
    peak_memory_bytes: int | None = None
    device_peak_memory_bytes: int | None = None
    weights_sha256: str | None = None
    thread_counts: dict[str, int] = field(default_factory=dict)
    software: dict[str, str] = field(default_factory=dict)


def write_result(result: Result, stopwatch: Stopwatch, path: Path) -> None:
    """Write the result as one line, then how long that took and when it was done as another.

    A file cannot hold how long its own writing takes. Its modification time would tell, but by another clock, and only
    to a tick of the kernel, which may be 4 ms.
    """
    stopwatch.settle()
    with path.open("w", encoding="utf-8") as file:
        file.write(json.dumps(vars(result)) + "\n")
        file.flush()
        stopwatch.settle("writing")
        file.write(json.dumps({"writing_s": stopwatch.phases_s["writing"], "settled_at": stopwatch.settled_at}))


def read_result(written: bytes, reaped_at: float) -> Result:
    """What write_result wrote. From then on until reaped_at, on time.monotonic(), the process was ending."""
    told, end = map(json.loads, written.splitlines())
    result = Result(**told)
    result.phases_s |= {"writing": end["writing_s"], "ending": reaped_at - end["settled_at"]}
    return result
