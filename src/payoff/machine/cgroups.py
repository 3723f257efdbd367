"""What the control group of this process allows: a container's quota of CPU time and of memory, on Linux.

Neither the number of cores nor the affinity shows a quota: a container with half a CPU sees all cores of its host, and
is stopped for most of each tenth of a second. (docs.kernel.org, "Control Group v2"; "CFS Bandwidth Control" for v1.)
"""

from collections.abc import Iterator
from math import floor
from pathlib import Path

MOUNT = Path("/sys/fs/cgroup")
OF_THIS_PROCESS = Path("/proc/self/cgroup")
NO_LIMIT = 2**60  # version 1 says so by the largest whole number of pages


def cpu_quota() -> float | None:
    """How many CPUs' time may be used in the long run; None if there is no limit."""
    quotas = [quota for folder in _folders("cpu") if (quota := _quota(folder)) is not None]
    return min(quotas, default=None)


def whole_cpus(cores: int) -> int:
    """How many of these cores may be used all the time; at least one."""
    quota = cpu_quota()
    return cores if quota is None else max(1, min(cores, floor(quota)))


def throttled_s() -> float:
    """For how long the quota has stopped the processes of this control group so far, in seconds of all its CPUs."""
    return max(map(_throttled_s, _folders("cpu")), default=0.0)


def memory_limit_bytes() -> int | None:
    """How much memory may be used; None if there is no limit."""
    limits = [
        int(text)
        for folder in _folders("memory")
        for name in ("memory.max", "memory.limit_in_bytes")
        if (text := _read(folder / name)).isdigit()
    ]
    return min((limit for limit in limits if limit < NO_LIMIT), default=None)


def _folders(controller: str) -> Iterator[Path]:
    """The control group of this process for a controller, and all that contain it: each may have a limit.

    In a container the path may be that of the host; then the container's own group is at the mount point.
    """
    for line in _read(OF_THIS_PROCESS).splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers and controller not in controllers.split(","):
            continue
        roots = [MOUNT / controllers, MOUNT / controller] if controllers else [MOUNT, MOUNT / "unified"]
        for root in filter(Path.is_dir, roots):
            group = root / path.lstrip("/")
            yield from (folder for folder in (group, *group.parents) if folder.is_relative_to(root) and folder.is_dir())


def _quota(folder: Path) -> float | None:
    match _read(folder / "cpu.max").split():
        case [quota, period] if quota != "max":
            return int(quota) / int(period)
    quota, period = (_read(folder / f"cpu.cfs_{name}_us") for name in ("quota", "period"))
    return int(quota) / int(period) if quota.isdigit() and period.isdigit() else None


def _throttled_s(folder: Path) -> float:
    figures = dict(line.split(maxsplit=1) for line in _read(folder / "cpu.stat").splitlines() if " " in line)
    return int(figures.get("throttled_usec", 0)) / 1e6 + int(figures.get("throttled_time", 0)) / 1e9


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8").strip()
    except OSError:
        return ""
