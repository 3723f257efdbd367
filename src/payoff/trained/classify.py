"""Classify a user's images with a trained network."""

import importlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from payoff.datasets.image_files import read_pixels
from payoff.errors import UserError
from payoff.files.contracts import ContractError, fault
from payoff.models.network import Network
from payoff.models.registry import MODELS
from payoff.runs.training import predict
from payoff.trained.network import TrainedNetwork

TOP = 3
WHITE = 255


@dataclass(frozen=True)
class Classified:
    """measure: what the values are: "probability", or "output" for a network that was trained with squared errors; top:
    (class, value), the largest first."""

    file: str
    measure: str
    top: Sequence[tuple[str, float]]

    def line(self) -> str:
        values = [f"{name} {self._shown(value)}" for name, value in self.top]
        best, value = self.top[0]
        return f"{self.file}: {best}, {self.measure} {self._shown(value)} ({', '.join(values)})"

    def _shown(self, value: float) -> str:
        return f"{value:.1%}" if self.measure == "probability" else f"{value:.3f}"

    def document(self) -> dict:
        best, value = self.top[0]
        top = [{"class": name, self.measure: value} for name, value in self.top]
        return {"file": self.file, "class": best, self.measure: value, "top": top}


def classify(
    trained: TrainedNetwork, files: Iterable[Path], *, invert: bool = False
) -> Iterator[Classified | UserError]:
    """Yield the classification of each file, or an error that says what is wrong with the file.

    invert: exchange black and white first. Raises ContractError if the network does not classify images.
    """
    check_reads_images(trained)
    network = evaluator(trained)
    for file in files:
        try:
            stored = stored_image(trained, file, invert=invert)
        except UserError as error:
            yield error
            continue
        scores = predict(network, network.place_images(trained.see(stored)))[0]
        yield _classified(trained, file, scores)


def check_reads_images(trained: TrainedNetwork) -> None:
    """Raise ContractError unless the network classifies images of pixels."""
    if not trained.classes:
        raise ContractError(fault("network", "classes", [], "a network that classifies"))
    if trained.stored_dtype != "uint8" or trained.stored_shape[0] not in (1, 3):
        found = f"{trained.stored_shape} {trained.stored_dtype}"
        raise ContractError(fault("network", "stored images", found, "pixels (uint8) of 1 or 3 channels"))


def evaluator(trained: TrainedNetwork) -> Network:
    """The network, built by the first model of its architecture: for an MLP that is numpy's, which needs no torch."""
    model = next(spec for spec in MODELS.values() if spec.architecture == trained.architecture)
    return trained.build(importlib.import_module(model.modules[model.default_mode]).build)


def stored_image(trained: TrainedNetwork, file: Path, *, invert: bool = False) -> np.ndarray:
    """An image file as the network's data set would store it, (1, channels, height, width). Raises UserError."""
    channels, *size = trained.stored_shape
    try:
        content = file.read_bytes()
    except OSError as error:
        raise UserError(f"{file}: {error.strerror}") from None
    pixels = read_pixels(content, file, size, grey=channels == 1)[np.newaxis]
    if invert:
        pixels = WHITE - pixels
    # whole numbers, from 0 to the largest value of the data set
    return np.rint(pixels * (trained.scaling.max_value / WHITE))


def _classified(trained: TrainedNetwork, file: Path, scores: np.ndarray) -> Classified:
    values, measure = scores.astype(np.float64), "output"
    if trained.recipe.loss == "cross_entropy":
        values, measure = np.exp(values - values.max()), "probability"
        values /= values.sum()
    best = np.argsort(-values, kind="stable")[:TOP]
    return Classified(str(file), measure, [(trained.classes[i], float(values[i])) for i in best])
