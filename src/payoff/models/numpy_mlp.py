"""An MLP with one hidden layer, written from scratch.

For a batch of n images x (n, d), labels y (n,), h hidden units and c classes:

    z = x W1' + b1        (n, h)      W1 (h, d), b1 (h,)
    a = max(z, 0)         (n, h)
    s = a W2' + b2        (n, c)      W2 (c, h), b2 (c,)
    p = softmax(s)        (n, c)      row by row
    loss = -mean(log p[i, y[i]])

and back, with e the one-hot rows of y and * the element-wise product:

    ds = (p - e) / n      (n, c)
    dW2 = ds' a           (c, h)      db2 = sum of the rows of ds
    dz = (ds W2) * (z > 0)  (n, h)
    dW1 = dz' x           (h, d)      db1 = sum of the rows of dz

    W <- W - learning_rate * dW, and so each b.

(Bishop, Pattern Recognition and Machine Learning, 2006, section 5.3.) Every product writes into an
array that is made once: at these sizes, fresh memory costs as much as the arithmetic.
"""

from collections.abc import Sequence

import numpy as np

from payoff.models.network import Blueprint, Network


class NumpyMLP(Network):
    def __init__(self, parameters: Sequence[np.ndarray], learning_rate: float, batch_size: int):
        """parameters: W1, b1, W2, b2; their type (float32, float64) is the type of all arithmetic."""
        self._learning_rate = learning_rate
        self._parameters = [parameter.copy() for parameter in parameters]
        self._gradients = [np.empty_like(parameter) for parameter in parameters]
        (hidden_size,), (classes,) = parameters[1].shape, parameters[3].shape
        self._buffers = [
            np.empty((batch_size, width), parameters[0].dtype) for width in (hidden_size, hidden_size, classes)
        ]

    def place_images(self, images: np.ndarray) -> np.ndarray:
        return np.ascontiguousarray(images.reshape(len(images), -1), dtype=self._parameters[0].dtype)

    def place(self, indices: np.ndarray) -> np.ndarray:
        return indices

    def gradients(self, images: np.ndarray, labels: np.ndarray) -> tuple[np.floating, list[np.ndarray]]:
        n = len(labels)
        _, _, w2, b2 = self._parameters
        dw1, db1, dw2, db2 = self._gradients
        hidden, dhidden, scores = (buffer[:n] for buffer in self._buffers)

        self._hidden(images, out=hidden)
        np.matmul(hidden, w2.T, out=scores)
        scores += b2

        rows = np.arange(n)
        scores -= scores.max(axis=1, keepdims=True)  # the softmax is the same, exp cannot overflow
        true_scores = scores[rows, labels]
        np.exp(scores, out=scores)
        totals = scores.sum(axis=1, keepdims=True)
        loss = (np.log(totals[:, 0]) - true_scores).mean()

        scores /= totals * n  # from here on ds, but for the one-hot rows
        scores[rows, labels] -= 1 / n
        np.matmul(scores.T, hidden, out=dw2)
        np.sum(scores, axis=0, out=db2)
        np.matmul(scores, w2, out=dhidden)
        dhidden *= hidden > 0
        np.matmul(dhidden.T, images, out=dw1)
        np.sum(dhidden, axis=0, out=db1)
        return loss, self._gradients

    def step(self, images: np.ndarray, labels: np.ndarray) -> np.floating:
        loss, gradients = self.gradients(images, labels)
        for parameter, gradient in zip(self._parameters, gradients, strict=True):
            gradient *= self._learning_rate
            parameter -= gradient
        return loss

    def scores(self, images: np.ndarray) -> np.ndarray:
        _, _, w2, b2 = self._parameters
        return self._hidden(images) @ w2.T + b2

    def parameters(self) -> list[np.ndarray]:
        return [parameter.copy() for parameter in self._parameters]

    def load(self, parameters: Sequence[np.ndarray]) -> None:
        for own, given in zip(self._parameters, parameters, strict=True):
            own[...] = given

    def to_host(self, values) -> np.ndarray:
        return np.asarray(values)

    def _hidden(self, images: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
        w1, b1, _, _ = self._parameters
        hidden = np.matmul(images, w1.T, out=out)
        hidden += b1
        return np.maximum(hidden, 0, out=hidden)


def build(blueprint: Blueprint) -> NumpyMLP:
    recipe = blueprint.recipe
    return NumpyMLP(blueprint.mlp_parameters(), recipe.learning_rate, recipe.batch_size)
