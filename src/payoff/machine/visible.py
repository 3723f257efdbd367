"""Which GPUs CUDA_VISIBLE_DEVICES leaves to a process.

Each is then named by its UUID. An index means one thing to the driver, which counts by the place on the bus, and
another to CUDA, which counts the fastest first unless CUDA_DEVICE_ORDER=PCI_BUS_ID. By its UUID, the GPU that is
watched is the one that computes. The variable is read as CUDA reads it: by https://docs.nvidia.com/cuda/ (CUDA
programming guide, environment variables), and by torch.cuda, which adds what happens to an entry twice, and to an
index before other letters.
"""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass

from payoff.machine.nvml import Installed, survey

VARIABLE = "CUDA_VISIBLE_DEVICES"
KINDS = ("GPU-", "MIG-")  # of UUIDs


@dataclass(frozen=True)
class Gpu:
    """uuid: of a GPU, or of a part of one (MIG), by which CUDA knows it; whole: of the GPU, which is watched."""

    uuid: str
    whole: str

    @property
    def lock(self) -> str:
        """The name of the lock on it, the same for all users of this machine."""
        return f"gpu-{self.uuid.replace('/', '_')}"


def visible_gpus() -> list[Gpu]:
    """The GPUs that a process may use."""
    return chosen(os.environ.get(VARIABLE), survey().gpus)


def gpu_faults() -> list[str]:
    """A sentence for each reason why a GPU of this machine is not used that its user may not have meant."""
    allowed, gpus = os.environ.get(VARIABLE), survey().gpus
    faults = list(survey().faults)
    if allowed is None or not gpus or _is_none(allowed):
        return faults
    entries, found = allowed.split(","), chosen(allowed, gpus)
    if len(found) < len(entries):
        count = "none" if not found else f"only the first {len(found)}" if len(found) > 1 else "only the first"
        why = "CUDA stops at one that is unknown here, and takes none if one is named twice"
        faults.append(f"{VARIABLE}={allowed}: {count} of its {len(entries)} entries can be used ({why})")
    names = {gpu.facts["name"] for gpu in gpus}
    by_index, by_place = not allowed.startswith(KINDS), os.environ.get("CUDA_DEVICE_ORDER") == "PCI_BUS_ID"
    if found and by_index and not by_place and len(names) > 1:
        meant = ", ".join(str(gpu.facts["name"]) for one in found for gpu in gpus if gpu.uuid == one.whole)
        faults.append(
            f"{VARIABLE}={allowed} is taken as nvidia-smi counts ({meant}); CUDA itself counts the fastest GPU first "
            "unless CUDA_DEVICE_ORDER=PCI_BUS_ID; UUIDs (nvidia-smi -L) leave no doubt"
        )
    return faults


def _is_none(allowed: str) -> bool:
    """Whether this value of the variable is how one says that no GPU is to be used."""
    return allowed.strip() == "" or allowed.strip().startswith("-")


def chosen(allowed: str | None, gpus: Sequence[Installed]) -> list[Gpu]:
    """The GPUs that the variable names. All entries are of the first one's kind: indices, UUIDs or parts."""
    if allowed is None:
        return [_whole(gpu) for gpu in gpus]
    kind = next((prefix for prefix in KINDS if allowed.startswith(prefix)), "")
    found: list[Gpu] = []
    for entry in allowed.split(","):
        named = _by_uuid(entry, kind, gpus) if kind else _by_index(entry, gpus)
        if len(named) != 1:
            break
        if named[0] in found:
            return []
        found += named
    return found


def _by_index(entry: str, gpus: Sequence[Installed]) -> list[Gpu]:
    index = re.match(r"\s*\+?([0-9]+)", entry)
    return [_whole(gpu) for gpu in gpus if index and gpu.index == int(index[1])]


def _by_uuid(entry: str, kind: str, gpus: Sequence[Installed]) -> list[Gpu]:
    """Those whose UUID begins so. A part was once called MIG-<UUID of its GPU>/<two numbers>."""
    if not entry.startswith(kind) or entry == kind:
        return []
    if kind == "GPU-":
        return [_whole(gpu) for gpu in gpus if gpu.uuid.startswith(entry)]
    parts = [Gpu(part, gpu.uuid) for gpu in gpus for part in gpu.parts if part.startswith(entry)]
    return parts or [Gpu(entry, gpu.uuid) for gpu in gpus if entry.startswith(f"MIG-{gpu.uuid}/")]


def _whole(gpu: Installed) -> Gpu:
    """Of a GPU that is divided into parts, CUDA uses the first."""
    return Gpu(gpu.parts[0] if gpu.parts else gpu.uuid, gpu.uuid)
