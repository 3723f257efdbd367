"""MODELS: the one place that names the models.

A run never imports this file: it is given its model's module, so that adding a model here does
not make the timings of the others stale.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class ModelSpec:
    """A model: a framework's implementation of an architecture.

    Models of one architecture compute the same function from the same weights, so their times can
    be compared; the conformance tests hold them to it.
    """

    title: str
    architecture: str
    module: str  # has `build(blueprint: Blueprint) -> Network`
    only_device: str | None = None  # None: every device of payoff.devices.DEVICES
    only_device_because: str = ""

    def skip(self, device: str) -> str | None:
        """Why this model cannot be trained on `device`; None if it can."""
        return self.only_device_because if self.only_device not in (None, device) else None


# Names are <framework>_<architecture>.
MODELS = {
    "numpy_mlp": ModelSpec(
        title="MLP in numpy",
        architecture="mlp",
        module="payoff.models.numpy_mlp",
        only_device="cpu",
        only_device_because="numpy computes on the CPU only",
    ),
    "torch_mlp": ModelSpec(title="MLP in torch", architecture="mlp", module="payoff.models.torch_mlp"),
    "torch_cnn": ModelSpec(title="CNN in torch", architecture="cnn", module="payoff.models.torch_cnn"),
}
