"""How a network is built and trained, as data."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

# How stored numbers become the inputs of a network.
SCALINGS = {
    "unit": "divided by the largest possible value: pixels in [0, 1]",
    "centred": "unit, minus 0.5",
    "above_zero": "unit · 0.99 + 0.01: in [0.01, 1.00], so that no input is 0",
    "standard": "each feature minus its mean over the training examples, divided by its standard deviation",
    "none": "as they are stored",
}

ACTIVATIONS = {
    "relu": "max(z, 0)",
    "sigmoid": "1 / (1 + exp(-z))",
}

OUTPUTS = {
    "scores": "the sums themselves, one per class; the softmax is part of the loss",
    "sigmoid": "the sigmoid of each sum",
}

INITIAL_WEIGHTS = {
    "fan_in_uniform": "U(-b, b), b = 1 / sqrt(fan_in), biases too: the default of torch.nn (He et al. 2015)",
    "fan_in_normal": "N(0, 1/sqrt(fan_in)), biases zero",
    "glorot_uniform": "U(-b, b), b = sqrt(6 / (fan_in + fan_out)), biases zero (Glorot and Bengio 2010)",
}

LOSSES = {
    "cross_entropy": "softmax cross-entropy, averaged over the batch",
    "squared_error": "sum over the outputs of the squared error, averaged over the batch",
}

ERROR_RULES = {
    "exact": "the gradient of the loss",
    "book": (
        "as in Rashid, Make Your Own Neural Network, 2016: the raw error of the output goes back through the "
        "output weights, without the derivative of the output's sigmoid, and nothing is multiplied by 2"
    ),
}

OPTIMIZERS = {
    "sgd": "stochastic gradient descent: w <- w - learning_rate * gradient",
    "nesterov": "v <- momentum * v + gradient; w <- w - learning_rate * (gradient + momentum * v)",
    "adam": "Kingma and Ba 2015, algorithm 1, with their beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8",
}


@dataclass(frozen=True)
class Convolution:
    """A convolution of `channels` square kernels, stride 1, then ReLU, then max-pooling by `pool` (1: none)."""

    channels: int
    kernel: int
    padding: int = 0
    pool: int = 2


@dataclass(frozen=True)
class RateChange:
    """A new learning rate from epoch `from_epoch` on. Epochs are counted from 1."""

    from_epoch: int
    learning_rate: float


@dataclass(frozen=True)
class Recipe:
    """Everything about a training except the data, the model, the hidden size and the device.

    The study's schema describes each field and its allowed values; the defaults here are its defaults.
    """

    # training
    scaling: str
    loss: str
    optimizer: str
    learning_rate: float
    batch_size: int
    epochs: int
    schedule: tuple[RateChange, ...] = ()
    momentum: float = 0.9
    error_rule: str = "exact"
    targets: tuple[float, float] = (0.0, 1.0)
    # data
    grey: bool = False
    validation: int | float = 0
    shuffle: bool = True
    # network
    dense: tuple[float, ...] = (1.0,)
    activation: str = "relu"
    output: str = "scores"
    biases: bool = True
    initial_weights: str = "fan_in_uniform"
    convolutions: tuple[Convolution, ...] = (Convolution(8, 3, padding=1), Convolution(16, 3, padding=1))
    batch_norm: bool = False
    # what is kept
    evaluate_before_training: bool = False
    keep_step_losses: bool = False

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "Recipe":
        """From an entry of a study file that fulfils its schema, or from `to_document`."""
        nested = {
            "schedule": lambda changes: tuple(RateChange(**change) for change in changes),
            "convolutions": lambda layers: tuple(Convolution(**layer) for layer in layers),
            **dict.fromkeys(("targets", "dense"), tuple),
        }
        return cls(**{key: nested.get(key, lambda value: value)(value) for key, value in document.items()})

    def to_document(self) -> dict[str, Any]:
        """Every field, nested ones as mappings."""
        return asdict(self)

    def stated(self) -> dict[str, Any]:
        """The fields that differ from their defaults, for readers."""
        document = asdict(self)
        defaults = {field.name: field.default for field in fields(Recipe)}
        return {name: document[name] for name, value in vars(self).items() if value != defaults[name]}

    def fault(self) -> tuple[str, Any, str] | None:
        """The first pair of fields that do not fit together: (field, what was found, what is allowed)."""
        if self.loss == "cross_entropy" and self.output != "scores":
            return "output", self.output, "scores, where the loss is cross_entropy"
        if self.error_rule == "book" and (self.loss, self.output) != ("squared_error", "sigmoid"):
            return "error_rule", self.error_rule, "exact, unless the loss is squared_error and the output sigmoid"
        epochs = [change.from_epoch for change in self.schedule]
        if epochs != sorted(set(epochs)) or any(not 1 < epoch <= self.epochs for epoch in epochs):
            return "schedule", epochs, f"ascending epochs from 2 to {self.epochs}"
        if isinstance(self.validation, float) and not 0 <= self.validation < 1:
            return "validation", self.validation, "a whole number of examples, or a fraction below 1"
        return None

    def rate(self, epoch: int) -> float:
        """The learning rate of an epoch, counted from 1."""
        rates = [change.learning_rate for change in self.schedule if change.from_epoch <= epoch]
        return rates[-1] if rates else self.learning_rate


RECIPE_FIELDS = [field.name for field in fields(Recipe)]

# What a schema allows in a recipe.
REGISTRIES = {
    "scalings": SCALINGS,
    "losses": LOSSES,
    "optimizers": OPTIMIZERS,
    "activations": ACTIVATIONS,
    "outputs": OUTPUTS,
    "initial_weights": INITIAL_WEIGHTS,
    "error_rules": ERROR_RULES,
    "recipe_fields": RECIPE_FIELDS,
}
