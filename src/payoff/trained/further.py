"""Go on training a trained network, by its own recipe, for more epochs.

    python -m payoff.trained.further NETWORK DATASET --epochs 20 TARGET

On as many threads as the network was trained with (OMP_NUM_THREADS), the weights are those that as many epochs
in one go give.
"""

import argparse
import importlib
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path
from zipfile import BadZipFile

from payoff.datasets import splits
from payoff.errors import UserError
from payoff.failures import RunFailure
from payoff.files.contracts import ContractError, did_you_mean, fault
from payoff.machine.devices import DEVICES
from payoff.models.registry import MODELS
from payoff.runs.worker import tell
from payoff.trained.file import load, save
from payoff.trained.trainer import continued, train


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m payoff.trained.further", description=__doc__.splitlines()[0])
    parser.add_argument("network", type=Path, help="a .safetensors file that the rule train_network made")
    parser.add_argument("dataset", type=Path, help="what it was trained on: results/datasets/<name>.npz")
    parser.add_argument("target", type=Path, help="the .safetensors file to write")
    parser.add_argument("--epochs", type=int, required=True, help="in all, those that are done included")
    parser.add_argument("--device", choices=DEVICES, default="cpu")
    asked = parser.parse_args()
    trained = load(asked.network)
    trained = continued(trained, replace(trained.recipe, epochs=asked.epochs))
    if trained.model not in MODELS:
        raise ContractError(fault(str(asked.network), "model", trained.model, did_you_mean(trained.model, MODELS)))
    if reason := MODELS[trained.model].skip(asked.device, trained.mode, trained.recipe):
        raise UserError(f"{trained.model} ({trained.mode}) on {asked.device}: {reason}")
    build = importlib.import_module(MODELS[trained.model].modules[trained.mode]).build
    try:
        dataset = splits.load(asked.dataset)
    except (OSError, ValueError, KeyError, BadZipFile):
        raise UserError(f"{asked.dataset}: not a prepared data set; allowed: results/datasets/<name>.npz") from None
    save(train(trained, build, dataset, asked.device, partial(tell, asked.epochs)), asked.target)


if __name__ == "__main__":
    try:
        main()
    except (UserError, RunFailure) as error:
        sys.exit(str(error))
