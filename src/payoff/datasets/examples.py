"""What a network sees of a data set: the recipe's colours, scaling, targets and validation examples."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from payoff.datasets.scaling import Scaling, coloured
from payoff.datasets.splits import PreparedDataset, Split
from payoff.errors import UserError
from payoff.recipes import Recipe


@dataclass(frozen=True)
class Examples:
    """images: float32 (n, channels, height, width); labels: class indices (n,), or numbers (n, outputs);
    targets: what the loss compares the outputs with, class indices (n,) or float32 (n, outputs)."""

    images: np.ndarray
    labels: np.ndarray
    targets: np.ndarray

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, which: np.ndarray) -> "Examples":
        return Examples(self.images[which], self.labels[which], self.targets[which])


def make_examples(
    dataset: PreparedDataset, recipe: Recipe, seed: int, scaling: Scaling | None = None
) -> Mapping[str, Examples]:
    """The examples "train" and "test", and "validation" if the recipe holds examples back.

    The validation examples are drawn at random from the training examples; with the same `seed` they are the same for
    every network. scaling: computed from the training images if not given. Raises UserError if the recipe does not fit
    the data.
    """
    splits = (dataset.train, dataset.test)
    train, test = (
        Examples(images, split.labels, _targets(dataset, split, recipe))
        for images, split in zip(_seen(dataset, recipe, scaling), splits, strict=True)
    )
    held_back = recipe.validation if isinstance(recipe.validation, int) else round(recipe.validation * len(train))
    if held_back >= len(train):
        raise UserError(f"recipe: validation: found {held_back}; allowed: less than the {len(train)} training examples")
    if not held_back:
        return {"train": train, "test": test}
    order = np.random.default_rng((seed, 2)).permutation(len(train))
    return {"train": train[order[held_back:]], "test": test, "validation": train[order[:held_back]]}


def image_shape(examples: Examples) -> tuple[int, int, int]:
    return examples.images.shape[1:]


def _seen(dataset: PreparedDataset, recipe: Recipe, scaling: Scaling | None) -> list[np.ndarray]:
    """The training and the test images."""
    images = [coloured(split.images, recipe.grey) for split in (dataset.train, dataset.test)]
    scaling = scaling or Scaling.of(recipe.scaling, dataset.max_value, images[0])
    return [scaling.apply(values) for values in images]


def _targets(dataset: PreparedDataset, split: Split, recipe: Recipe) -> np.ndarray:
    if not dataset.classes:
        if recipe.loss == "cross_entropy":
            raise UserError("recipe: loss: found cross_entropy; allowed: squared_error, for labels that are numbers")
        return split.labels
    if recipe.loss == "cross_entropy":
        return split.labels
    low, high = recipe.targets
    rows = np.full((len(split), len(dataset.classes)), low, np.float32)
    rows[np.arange(len(split)), split.labels] = high
    return rows
