"""Read the heats of a study back: each file must hold what its path says."""

from collections.abc import Mapping
from pathlib import Path

from payoff.cells import Cell
from payoff.files.contracts import ContractError, fault
from payoff.recipes import Recipe
from payoff.runs.records import Record, numbered_records
from payoff.study.paths import heat_of
from payoff.study.study import contest_of


def read_heat(path: Path, study: str, recipes: Mapping[str, Recipe], seed: int) -> list[Record]:
    """The records of a heat of this study. Raises ContractError, which names file and line, for records of another
    place, recipe or seed: a copy would count twice, and a foreign record as this study's own.

    recipes: of the study; seed: of the configuration.
    """
    numbered = list(numbered_records(path))
    devices = {record["cell"]["device"] for _, record in numbered}
    device = next((device for device in sorted(devices) if device != "cpu"), "cpu")
    for where, record in numbered:
        cell = Cell(**record["cell"])
        belongs = Path(heat_of(record["study"], contest_of(cell), device, record["repetition"]))
        if record["study"] != study or belongs.name != path.name:
            raise ContractError(fault(where, "a record", str(belongs), f"one of {path}"))
        measured = {"seed": record["seed"], **vars(Recipe.from_document(record["recipe"]))}
        asked = {"seed": seed + record["repetition"], **vars(recipes[cell.recipe])}
        for key, value in asked.items():
            if measured[key] != value:
                raise ContractError(fault(where, key, measured[key], f"{value}, as the study says"))
    return [record for _, record in numbered]
