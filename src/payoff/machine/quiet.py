"""Whether a machine was quiet during a run: wait for quiet before the run, watch during it, label it afterwards.

Measured on two idle cores: a numpy MLP took 0.5 to 0.75 s alone and 7 to 22 s beside another one, while the median step
did not change. So one figure is not enough. Each figure in LIMITS has its own limit.
"""

import resource
import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

import psutil

from payoff.machine.cgroups import throttled_s
from payoff.machine.cpus import usable_cpus
from payoff.machine.nvml import SLOWDOWNS, GpuWatch, busiest

# figure -> (limit, reason): above the limit, a run is contended. Shares are of the CPUs that a run may use.
LIMITS = {
    "others_cpu": (0.05, "other programs used the CPU"),
    "steal": (0.02, "the host took CPU time away from this virtual machine"),
    "throttled": (0.02, "the quota of the container stopped the run"),
    # measured alone on two cores: up to 35 with one thread, up to 110 with two, because BLAS yields while it waits
    "involuntary_switches_per_s": (150, "the scheduler interrupted the run"),
    "unevenness": (1.5, "some epochs took much longer than the median"),
}
# The kernel counts CPU time in ticks of 10 ms, so in a short run one or two ticks per CPU mean nothing.
LEAST_CPU_S = 0.04
LEAST_SWITCHES = 25
QUIET, CONTENDED = "quiet", "contended"
WINDOW_S = 0.2  # how long one look at the CPU before a run takes


@dataclass(frozen=True)
class Used:
    """What a process that is still alive has used since its start: CPU seconds, and how often the scheduler interrupted
    it."""

    cpu_s: float = 0.0
    involuntary_switches: int = 0


ENDED = Used()  # the use of a process that ended is in the kernel's sum for the children of this one


@dataclass(frozen=True)
class Counters:
    """What the kernel has counted so far, in CPU seconds; own: of this process and its child processes; throttled: for
    how long a quota stopped this control group."""

    at: float
    busy: float
    steal: float
    own: float
    involuntary_switches: int
    throttled: float = 0.0

    @classmethod
    def read(cls, living: Used = ENDED) -> "Counters":
        """living: of a child process that has not ended, whose use the kernel does not add to ours before its end."""
        times = [cpu for number, cpu in enumerate(psutil.cpu_times(percpu=True)) if number in usable_cpus()]
        own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
        return cls(
            at=time.monotonic(),
            busy=sum(getattr(cpu, kind, 0.0) for cpu in times for kind in ("user", "nice", "system", "irq", "softirq")),
            steal=sum(getattr(cpu, "steal", 0.0) for cpu in times),
            own=sum(used.ru_utime + used.ru_stime for used in (own, children)) + living.cpu_s,
            involuntary_switches=children.ru_nivcsw + living.involuntary_switches,
            throttled=throttled_s(),
        )


class Watch:
    """Watches the CPUs and the GPUs of a run, from its creation until `stop`."""

    def __init__(self, gpus: Sequence[str] = ()):
        self._gpus = GpuWatch(gpus)
        self._before = Counters.read()

    def stop(self, samples: Sequence[float], living: Used = ENDED) -> dict:
        """Return the figures with their label and its reasons, as the record's schema describes them.

        samples: the times of equal pieces of work, in seconds; living: what the measured process used, if it has not
        ended.
        """
        figures = contention(self._before, Counters.read(living), samples) | {"gpus": self._gpus.stop()}
        reasons = why_contended(figures)
        return {"label": CONTENDED if reasons else QUIET, "reasons": reasons} | figures


def contention(before: Counters, after: Counters, samples: Sequence[float]) -> dict[str, float | None]:
    """The figures of LIMITS. Values that are too small to mean anything become 0."""
    passed = max(after.at - before.at, 1e-9)
    capacity = passed * len(usable_cpus())
    others = _worth_telling(after.busy - before.busy - (after.own - before.own), LEAST_CPU_S)
    steal = _worth_telling(after.steal - before.steal, LEAST_CPU_S)
    switches = _worth_telling(after.involuntary_switches - before.involuntary_switches, LEAST_SWITCHES)
    return {
        "others_cpu": others / capacity,
        "steal": steal / capacity,
        "throttled": _worth_telling(after.throttled - before.throttled, LEAST_CPU_S) / passed,
        "involuntary_switches_per_s": switches / passed,
        "unevenness": sum(samples) / (len(samples) * median(samples)) if samples else None,
    }


def why_contended(figures: dict) -> list[str]:
    """The reasons why a run with these figures is contended; none if it was quiet."""
    reasons = [words for name, (limit, words) in LIMITS.items() if (figures.get(name) or 0) > limit]
    slowed = [words for gpu in figures["gpus"] for words in gpu["slowed_by"] if words in SLOWDOWNS.values()]
    return reasons + [f"the GPU was slowed down: {words}" for words in dict.fromkeys(slowed)]


def wait_for_quiet(bound_s: float, gpus: Sequence[str] = ()) -> float:
    """Wait, at most bound_s seconds, until other programs hardly use the CPUs and these GPUs; -> the seconds waited."""
    started = time.monotonic()
    while time.monotonic() - started < bound_s:
        before = Counters.read()
        time.sleep(WINDOW_S)
        used = contention(before, Counters.read(), [])["others_cpu"] or 0
        if used <= LIMITS["others_cpu"][0] and busiest(gpus) <= LIMITS["others_cpu"][0]:
            break
    return time.monotonic() - started


def _worth_telling(value: float, least: float) -> float:
    return value if value >= least else 0
