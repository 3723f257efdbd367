"""Train a trained network for more epochs, by its own recipe.

With the same number of threads as before (OMP_NUM_THREADS), the weights are the same as after a single training of all
epochs.
"""

import importlib
from dataclasses import replace
from functools import partial
from pathlib import Path
from zipfile import BadZipFile

from payoff.datasets import splits
from payoff.errors import UserError
from payoff.files.contracts import ContractError, did_you_mean, fault
from payoff.models.registry import MODELS
from payoff.runs.worker import tell
from payoff.trained.file import load, save
from payoff.trained.trainer import continued, train


def train_further(network: Path, dataset: Path, target: Path, epochs: int, device: str = "cpu") -> None:
    """Read a network file and write another, trained for `epochs` epochs in all.

    dataset: the prepared data set that it was trained on. Raises UserError that names what does not fit, RunFailure if
    the training fails.
    """
    trained = load(network)
    trained = continued(trained, replace(trained.recipe, epochs=epochs))
    if trained.model not in MODELS:
        raise ContractError(fault(str(network), "model", trained.model, did_you_mean(trained.model, MODELS)))
    if reason := MODELS[trained.model].skip(device, trained.mode, trained.recipe):
        raise UserError(f"{trained.model} ({trained.mode}) on {device}: {reason}")
    build = importlib.import_module(MODELS[trained.model].modules[trained.mode]).build
    try:
        prepared = splits.load(dataset)
    except (OSError, ValueError, KeyError, BadZipFile):
        raise UserError(f"{dataset}: not a prepared data set; allowed: results/datasets/<name>.npz") from None
    save(train(trained, build, prepared, device, partial(tell, epochs)), target)
