"""The CPUs that this process and its child processes may use. A batch system may have limited them."""

import os


def usable_cpus() -> set[int]:
    if hasattr(os, "sched_getaffinity"):
        return os.sched_getaffinity(0)
    return set(range(os.cpu_count() or 1))
