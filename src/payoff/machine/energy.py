"""How much energy a machine uses, by the counters that it has: of its GPUs (NVML), or of its processors (RAPL).

Most cloud machines hide these counters, and many systems show those of the processors to root alone. Nothing is
estimated in their place.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from payoff.machine.nvml import gpu_energy

# Linux: Documentation/power/powercap. One folder per package; those of its parts have a second number in their name.
RAPL = Path("/sys/class/powercap")
PACKAGES = "intel-rapl:[0-9]*"  # AMD's processors have the same name


class Counted(NamedTuple):
    """What a counter shows, in joules. It begins at 0 again after `range_j`."""

    joules: float
    range_j: float = math.inf


Meter = Callable[[], Mapping[str, Counted]]  # reads all counters


@contextmanager
def energy_meter(gpus: Sequence[str], rapl: Path = RAPL) -> Iterator[Meter]:
    """Yield what reads the counters of these GPUs (UUIDs), or without GPUs those of the processors. Where no counter
    can be read, it reads none."""
    if not gpus:
        yield lambda: _packages(rapl)
        return
    with gpu_energy(gpus) as read:
        yield lambda: {uuid: Counted(joules) for uuid, joules in read().items()}


def power_w(before: Mapping[str, Counted], after: Mapping[str, Counted], seconds: float) -> float | None:
    """The mean power of all counters between two readings, `seconds` apart; None if there is none to read."""
    if not before or before.keys() != after.keys():
        return None
    used = [now.joules - then.joules for then, now in ((before[name], after[name]) for name in before)]
    ranges = [now.range_j for now in after.values()]
    return (
        sum(joules if joules >= 0 else joules + range_j for joules, range_j in zip(used, ranges, strict=True)) / seconds
    )


def _packages(rapl: Path) -> dict[str, Counted]:
    """The counter of each processor; none of them if one cannot be read, since a part of the energy is no answer."""
    found = {}
    try:
        for zone in sorted(rapl.glob(PACKAGES)):
            if ":" not in zone.name.removeprefix("intel-rapl:") and _word(zone / "name").startswith("package"):
                counted = (float(_word(zone / name)) / 1e6 for name in ("energy_uj", "max_energy_range_uj"))
                found[zone.name] = Counted(*counted)
    except (OSError, ValueError):
        return {}
    return found


def _word(path: Path) -> str:
    return path.read_text(encoding="ascii").strip()
