"""How a network is trained, as data."""

from dataclasses import dataclass

# How stored pixels (0 … max_value) become the numbers that a network sees.
SCALINGS = {
    "unit": lambda images, max_value: images / max_value,
    "centred": lambda images, max_value: images / max_value - 0.5,
}

LOSSES = {
    "cross_entropy": "softmax cross-entropy, averaged over the batch",
}

OPTIMIZERS = {
    "sgd": "stochastic gradient descent: w <- w - learning_rate * gradient",
}


@dataclass(frozen=True)
class Recipe:
    """Everything about the training that is neither the data, the network nor the device.

    The study's schema describes each field and its allowed values.
    """

    scaling: str
    loss: str
    optimizer: str
    learning_rate: float
    batch_size: int
    epochs: int
