"""A description of this machine."""

import hashlib
import json
import platform
import socket
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy  # noqa: F401 (loads the BLAS that _blas describes)
import psutil
from threadpoolctl import threadpool_info

from payoff.machine.cgroups import cpu_quota, memory_limit_bytes
from payoff.machine.nvml import gpus, survey

# The memory that kernel and firmware reserve changes by some MiB from one boot to the next, so the size is rounded.
MEMORY_STEP = 2**28


def describe_machine() -> dict[str, Any]:
    """Return the facts that stay the same between two runs: no clocks, no load, no number of threads.

    `key` is a short hash of all facts. It changes when a package is updated. `host` is a short hash of the hardware and
    the host's name. It distinguishes two equal machines and does not change with an update. The host's name itself is
    not in the result.
    """
    hardware = {
        "cpu": _cpu_model(),
        "physical_cores": psutil.cpu_count(logical=False) or psutil.cpu_count(),
        "logical_cores": psutil.cpu_count(),
        "memory_bytes": round(psutil.virtual_memory().total / MEMORY_STEP) * MEMORY_STEP,
        "architecture": platform.machine(),
    }
    # only where there is a limit, so that a machine without one keeps its hash
    limits = {"cpu_quota": cpu_quota(), "memory_limit_bytes": memory_limit()}
    hardware |= {name: limit for name, limit in limits.items() if limit is not None}
    found = gpus()
    cards = [{name: fact for name, fact in gpu.items() if name != "driver"} for gpu in found]
    facts = {
        "host": _hash([hardware, cards, socket.gethostname()]),
        **hardware,
        "gpus": found,
        **({"gpu_faults": list(survey().faults)} if survey().faults else {}),
        "os": f"{platform.system()} {platform.release()}",
        "blas": _blas(),
        "python": platform.python_version(),
        "numpy": version("numpy"),
        "torch": _version_if_installed("torch"),
        "jax": _version_if_installed("jax"),
    }
    return {"key": _hash(facts)} | facts


def memory_limit() -> int | None:
    """The limit of the control group, if it is less than the machine has."""
    limit = memory_limit_bytes()
    return limit if limit is not None and limit < psutil.virtual_memory().total else None


def _hash(facts: Any) -> str:
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:12]


def _cpu_model() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith(("model name", "Model")):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _blas() -> dict[str, str | None] | None:
    """Describe the BLAS that numpy calls; None for one that cannot be asked, such as Apple's.

    Its `architecture` is the kind of processor for which it chose its code. Other packages may have loaded their own
    BLAS into this process. The one of numpy is in a folder of numpy, or it is the only one.
    """
    pools = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]
    pools.sort(key=lambda pool: not any(part.startswith("numpy") for part in Path(pool["filepath"]).parts))
    if not pools:
        return None
    return {fact: pools[0].get(fact) for fact in ("internal_api", "version", "architecture", "threading_layer")}


def _version_if_installed(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
