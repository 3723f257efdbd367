"""Train one network of a study for its weights: like the first repetition of its cell, in a separate process."""

from pathlib import Path

from payoff.cells import Cell
from payoff.files.whole import appearing_whole
from payoff.machine.locks import alone_on_machine
from payoff.machine.processes import ProgramFaultError, call
from payoff.recipes import Recipe


def train_network(
    cell: Cell, *, architecture: str, module: str, recipe: Recipe, seed: int, dataset: Path, log: Path, output: Path
) -> None:
    """Write the trained network of `cell` to `output`. There is no time budget.

    module: that of the model in the cell's mode; dataset: path of the prepared .npz; the process prints into `log`.
    Raises ProgramFaultError with the end of that log.
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
    with alone_on_machine() as held:  # nothing is timed here, but this would disturb a timed run
        called = call("payoff.trained.trainer", request, threads=cell.threads, log=log, descriptors=held)
    if called.status != 0:
        raise ProgramFaultError(str(cell), called.status, log)
    with appearing_whole(output) as temporary:
        temporary.write_bytes(called.written)
