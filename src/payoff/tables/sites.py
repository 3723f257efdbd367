"""Which machine's runs are a study's own, and at which site a run was measured."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from payoff.cells import HERE


def own_machines(records: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """device -> key of the study's own machine: the one that measured most of the device's runs; of two with equally
    many, the one that began first. After an update of its software, a machine counts as another one."""
    starts: defaultdict[str, defaultdict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for record in records:
        starts[record["cell"]["device"]][record["machine"]["key"]].append(record["started_at"])
    return {
        device: min(by_machine, key=lambda key: (-len(by_machine[key]), min(by_machine[key]), key))
        for device, by_machine in starts.items()
    }


def site_of(record: Mapping[str, Any], machines: Mapping[str, str]) -> str:
    """HERE if the study's own machine measured the record, else the key of the machine that did, so that no median
    mixes two machines.

    machines: device -> key of the study's own machine.
    """
    key = record["machine"]["key"]
    return HERE if machines.get(record["cell"]["device"]) == key else key
