"""Classify a user's images with a trained network."""

import importlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from payoff.datasets.drawings import Drawings
from payoff.datasets.image_files import read_picture, read_pixels
from payoff.errors import UserError
from payoff.files.contracts import ContractError, fault
from payoff.models.network import Network
from payoff.models.registry import MODELS
from payoff.runs.training import predict
from payoff.trained.fitting import fit
from payoff.trained.network import UNKNOWN, TrainedNetwork

TOP = 3
WHITE = 255
MOST_SIDE = 384  # pixels of a picture in which a drawing is looked for
NOTHING = "no drawing found"
MOST_REST = 0.3  # of a picture's edges, outside the drawing; lines on the paper have less


@dataclass(frozen=True)
class Classified:
    """measure: what the values are: "probability", or "output" for a network that was trained with squared errors; top:
    (class, value), the largest first, () if the picture shows no drawing; notes: what a user should know of the answer;
    seen: what the network saw, (channels, height, width), 0 black to 1 white, or None.
    """

    file: str
    measure: str
    top: Sequence[tuple[str, float]]
    notes: Sequence[str] = ()
    seen: np.ndarray | None = None

    def line(self) -> str:
        if not self.top:
            return f"{self.file}: {'; '.join(self.notes)}"
        values = [f"{name} {self._shown(value)}" for name, value in self.top]
        best, value = self.top[0]
        answer = f"{self.file}: {best}, {self.measure} {self._shown(value)} ({', '.join(values)})"
        return "; but ".join([answer, *self.notes])

    def _shown(self, value: float) -> str:
        return f"{value:.1%}" if self.measure == "probability" else f"{value:.3f}"

    def document(self) -> dict:
        best, value = self.top[0] if self.top else (None, None)
        top = [{"class": name, self.measure: value} for name, value in self.top]
        return {"file": self.file, "class": best, self.measure: value, "top": top, "notes": list(self.notes)}


def classify(
    trained: TrainedNetwork, files: Iterable[Path], *, invert: bool = False, as_is: bool = False
) -> Iterator[Classified | UserError]:
    """Yield the classification of each file, or an error that says what is wrong with the file.

    If the training images are drawings, each picture is first fitted to them, as `payoff.trained.fitting` does. invert:
    black and white are the other way round than in the training images; as_is: resize only. Raises ContractError if the
    network does not classify images.
    """
    check_reads_images(trained)
    network = evaluator(trained)
    measure = "probability" if trained.recipe.loss == "cross_entropy" else "output"
    for file in files:
        try:
            stored, notes = _prepared(trained, file, invert=invert, as_is=as_is)
        except UserError as error:
            yield error
            continue
        if stored is None:
            yield Classified(str(file), measure, (), notes)
            continue
        scores = predict(network, network.place_images(trained.see(stored)))[0]
        yield Classified(str(file), measure, _top(trained, scores), notes, stored[0] / trained.scaling.max_value)


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
    """An image file, resized, as the network's data set would store it, (1, channels, height, width).

    Raises UserError.
    """
    channels, *size = trained.stored_shape
    pixels = read_pixels(_content(file), file, size, grey=channels == 1)[np.newaxis]
    if invert:
        pixels = WHITE - pixels
    return _stored(trained, pixels / WHITE)


def fitted_image(
    trained: TrainedNetwork, drawings: Drawings, file: Path, *, invert: bool = False
) -> tuple[np.ndarray | None, list[str]]:
    """The drawing in an image file as the data set would store it, (1, 1, height, width), None if there is none; and
    what a user should know of it. Raises UserError."""
    _, height, width = trained.stored_shape
    picture = read_picture(_content(file), file, MOST_SIDE)
    found = fit(picture, drawings, (height, width), dark=(drawings.ink == "bright") if invert else None)
    if found is None:
        return None, [NOTHING]
    notes = []
    if found.drawings > 1:
        notes.append(f"the picture shows {found.drawings} drawings, of which this is the largest")
    elif found.rest > MOST_REST:
        notes.append("much else is in the picture")
    if unusual := drawings.unusual(found.image):
        notes.append(f"it is unlike 99 % of the training images in {' and '.join(unusual)}")
    image = found.image if drawings.ink == "bright" else 1 - found.image
    return _stored(trained, image[np.newaxis, np.newaxis]), notes


def _prepared(
    trained: TrainedNetwork, file: Path, *, invert: bool, as_is: bool
) -> tuple[np.ndarray | None, Sequence[str]]:
    if isinstance(trained.drawings, Drawings) and not as_is:
        return fitted_image(trained, trained.drawings, file, invert=invert)
    notes = []
    if trained.drawings == UNKNOWN and trained.stored_shape[0] == 1 and not as_is:
        notes.append("only resized: an earlier version made this network's file, without a word on its training images")
    return stored_image(trained, file, invert=invert), notes


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise UserError(f"{file}: {error.strerror}") from None


def _stored(trained: TrainedNetwork, values: np.ndarray) -> np.ndarray:
    """values: 0 black to 1 white. Whole numbers, from 0 to the largest value of the data set."""
    return np.rint(values * trained.scaling.max_value)


def _top(trained: TrainedNetwork, scores: np.ndarray) -> list[tuple[str, float]]:
    values = scores.astype(np.float64)
    if trained.recipe.loss == "cross_entropy":
        values = np.exp(values - values.max())
        values /= values.sum()
    return [(trained.classes[i], float(values[i])) for i in np.argsort(-values, kind="stable")[:TOP]]
