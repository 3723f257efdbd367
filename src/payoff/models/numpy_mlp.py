"""The MLP from scratch, in numpy and BLAS."""

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Literal

import numpy as np

from payoff.models.blas import ger
from payoff.models.blueprint import Blueprint
from payoff.models.handwritten_mlp import HandwrittenMLP

GATHERED_BYTES = 1 << 18  # of images at once: half of the second-level cache of a common core


class NumpyMLP(HandwrittenMLP):
    """Weights are in Fortran order for batches, and in C order for one image per step.

    Measured: the product of a batch of 128 with a layer of 784-200 takes 408 µs with weights in Fortran order, 462 µs
    in C order. With one image per step it is the other way round: the three products of an output layer of 5000-10 take
    10 µs in C order, 47 µs in Fortran order. The transpose of a weight in C order is in Fortran order, as BLAS needs.
    """

    def __init__(self, blueprint: Blueprint):
        self._dtype = blueprint.dtype
        self._order: Literal["C", "F"] = "C" if blueprint.recipe.batch_size == 1 else "F"
        self._gathered = self._empty(0, 0)
        self._ones: np.ndarray = np.ones(0, self._dtype)
        self._one_hot: np.ndarray = np.eye(blueprint.outputs, dtype=self._dtype)
        super().__init__(blueprint)
        if blueprint.recipe.batch_size == 1:
            _ = self._ger  # loaded here, and not in the first step; batches do without

    @cached_property
    def _ger(self) -> Callable:
        return ger(self._dtype)

    def place_images(self, images: np.ndarray) -> np.ndarray:
        return np.ascontiguousarray(images.reshape(len(images), -1), dtype=self._dtype)

    def place(self, values: np.ndarray) -> np.ndarray:
        return values.astype(self._dtype, copy=False) if values.dtype.kind == "f" else values

    def to_host(self, values) -> np.ndarray:
        return np.asarray(values)

    def _ones_for(self, n: int) -> np.ndarray:
        if n > len(self._ones):
            self._ones = np.ones(n, self._dtype)
        return self._ones[:n]

    def _empty(self, *shape):
        return np.empty(shape, self._dtype)

    def _part(self, array, shape):
        return array.reshape(shape) if self._order == "C" else array.reshape(shape[::-1]).T

    def _batches(self, images, targets, order, batch_size):
        """As in Network, but as many batches at once as the cache holds, into memory that is made once.

        Mode `clip` is safe: positions are never out of bounds.
        """
        if batch_size == 1:
            yield from super()._batches(images, targets, order, batch_size)
            return
        rows = batch_size * max(1, GATHERED_BYTES // (batch_size * images[0].nbytes))
        if len(self._gathered) < rows:
            self._gathered = self._empty(rows, images.shape[1])
        for first in range(0, len(order), rows):
            positions = order[first : first + rows]
            near = np.take(images, positions, axis=0, out=self._gathered[: len(positions)], mode="clip")
            wanted = targets[positions]
            for start in range(0, len(positions), batch_size):
                yield near[start : start + batch_size], wanted[start : start + batch_size]

    def _rows(self, array, order) -> Iterator[np.ndarray]:
        positions = order.tolist()
        if array.ndim == 2:
            return (array[i] for i in positions)  # views, nothing is copied
        return (array[i : i + 1] for i in positions)

    def _affine(self, a, layer, out):
        np.dot(a, layer.transposed, out)
        if layer.bias is not None:
            out += layer.bias

    def _back(self, d, layer, out):
        np.dot(d, layer.weight, out)

    def _gradient(self, d, a, layer):
        if self._order == "F":
            np.dot(a.T, d, layer.weight_gradient.T)
        else:
            np.dot(d.T, a, layer.weight_gradient)
        if layer.bias is not None:
            np.dot(self._ones_for(len(d)), d, layer.bias_gradient)  # the sums of the columns, in half the time of `sum`

    def _descend(self, layer, d, a, rate):
        # W' <- -rate a d' + W', where W' is in BLAS's order. The ones are strides, then flags for "in place".
        self._ger(-rate, a, d, 1, 1, layer.transposed, 1, 1, 1)
        if layer.bias is not None:
            bias = layer.bias
            bias -= rate * d

    def _relu(self, z):
        np.maximum(z, 0, out=z)

    def _derive_relu(self, d, a):
        d *= a > 0

    def _sigmoid(self, z):
        z *= 0.5  # 1 / (1 + exp(-z)) = (1 + tanh(z / 2)) / 2, and a tanh cannot overflow
        np.tanh(z, z)
        z += 1
        z *= 0.5

    def _derive_sigmoid(self, d, a):
        d *= a
        d -= d * a

    def _softmax_error(self, z, classes, out):
        # Subtracting the largest score leaves the softmax the same, and exp cannot overflow. `max` is faster along
        # columns, and arithmetic with one-hot rows is faster than picking one score of each row.
        np.subtract(z, np.maximum.reduce(z.T.copy(), axis=0)[:, None], out)
        one_hot = self._one_hot.take(classes, axis=0)
        true_scores = np.vdot(out, one_hot)
        np.exp(out, out)
        totals = np.dot(out, self._ones_for(out.shape[1]))
        out /= totals[:, None]
        out -= one_hot
        return np.add.reduce(np.log(totals)) - true_scores

    def _error(self, a, targets, out):
        np.subtract(a, targets, out)
        return np.vdot(out, out)


def build(blueprint: Blueprint) -> NumpyMLP:
    return NumpyMLP(blueprint)
