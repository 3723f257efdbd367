"""The CNN of torch_cnn in JAX: the recipe's convolutions, each with ReLU and max-pooling, then dense layers."""

import jax
import jax.numpy as jnp
import numpy as np

from payoff.models.blueprint import Blueprint
from payoff.models.jax_network import JaxNetwork
from payoff.models.jax_optimizers import State
from payoff.recipes import Convolution

# Of the batch norm, as in torch: the share of a batch in the running values, and what is added to a variance.
MOMENTUM, EPSILON = 0.1, 1e-5
RUNNING = ("norm.running_mean", "norm.running_var")


class JaxCNN(JaxNetwork):
    def __init__(self, blueprint: Blueprint):
        self._convolutions = list(enumerate(blueprint.recipe.convolutions, 1))
        self._batch_norm = blueprint.recipe.batch_norm
        parameters, running = blueprint.cnn_parameters(), {}
        if self._batch_norm:
            scale = parameters["norm.weight"]
            running = dict(zip(RUNNING, (np.zeros_like(scale), np.ones_like(scale)), strict=True))
        super().__init__(blueprint, parameters, **running)

    def place_images(self, images: np.ndarray) -> jax.Array:
        return self.place(images)

    def forward(self, state: State, images: jax.Array, *, training: bool) -> tuple[jax.Array, State]:
        maps, changed = images, State()
        for number, layer in self._convolutions:
            maps = self._convolved(state, f"conv{number}", layer, maps)
        if self._batch_norm:
            maps, changed = _normalised(state, maps, training=training)
        return self._forward_dense(state, maps.reshape(len(maps), -1)), changed

    @staticmethod
    def _convolved(state: State, name: str, layer: Convolution, maps: jax.Array) -> jax.Array:
        edges = [(layer.padding, layer.padding)] * 2
        layout = ("NCHW", "OIHW", "NCHW")
        maps = jax.lax.conv_general_dilated(maps, state[f"{name}.weight"], (1, 1), edges, dimension_numbers=layout)
        if f"{name}.bias" in state:
            maps += state[f"{name}.bias"][:, np.newaxis, np.newaxis]
        maps = jax.nn.relu(maps)
        window = (1, 1, layer.pool, layer.pool)
        return maps if layer.pool == 1 else jax.lax.reduce_window(maps, -jnp.inf, jax.lax.max, window, window, "VALID")


def _normalised(state: State, maps: jax.Array, *, training: bool) -> tuple[jax.Array, State]:
    """The maps, each normalised over the batch and the image; in evaluation, by the running means."""
    mean, variance = (state[name] for name in RUNNING)
    changed = State()
    if training:
        over, n = (0, 2, 3), maps.size // maps.shape[1]
        mean, variance = maps.mean(over), maps.var(over)
        now = dict(zip(RUNNING, (mean, variance * n / (n - 1)), strict=True))
        changed = {name: (1 - MOMENTUM) * state[name] + MOMENTUM * now[name] for name in RUNNING}
    mean, scale, shift = (
        values[:, np.newaxis, np.newaxis]
        for values in (mean, state["norm.weight"] / jnp.sqrt(variance + EPSILON), state["norm.bias"])
    )
    return (maps - mean) * scale + shift, changed


def build(blueprint: Blueprint) -> JaxCNN:
    return JaxCNN(blueprint)
