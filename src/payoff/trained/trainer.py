"""Train a network, or train it for more epochs: the process that makes a network file.

`python -m payoff.trained.trainer REQUEST OUTPUT` reads a request (JSON, see payoff.trained.making) and writes the
file. It trains as payoff.runs.worker does, from the same seed, so the weights are the same as in a measured run.
"""

import importlib
import json
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from importlib.metadata import version
from pathlib import Path

from payoff.datasets import splits
from payoff.datasets.drawings import Drawings
from payoff.datasets.examples import make_examples
from payoff.datasets.scaling import Scaling, coloured
from payoff.datasets.splits import PreparedDataset
from payoff.errors import UserError
from payoff.failures import RunFailure
from payoff.files.contracts import ContractError, fault
from payoff.machine.clock import Stopwatch
from payoff.models.blueprint import Blueprint
from payoff.models.network import Network
from payoff.recipes import RECIPE_FIELDS, Recipe
from payoff.runs import training
from payoff.runs.worker import software, tell
from payoff.trained.file import save
from payoff.trained.network import TrainedNetwork

# A recipe may differ from that of the earlier epochs in these fields: how long to train, and what is kept besides the
# weights.
FREE_FIELDS = ("epochs", "schedule", "evaluate_before_training", "keep_step_losses")


def untrained(
    dataset: PreparedDataset, recipe: Recipe, *, architecture: str, model: str, mode: str, hidden_size: int, seed: int
) -> TrainedNetwork:
    """A network before its first epoch. Its weights are not yet drawn from `seed`."""
    images = dataset.train.images
    return TrainedNetwork(
        architecture=architecture,
        model=model,
        mode=mode,
        recipe=recipe,
        hidden_size=hidden_size,
        seed=seed,
        epochs_done=0,
        stored_shape=images.shape[1:],
        stored_dtype=images.dtype.name,
        classes=dataset.classes,
        outputs=dataset.outputs,
        scaling=Scaling.of(recipe.scaling, dataset.max_value, coloured(images, recipe.grey)),
        dtype="float32",
        software={},
        state={},
    )


def continued(trained: TrainedNetwork, recipe: Recipe) -> TrainedNetwork:
    """The network with the recipe for its further epochs.

    Raises ContractError that names the field if the epochs done are not the first epochs of that recipe.
    """
    done = trained.epochs_done
    for field in RECIPE_FIELDS:
        before, now = getattr(trained.recipe, field), getattr(recipe, field)
        if field not in FREE_FIELDS and now != before:
            raise ContractError(fault("recipe", field, now, f"{before}, by which the network was trained"))
    if recipe.epochs <= done:
        raise ContractError(fault("recipe", "epochs", recipe.epochs, f"more than the {done} that are done"))
    rates, allowed = ([r.rate(epoch) for epoch in range(1, done + 1)] for r in (recipe, trained.recipe))
    if rates != allowed:
        raise ContractError(fault("recipe", "schedule", rates, f"{allowed}, the rates of the {done} epochs done"))
    return replace(trained, recipe=recipe)


def train(
    trained: TrainedNetwork,
    build: Callable[[Blueprint], Network],
    dataset: PreparedDataset,
    device: str = "cpu",
    on_epoch: Callable[[training.Epoch], None] = lambda _: None,
) -> TrainedNetwork:
    """The network after all epochs of its recipe. Some of them may be done already.

    build: the function `build` of the network's model, or of another model of its architecture. Raises ContractError if
    the data set is not that of the earlier epochs, RunFailure as payoff.runs.training.fit does.
    """
    _check_dataset(trained, dataset)
    recipe = trained.recipe
    examples = make_examples(dataset, recipe, trained.seed, trained.scaling)
    network = trained.build(build, device)
    parts = {name: training.place(network, part) for name, part in examples.items()}
    training.fit(
        network,
        recipe,
        parts.pop("train"),
        parts,
        seed=trained.seed,
        stopwatch=Stopwatch(network),
        progress=training.Progress(),
        on_epoch=on_epoch,
        first_epoch=trained.epochs_done + 1,
    )
    versions = {"payoff": version("payoff")} | software()
    drawings = Drawings.of(dataset.train.images, dataset.max_value)
    return replace(trained, epochs_done=recipe.epochs, software=versions, state=network.state(), drawings=drawings)


def _check_dataset(trained: TrainedNetwork, dataset: PreparedDataset) -> None:
    for key, found, allowed in (
        ("images", dataset.train.images.shape[1:], trained.stored_shape),
        ("max_value", dataset.max_value, trained.scaling.max_value),
        ("classes", dataset.classes, trained.classes),
        ("outputs", dataset.outputs, trained.outputs),
    ):
        if found != allowed:
            raise ContractError(fault("data set", key, found, f"{allowed}, as the network expects"))


def main(request_path: str, output: str) -> None:
    request = json.loads(Path(request_path).read_text(encoding="utf-8"))
    build = importlib.import_module(request["module"]).build
    dataset = splits.load(Path(request["dataset"]))
    recipe = Recipe.from_document(request["recipe"])
    new = untrained(dataset, recipe, **request["identity"])
    save(train(new, build, dataset, request["device"], partial(tell, recipe.epochs)), Path(output))


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except (UserError, RunFailure) as error:
        sys.exit(str(error))
