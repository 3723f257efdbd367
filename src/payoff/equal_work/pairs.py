"""The pairs of ways that train the same network. No numpy or pandas here: the workflow imports this module to plan."""

from collections import defaultdict
from collections.abc import Iterable
from itertools import combinations
from typing import Any

from payoff.cells import Cell
from payoff.models.registry import MODELS


def pairs(cells: Iterable[Cell]) -> list[dict[str, Any]]:
    """Each pair of these cells' ways (model, mode, device) to train the same network, at the smallest hidden size that
    both have.

    The pairs are rows of the table: dataset, recipe, architecture, hidden_size, first_model, first_mode, first_device,
    and the same for the second. Two ways without a common hidden size are never compared, so they make no pair.
    """
    networks: defaultdict[tuple, defaultdict[tuple, set[int]]] = defaultdict(lambda: defaultdict(set))
    for cell in cells:
        ways = networks[cell.dataset, cell.recipe, MODELS[cell.model].architecture]
        ways[cell.model, cell.mode, cell.device].add(cell.hidden_size)
    places = list(MODELS)
    found = []
    for (dataset, recipe, architecture), sizes in sorted(networks.items()):
        ordered = sorted(sizes, key=lambda way: (places.index(way[0]), *way[1:]))
        for first, second in combinations(ordered, 2):
            if shared := sizes[first] & sizes[second]:
                network = {"dataset": dataset, "recipe": recipe, "architecture": architecture}
                found.append(network | {"hidden_size": min(shared)} | _named("first", first) | _named("second", second))
    return found


def by_device(checked: Iterable[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """device -> the pairs that are checked on its machine: a device that one of the two ways needs, or else the CPU."""
    places = defaultdict(list)
    for pair in checked:
        devices = [device for end in ("first", "second") if (device := pair[f"{end}_device"]) != "cpu"]
        places[devices[0] if devices else "cpu"].append(pair)
    return dict(places)


def modules_behind(checked: Iterable[dict[str, Any]]) -> tuple[str, ...]:
    """The modules of all models in these pairs."""
    ends = [(pair[f"{end}_model"], pair[f"{end}_mode"]) for pair in checked for end in ("first", "second")]
    return tuple(sorted({MODELS[model].modules[mode] for model, mode in ends}))


def _named(end: str, way: tuple[str, str, str]) -> dict[str, str]:
    return dict(zip((f"{end}_model", f"{end}_mode", f"{end}_device"), way, strict=True))
