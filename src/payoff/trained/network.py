"""A trained network: its weights, and everything that is needed to use them and to go on training."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from payoff.datasets.drawings import Drawings
from payoff.datasets.scaling import Scaling, coloured
from payoff.models.blueprint import Blueprint
from payoff.models.network import Network
from payoff.models.optimizers import MAKERS
from payoff.models.shapes import ARCHITECTURES, ImageShape, seen_shape
from payoff.recipes import Recipe

UNKNOWN: Literal["unknown"] = "unknown"


@dataclass(frozen=True)
class TrainedNetwork:
    """architecture, model, mode: keys of ARCHITECTURES, of MODELS and of its modules; epochs_done: 0 if untrained;
    stored_shape, stored_dtype: of one image in the data set, (channels, height, width); classes: their names, ()
    where numbers are predicted; software: name -> version; state: Network.state(), by name, in its order; drawings:
    what the training images have in common, None if they are no drawings, UNKNOWN before the training, and in files of
    earlier versions.
    """

    architecture: str
    model: str
    mode: str
    recipe: Recipe
    hidden_size: int
    seed: int
    epochs_done: int
    stored_shape: ImageShape
    stored_dtype: str
    classes: tuple[str, ...]
    outputs: int
    scaling: Scaling
    dtype: str
    software: Mapping[str, str]
    state: Mapping[str, np.ndarray]
    drawings: Drawings | Literal["unknown"] | None = UNKNOWN

    @property
    def image_shape(self) -> ImageShape:
        """(channels, height, width) as the network sees an image."""
        return seen_shape(self.recipe, self.stored_shape)

    @property
    def parameters(self) -> dict[str, np.ndarray]:
        """The arrays from which the scores are computed: the state without the optimiser's memory."""
        return {name: array for name, array in self.state.items() if not name.startswith("optimizer.")}

    def see(self, images: np.ndarray) -> np.ndarray:
        """Images as the data set stores them, (n, channels, height, width) -> float32, as the network sees them."""
        return self.scaling.apply(coloured(images, self.recipe.grey))

    def build(self, build: Callable[[Blueprint], Network], device: str = "cpu") -> Network:
        """Build the network itself. build: the function `build` of any model of its architecture."""
        dtype = np.dtype(self.dtype).type
        blueprint = Blueprint(self.recipe, self.image_shape, self.outputs, self.hidden_size, device, self.seed, dtype)
        network = build(blueprint)
        network.restore(self.state)
        return network

    def expected_state(self) -> dict[str, tuple[tuple[int, ...], np.dtype]]:
        """name -> (shape, dtype) of each array in the state of such a network, in the order of Network.state().

        Raises RunFailure("does_not_fit") if the convolutions leave nothing of the image.
        """
        recipe, dtype = self.recipe, np.dtype(self.dtype)
        layers = ARCHITECTURES[self.architecture](recipe, self.image_shape, self.hidden_size, self.outputs)
        shapes = {}
        for layer, shape in layers.items():
            shapes[f"{layer}.weight"] = shape
            if recipe.biases:
                shapes[f"{layer}.bias"] = shape[:1]
        has_norm = self.architecture == "cnn" and recipe.batch_norm
        norm = (recipe.convolutions[-1].channels,)
        if has_norm:
            shapes |= dict.fromkeys(("norm.weight", "norm.bias"), norm)
        kinds = MAKERS[recipe.optimizer].memory_names
        memory = {f"optimizer.{kind}.{name}": shape for kind in kinds for name, shape in shapes.items()}
        expected = {name: (shape, dtype) for name, shape in (shapes | memory).items()}
        expected["optimizer.steps"] = (1,), np.dtype(np.int64)
        if has_norm:
            expected |= dict.fromkeys(("norm.running_mean", "norm.running_var"), (norm, dtype))
        return expected
