"""An MLP whose backward pass is written by hand: the mathematics is here, the arithmetic in a subclass.

For a batch of n images and layer l of L, with a_0 the images (n, d), W_l (h_l, h_l-1) and b_l (h_l,):

    z_l = a_l-1 W_l' + b_l        a_l = f(z_l)        f: ReLU or sigmoid; at the output none, or the sigmoid

    cross-entropy:   loss = -mean log softmax(z_L)[i, y_i]      D_L = (softmax(z_L) - e) / n
    squared error:   loss = sum (a_L - t)^2 / n                 D_L = 2 (a_L - t) * f'(z_L) / n

with e the one-hot rows of the classes y, t the targets and * the element-wise product. And back:

    dW_l = D_l' a_l-1      db_l = sum of the rows of D_l      D_l-1 = (D_l W_l) * f'(z_l-1)

(Bishop, Pattern Recognition and Machine Learning, 2006, section 5.3.) The book's error rule (payoff.recipes)
sends E = (a_L - t) / n back through W_L in place of D_L, and takes D_L = E * f'(z_L).

Every product writes into an array that is made once: at these sizes, fresh memory costs as much as the arithmetic. All
parameters lie in one array, and so do all gradients, so that an optimiser's operation is one call for all of them. With
one image per step, the image is a vector, not a matrix of one row. A vector is less work for BLAS to prepare. Plain SGD
then subtracts the gradient from the weights within the product itself, because a stored gradient would be as large as
the weights.
"""

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from math import ceil, prod
from typing import NamedTuple

import numpy as np

from payoff.models.blueprint import Blueprint
from payoff.models.network import DeviceArray, Network
from payoff.models.optimizers import make_optimizer

ALIGNED = 16  # numbers: 64 bytes in float32


class Dense(NamedTuple):
    """weight (out, in); transposed: a view of it; bias (out,) or None; the gradients are like them."""

    weight: DeviceArray
    transposed: DeviceArray
    bias: DeviceArray | None
    weight_gradient: DeviceArray
    bias_gradient: DeviceArray | None


class Workspace(NamedTuple):
    """outputs: a_l, deltas: D_l of each layer; raw_error: E of the last."""

    outputs: list[DeviceArray]
    deltas: list[DeviceArray]
    raw_error: DeviceArray


class HandwrittenMLP(Network):
    """The operations that a subclass adds work in place, on matrices (one row per image) and on vectors (one image)."""

    def __init__(self, blueprint: Blueprint):
        recipe = blueprint.recipe
        initial = blueprint.mlp_parameters()
        self._shapes = {name: value.shape for name, value in initial.items()}
        self._flat, self._flat_gradients = (self._empty(sum(map(_space, self._shapes.values()))) for _ in range(2))
        self._flat[...] = self._flat_gradients[...] = 0  # the padding takes part in the optimiser's arithmetic
        self.parameters, gradients = self._parts(self._flat), self._parts(self._flat_gradients)
        for name, value in initial.items():
            self._assign(self.parameters[name], value)
        self.optimizer = make_optimizer(recipe, [self._flat])
        self._gradients = list(gradients.values())
        self._layers = [
            Dense(
                weight,
                weight.T,
                self.parameters.get(name.replace(".weight", ".bias")),
                gradients[name],
                gradients.get(name.replace(".weight", ".bias")),
            )
            for name, weight in self.parameters.items()
            if name.endswith(".weight")
        ]
        self._backwards = range(len(self._layers) - 1, -1, -1)
        activations = {"relu": (self._relu, self._derive_relu), "sigmoid": (self._sigmoid, self._derive_sigmoid)}
        self._activate, self._derive = activations[recipe.activation]
        self._sigmoid_output = recipe.output == "sigmoid"
        self._squared_error = recipe.loss == "squared_error"
        self._book = recipe.error_rule == "book"
        self._sgd = recipe.optimizer == "sgd"
        self._in_place = self._sgd and recipe.batch_size == 1  # the memory order of the weights then fits vectors
        self._workspaces: dict[int, Workspace] = {}

    @abstractmethod
    def _empty(self, *shape: int) -> DeviceArray:
        """An array of the network's type on its device."""

    @abstractmethod
    def _part(self, array: DeviceArray, shape: tuple[int, ...]) -> DeviceArray:
        """A view of a vector in this shape: a weight in the memory order that suits the arithmetic, or a bias."""

    @abstractmethod
    def _rows(self, array: DeviceArray, order: np.ndarray) -> Iterator[DeviceArray]:
        """The rows of a placed array, one by one, in this order; for class indices, vectors with one element."""

    @abstractmethod
    def _affine(self, a: DeviceArray, layer: Dense, out: DeviceArray) -> None:
        """out = a weight' + bias"""

    @abstractmethod
    def _back(self, d: DeviceArray, layer: Dense, out: DeviceArray) -> None:
        """out = d weight"""

    @abstractmethod
    def _gradient(self, d: DeviceArray, a: DeviceArray, layer: Dense) -> None:
        """weight gradient = d' a; bias gradient = the sum of the rows of d; for matrices"""

    @abstractmethod
    def _descend(self, layer: Dense, d: DeviceArray, a: DeviceArray, rate: float) -> None:
        """weight -= rate d a'; bias -= rate d; for vectors"""

    @abstractmethod
    def _relu(self, z: DeviceArray) -> None:
        """z = max(z, 0)"""

    @abstractmethod
    def _derive_relu(self, d: DeviceArray, a: DeviceArray) -> None:
        """d *= (a > 0), which is where z > 0"""

    @abstractmethod
    def _sigmoid(self, z: DeviceArray) -> None:
        """z = 1 / (1 + exp(-z))"""

    @abstractmethod
    def _derive_sigmoid(self, d: DeviceArray, a: DeviceArray) -> None:
        """d *= a (1 - a)"""

    @abstractmethod
    def _softmax_error(self, z: DeviceArray, classes: DeviceArray, out: DeviceArray) -> DeviceArray:
        """out = softmax(z) - one-hot rows of the classes, for matrices; -> the sum of the cross-entropies"""

    @abstractmethod
    def _error(self, a: DeviceArray, targets: DeviceArray, out: DeviceArray) -> DeviceArray:
        """out = a - targets; -> the sum of its squares"""

    def train(
        self, images: DeviceArray, targets: DeviceArray, order: np.ndarray, batch_size: int
    ) -> Sequence[DeviceArray]:
        if batch_size > 1 or not self._in_place:
            return super().train(images, targets, order, batch_size)
        rows = zip(self._rows(images, order), self._rows(targets, order), strict=True)
        return [self._step_in_place(image, target) for image, target in rows]

    def step(self, images: DeviceArray, targets: DeviceArray) -> DeviceArray:
        if self._sgd:
            loss, _ = self._scaled_gradients(images, targets, self.optimizer.learning_rate)
            self._flat -= self._flat_gradients
        else:
            loss, _ = self._scaled_gradients(images, targets, 1)
            self.optimizer.update([self._flat], [self._flat_gradients])
        return loss

    def gradients(self, images: DeviceArray, targets: DeviceArray) -> tuple[DeviceArray, Sequence[DeviceArray]]:
        return self._scaled_gradients(images, targets, 1)

    def _scaled_gradients(self, images, targets, factor: float) -> tuple[DeviceArray, Sequence[DeviceArray]]:
        """The gradients times a factor. It is applied to the error of the output, where it costs nothing."""
        n = len(images)
        space = self._workspace(n)
        loss, scale = self._forward_and_error(images, targets, space)
        for error in (space.deltas[-1], space.raw_error) if self._book else space.deltas[-1:]:
            error *= factor * scale / n
        for position in self._backwards:
            if position:
                self._propagate(position, space)
            below = space.outputs[position - 1] if position else images
            self._gradient(space.deltas[position], below, self._layers[position])
        return loss / n, self._gradients

    def _step_in_place(self, image: DeviceArray, target: DeviceArray) -> DeviceArray:
        space = self._workspace(0)
        loss, scale = self._forward_and_error(image, target, space)
        rate = self.optimizer.learning_rate * scale
        for position in self._backwards:
            if position:
                self._propagate(position, space)
            below = space.outputs[position - 1] if position else image
            self._descend(self._layers[position], space.deltas[position], below, rate)
        return loss

    def scores(self, images: DeviceArray) -> DeviceArray:
        outputs = [self._empty(len(images), len(layer.weight)) for layer in self._layers]
        self._forward(images, outputs)
        return outputs[-1]

    def _forward(self, images: DeviceArray, outputs: Sequence[DeviceArray]) -> None:
        below, last = images, outputs[-1]
        for layer, out in zip(self._layers, outputs, strict=True):
            self._affine(below, layer, out)
            if out is not last:
                self._activate(out)
            elif self._sigmoid_output:
                self._sigmoid(out)
            below = out

    def _forward_and_error(self, images, targets, space: Workspace) -> tuple[DeviceArray, int]:
        """Fill in the a_l, and the last D_l and E without a factor and 1/n; -> the sum of the losses, that factor."""
        self._forward(images, space.outputs)
        last, delta = space.outputs[-1], space.deltas[-1]
        if not self._squared_error:
            if images.ndim == 1:
                last, delta = last[None], delta[None]
            return self._softmax_error(last, targets, delta), 1
        loss = self._error(last, targets, delta)
        if self._book:
            space.raw_error[...] = delta
        if self._sigmoid_output:
            self._derive_sigmoid(delta, last)
        return loss, 1 if self._book else 2

    def _propagate(self, position: int, space: Workspace) -> None:
        """Fill in the D of the layer below."""
        is_last = position == len(self._layers) - 1
        error = space.raw_error if self._book and is_last else space.deltas[position]
        delta = space.deltas[position - 1]
        self._back(error, self._layers[position], delta)
        self._derive(delta, space.outputs[position - 1])

    def _workspace(self, n: int) -> Workspace:
        """The arrays for batches of n images (an epoch has two batch sizes). n = 0: for one image, a vector."""
        if n not in self._workspaces:
            shapes = [(n, len(layer.weight)) if n else (len(layer.weight),) for layer in self._layers]
            outputs, deltas = ([self._empty(*shape) for shape in shapes] for _ in range(2))
            self._workspaces[n] = Workspace(outputs, deltas, self._empty(*shapes[-1]))
        return self._workspaces[n]

    def _of_parameters(self, arrays: Sequence[DeviceArray]) -> Sequence[DeviceArray]:
        (flat,) = arrays
        return list(self._parts(flat).values())

    def _parts(self, flat: DeviceArray) -> dict[str, DeviceArray]:
        """The part of each parameter in an array that holds all of them, one after the other."""
        parts, start = {}, 0
        for name, shape in self._shapes.items():
            parts[name] = self._part(flat[start : start + prod(shape)], shape)
            start += _space(shape)
        return parts


def _space(shape: tuple[int, ...]) -> int:
    """How many numbers a parameter takes in the array of all, with padding: each begins on a full cache line."""
    return ceil(prod(shape) / ALIGNED) * ALIGNED
