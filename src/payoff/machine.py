"""What this machine is."""

import hashlib
import json
import platform
import socket
from pathlib import Path

import psutil

from payoff.devices import gpus


def describe_machine() -> dict:
    """The facts that stay the same between two runs, and `key`, a short hash of them.

    The host's name is only part of the hash: it tells two equal machines apart and is not published.
    """
    facts = {
        "cpu": _cpu_model(),
        "physical_cores": psutil.cpu_count(logical=False) or psutil.cpu_count(),
        "logical_cores": psutil.cpu_count(),
        "memory_bytes": psutil.virtual_memory().total,
        "gpus": gpus(),
        "os": f"{platform.system()} {platform.release()}",
        "architecture": platform.machine(),
    }
    identity = json.dumps([facts, socket.gethostname()], sort_keys=True)
    return {"key": hashlib.sha256(identity.encode()).hexdigest()[:12]} | facts


def _cpu_model() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith(("model name", "Model")):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
