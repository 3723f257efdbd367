"""The CNN of torch_cnn, its steps compiled."""

from payoff.models.blueprint import Blueprint
from payoff.models.torch_cnn import TorchCNN
from payoff.models.torch_compiled import CompiledSteps


class CompiledTorchCNN(TorchCNN, CompiledSteps):
    pass


def build(blueprint: Blueprint) -> CompiledTorchCNN:
    return CompiledTorchCNN(blueprint)
