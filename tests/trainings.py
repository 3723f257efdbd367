"""Networks that are really trained, on the digits, for the tests of their files."""

import tempfile
from functools import cache
from importlib import import_module
from pathlib import Path

import numpy as np

from payoff.datasets import splits
from payoff.datasets.prepare import prepare_dataset
from payoff.datasets.registry import DATASETS
from payoff.datasets.splits import PreparedDataset
from payoff.models.registry import MODELS
from payoff.recipes import Convolution, Recipe
from payoff.runs import training
from payoff.trained.network import TrainedNetwork
from payoff.trained.trainer import train, untrained

RECIPE = Recipe("unit", "cross_entropy", "sgd", learning_rate=0.1, batch_size=32, epochs=2)
# 8×8 images through both: 6 channels of 8×8, then 4 of 3×3.
CONVOLUTIONS = (Convolution(6, 3, padding=1, pool=1), Convolution(4, 3, padding=0, pool=2))


@cache
def digits() -> PreparedDataset:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "digits.npz"
        prepare_dataset(DATASETS["digits"], None, path.parent, path)
        return splits.load(path)


def build_of(way: tuple[str, str]):
    model, mode = way
    return import_module(MODELS[model].modules[mode]).build


def untrained_by(way, recipe: Recipe = RECIPE, hidden_size: int = 12, dataset=None) -> TrainedNetwork:
    model, mode = way
    return untrained(
        dataset or digits(),
        recipe,
        architecture=MODELS[model].architecture,
        model=model,
        mode=mode,
        hidden_size=hidden_size,
        seed=7,
    )


def trained_by(way, recipe: Recipe = RECIPE, hidden_size: int = 12, dataset=None) -> TrainedNetwork:
    return train(untrained_by(way, recipe, hidden_size, dataset), build_of(way), dataset or digits())


def equal(one, other) -> bool:
    """Whether two states hold the same arrays under the same names, in the same order."""
    return list(one) == list(other) and all((array == other[name]).all() for name, array in one.items())


def scores_of(trained: TrainedNetwork, way, stored: np.ndarray) -> np.ndarray:
    """By the network itself, of images as the data set stores them."""
    network = trained.build(build_of(way))
    return training.predict(network, network.place_images(trained.see(stored)))
