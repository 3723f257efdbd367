"""The MLP of numpy_mlp in JAX: the same layers, parameters and loss, differentiated by JAX and compiled by XLA."""

import jax
import numpy as np

from payoff.models.blueprint import Blueprint
from payoff.models.jax_network import JaxNetwork
from payoff.models.jax_optimizers import State


class JaxMLP(JaxNetwork):
    def place_images(self, images: np.ndarray) -> jax.Array:
        return self.place(images.reshape(len(images), -1))

    def forward(self, state: State, images: jax.Array, *, training: bool) -> tuple[jax.Array, State]:
        return self._forward_dense(state, images), {}


def build(blueprint: Blueprint) -> JaxMLP:
    return JaxMLP(blueprint, blueprint.mlp_parameters())
