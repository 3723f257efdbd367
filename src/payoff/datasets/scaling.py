"""How stored numbers become the inputs of a network: first the colours, then the scaling."""

from dataclasses import dataclass

import numpy as np

LUMINANCE = (0.299, 0.587, 0.114)  # of red, green and blue: ITU-R BT.601


def coloured(images: np.ndarray, grey: bool) -> np.ndarray:
    """Stored images (n, channels, height, width) -> float32; with `grey` three colours become their luminance."""
    images = images.astype(np.float32)
    if grey and images.shape[1] == 3:
        return np.tensordot(images, np.array(LUMINANCE, np.float32), axes=(1, 0))[:, np.newaxis]
    return images


@dataclass(frozen=True)
class Scaling:
    """How the images of a network are scaled: computed from the training images, then used for every other image.

    name: a key of payoff.recipes.SCALINGS; max_value: the data set's; mean, deviation: of each feature over
    the training images, float32 (channels, height, width), for `standard` only.
    """

    name: str
    max_value: float
    mean: np.ndarray | None = None
    deviation: np.ndarray | None = None

    @classmethod
    def of(cls, name: str, max_value: float, training: np.ndarray) -> "Scaling":
        """training: the coloured training images, (n, channels, height, width)."""
        if name != "standard":
            return cls(name, max_value)
        mean, deviation = training.mean(axis=0), training.std(axis=0)
        deviation[deviation == 0] = 1  # no division by 0 for a feature that never changes
        return cls(name, max_value, mean, deviation)

    def apply(self, images: np.ndarray) -> np.ndarray:
        """Coloured images, float32 (n, channels, height, width) -> as the network sees them."""
        largest = np.float32(self.max_value)
        match self.name:
            case "unit":
                return images / largest
            case "centred":
                return images / largest - np.float32(0.5)
            case "above_zero":
                return images / largest * np.float32(0.99) + np.float32(0.01)
            case "standard":
                return (images - self.mean) / self.deviation
            case _:
                return images
