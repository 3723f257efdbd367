"""One network of a study: train a cell as its first repetition does, in a process of its own, for its weights."""

import json
import tempfile
from pathlib import Path

from payoff.cells import Cell
from payoff.machine.locks import MACHINE, hold
from payoff.machine.processes import ProgramFaultError, run_module
from payoff.recipes import Recipe


def train_network(
    cell: Cell, *, architecture: str, module: str, recipe: Recipe, seed: int, dataset: Path, log: Path, output: Path
) -> None:
    """Write the trained network of `cell` to `output`. Whatever it takes: there is no budget.

    module: the model's in its mode; dataset: path of the prepared .npz; the process prints into `log`. Raises
    ProgramFaultError with the end of that log.
    """
    request = {
        "module": module,
        "recipe": recipe.to_document(),
        "dataset": str(dataset),
        "device": cell.device,
        "identity": {
            "architecture": architecture,
            "model": cell.model,
            "mode": cell.mode,
            "hidden_size": cell.hidden_size,
            "seed": seed,
        },
    }
    log.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        request_path = Path(folder) / "request.json"
        request_path.write_text(json.dumps(request), encoding="utf-8")
        with hold([MACHINE]) as held:  # nothing is timed here, but it would disturb what is
            status = run_module(
                "payoff.trained.trainer",
                request_path,
                output,
                threads=cell.threads,
                log=log,
                descriptors=held.values(),
            )
    if status != 0:
        raise ProgramFaultError(str(cell), status, log)
