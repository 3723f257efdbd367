"""The MLP of torch_mlp, its steps compiled."""

from payoff.models.blueprint import Blueprint
from payoff.models.torch_compiled import CompiledSteps
from payoff.models.torch_mlp import TorchMLP


class CompiledTorchMLP(CompiledSteps, TorchMLP):
    pass


def build(blueprint: Blueprint) -> CompiledTorchMLP:
    return CompiledTorchMLP(blueprint, blueprint.mlp_parameters())
