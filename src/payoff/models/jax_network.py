"""Networks in JAX, mode `jit`: XLA compiles a whole block of steps to one program, with its backward pass.

A network says how to compute the scores; JAX differentiates, and `scan` repeats the step over the batches of a block,
which are picked within the program. The state is given away to each block (donated), so that XLA may write the new
weights where the old ones were. (docs.jax.dev, "Just-in-time compilation", "Buffer donation".)
"""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from payoff.models.blueprint import Blueprint
from payoff.models.jax_device import OnJaxDevice
from payoff.models.jax_optimizers import UPDATES, State
from payoff.models.network import Network
from payoff.models.optimizers import make_optimizer

ACTIVATIONS = {"relu": jax.nn.relu, "sigmoid": jax.nn.sigmoid}


class LossOfStep(NamedTuple):
    """One of the losses of a block, which stay together on the device: to pick one there would be a program more."""

    of_block: jax.Array
    step: int


class JaxNetwork(OnJaxDevice, Network):
    """All that training changes is in one state, by the names of `Network.state`; each block of steps replaces it."""

    compiles_blocks = True

    def __init__(self, blueprint: Blueprint, parameters: Mapping[str, np.ndarray], **running: np.ndarray):
        """running: what training changes besides, by name."""
        super().__init__(blueprint)
        recipe = blueprint.recipe
        self._activate = ACTIVATIONS[recipe.activation]
        self._sigmoid_output = recipe.output == "sigmoid"
        self._squared_error = recipe.loss == "squared_error"
        self._update = partial(UPDATES[recipe.optimizer], momentum=recipe.momentum)
        weights = [name for name in parameters if name.startswith("dense") and name.endswith(".weight")]
        self._dense = [(name, name.replace(".weight", ".bias")) for name in weights]
        self.parameters = parameters
        self.optimizer = make_optimizer(recipe, list(parameters.values()))
        changing = {**super()._changing(), **running}
        self._names = list(changing)  # JAX sorts them
        self._keep({name: self.place(array) for name, array in changing.items()})
        self.optimizer.memory = {}  # it is in the state now

    @abstractmethod
    def forward(self, state: State, images: jax.Array, *, training: bool) -> tuple[jax.Array, State]:
        """(n, outputs): the scores; and what else has changed in the state."""

    def train(self, images, targets, order: np.ndarray, batch_size: int) -> Sequence[LossOfStep]:
        losses: list[LossOfStep] = []
        whole = len(order) - len(order) % batch_size
        for batches in (order[:whole].reshape(-1, batch_size), order[np.newaxis, whole:]):
            if batches.size:
                rate = self._number(self.optimizer.learning_rate)
                state, of_block = self._take_block(self._state, images, targets, self.place_order(batches), rate)
                self._keep(state)
                losses += [LossOfStep(of_block, step) for step in range(len(batches))]
        return losses

    def step(self, images, targets) -> jax.Array:
        state, loss = self._take_step(self._state, images, targets, self._number(self.optimizer.learning_rate))
        self._keep(state)
        return loss

    def gradients(self, images, targets) -> tuple[jax.Array, Sequence[jax.Array]]:
        (loss, changed), gradients = self._loss_and_gradients(self._state, images, targets)
        self._keep(self._state | changed)  # running means have seen this batch, as in torch
        return loss, [gradients[name] for name in self.parameters]

    def scores(self, images) -> jax.Array:
        return self._score(self._state, images)

    def to_host(self, values) -> np.ndarray:
        if isinstance(values, list) and values and isinstance(values[0], LossOfStep):
            blocks = {id(loss.of_block): loss.of_block for loss in values}
            on_host = {block: np.asarray(losses) for block, losses in blocks.items()}
            return np.array([on_host[id(loss.of_block)][loss.step] for loss in values])
        return np.array(values)

    def state(self) -> dict[str, np.ndarray]:
        steps = self.to_host(self._state["optimizer.steps"])  # JAX has no int64 unless all its numbers are that wide
        return super().state() | {"optimizer.steps": steps.astype(np.int64)}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        self._keep(self._state | {name: self.place(state[name]) for name in self._state if name in state})

    def synchronize(self) -> None:
        jax.block_until_ready(self._state)

    def _changing(self) -> State:
        return {name: self._state[name] for name in self._names}

    def _keep(self, state: State) -> None:
        self._state = state
        self.parameters = {name: state[name] for name in self.parameters}

    @partial(jax.jit, static_argnums=0, donate_argnums=1)
    def _take_block(self, state: State, images, targets, order, rate) -> tuple[State, jax.Array]:
        """order: (steps, batch size). Returns the state after it, and the loss of each step."""

        def take(state: State, batch: jax.Array) -> tuple[State, jax.Array]:
            return self._stepped(state, images[batch], targets[batch], rate)

        return jax.lax.scan(take, state, order)

    @partial(jax.jit, static_argnums=0, donate_argnums=1)
    def _take_step(self, state: State, images, targets, rate) -> tuple[State, jax.Array]:
        return self._stepped(state, images, targets, rate)

    @partial(jax.jit, static_argnums=0)
    def _score(self, state: State, images) -> jax.Array:
        return self.forward(state, images, training=False)[0]

    def _stepped(self, state: State, images, targets, rate) -> tuple[State, jax.Array]:
        (loss, changed), gradients = self._loss_and_gradients(state, images, targets)
        return state | changed | self._update(state, gradients, rate), loss

    @partial(jax.jit, static_argnums=0)
    def _loss_and_gradients(self, state: State, images, targets) -> tuple[tuple[jax.Array, State], State]:
        parameters = {name: state[name] for name in self.parameters}
        return jax.value_and_grad(self._loss, has_aux=True)(parameters, state, images, targets)

    def _loss(self, parameters: State, state: State, images, targets) -> tuple[jax.Array, State]:
        scores, changed = self.forward(state | parameters, images, training=True)
        if self._squared_error:
            return jnp.sum(jnp.square(scores - targets)) / len(images), changed
        of_classes = jnp.take_along_axis(jax.nn.log_softmax(scores), targets[:, np.newaxis], axis=1)
        return -jnp.mean(of_classes), changed

    def _forward_dense(self, state: State, values: jax.Array) -> jax.Array:
        """Apply the dense layers. The last one is the output layer."""
        for weight, bias in self._dense:
            values = _product(state[weight], values)
            if bias in state:
                values += state[bias]
            if weight != self._dense[-1][0]:
                values = self._activate(values)
        return jax.nn.sigmoid(values) if self._sigmoid_output else values


def _product(weight: jax.Array, values: jax.Array) -> jax.Array:
    """values weight'. One row is taken as a vector: XLA adds the bias within the product of a row and a matrix, in code
    that took 72 us a step where this takes 17 (784-200-10, one image per step, jaxlib 0.10)."""
    return (weight @ values[0])[np.newaxis] if len(values) == 1 else values @ weight.T
