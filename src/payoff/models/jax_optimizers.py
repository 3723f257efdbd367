"""How gradients change parameters in JAX, whose arrays never change: each update returns new ones.

The same rules as in payoff.models.optimizers, which says where they come from. A state has the parameters by name, and
"optimizer.<kind>.<name>" for each of them; "optimizer.steps" is the number of steps before.
"""

from collections.abc import Callable, Mapping
from math import log

import jax
import jax.numpy as jnp

from payoff.models.optimizers import Adam

State = dict[str, jax.Array]
# (state, gradients by name, learning rate; momentum) -> what has changed
Update = Callable[..., State]


def sgd(state: State, gradients: Mapping[str, jax.Array], rate: jax.Array, momentum: float) -> State:
    return {name: state[name] - rate * gradient for name, gradient in gradients.items()}


def nesterov(state: State, gradients: Mapping[str, jax.Array], rate: jax.Array, momentum: float) -> State:
    changed: State = {}
    for name, gradient in gradients.items():
        velocity = momentum * state[f"optimizer.velocity.{name}"] + gradient
        changed[f"optimizer.velocity.{name}"] = velocity
        changed[name] = state[name] - rate * (gradient + momentum * velocity)
    return changed


def adam(state: State, gradients: Mapping[str, jax.Array], rate: jax.Array, momentum: float) -> State:
    steps = state["optimizer.steps"] + 1
    # 1 - beta^t, without the digits that float32 would lose where beta^t is near 1
    first, second = (-jnp.expm1(steps.astype(rate.dtype) * log(beta)) for beta in (Adam.beta_1, Adam.beta_2))
    changed: State = {"optimizer.steps": steps}
    for name, gradient in gradients.items():
        mean = Adam.beta_1 * state[f"optimizer.first_moment.{name}"] + (1 - Adam.beta_1) * gradient
        square = Adam.beta_2 * state[f"optimizer.second_moment.{name}"] + (1 - Adam.beta_2) * gradient**2
        changed |= {f"optimizer.first_moment.{name}": mean, f"optimizer.second_moment.{name}": square}
        changed[name] = state[name] - rate * (mean / first) / (jnp.sqrt(square / second) + Adam.epsilon)
    return changed


UPDATES: dict[str, Update] = {"sgd": sgd, "nesterov": nesterov, "adam": adam}
