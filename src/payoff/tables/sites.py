"""Which machine's runs are a study's own, and at which site a run was measured."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from payoff.cells import HERE


def own_machines(records: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """device -> key of the machine that has measured the most of its runs; of two with as many, the one that began
    first. A machine after an update of its software is another one."""
    starts: defaultdict[str, defaultdict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for record in records:
        starts[record["cell"]["device"]][record["machine"]["key"]].append(record["started_at"])
    return {
        device: min(by_machine, key=lambda key: (-len(by_machine[key]), min(by_machine[key]), key))
        for device, by_machine in starts.items()
    }


def site_of(record: Mapping[str, Any], own: Mapping[str, str]) -> str:
    """HERE if the record's machine is its device's own, else that machine's key: it is in no median of the first.

    own: device -> key of its own machine.
    """
    key = record["machine"]["key"]
    return HERE if own.get(record["cell"]["device"]) == key else key
