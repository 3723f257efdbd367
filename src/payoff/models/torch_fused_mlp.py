"""The MLP in torch without autograd: its backward pass is written by hand and works in place.

With one image per step, eager torch spends most of its time on bookkeeping for the gradient. This mode shows the time
without that bookkeeping.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import torch

from payoff.models.blueprint import Blueprint
from payoff.models.handwritten_mlp import HandwrittenMLP
from payoff.models.torch_device import OnTorchDevice


class FusedTorchMLP(OnTorchDevice, HandwrittenMLP):
    def __init__(self, blueprint: Blueprint):
        OnTorchDevice.__init__(self, blueprint)
        HandwrittenMLP.__init__(self, blueprint)
        self._one_hot = torch.eye(blueprint.outputs, dtype=self._type, device=self._device)

    def place_images(self, images: np.ndarray) -> torch.Tensor:
        return self.place(images.reshape(len(images), -1))

    @torch.inference_mode()
    def train(self, images, targets, order: np.ndarray, batch_size: int) -> Sequence[torch.Tensor]:
        return super().train(images, targets, order, batch_size)

    def _empty(self, *shape):
        with torch.inference_mode(False):  # so that it can be used inside and outside of this mode
            return torch.empty(shape, dtype=self._type, device=self._device)

    def _part(self, array, shape):
        return array.view(shape)

    def _rows(self, array, order) -> Iterator[torch.Tensor]:
        rows = array.index_select(0, self.place(order))
        return iter((rows if array.ndim == 2 else rows[:, None]).unbind())  # cheaper than one slice per row

    def _affine(self, a, layer, out):
        match a.ndim, layer.bias:
            case 1, None:
                torch.mv(layer.weight, a, out=out)
            case 1, bias:
                torch.addmv(bias, layer.weight, a, out=out)
            case _, None:
                torch.mm(a, layer.transposed, out=out)
            case _, bias:
                torch.addmm(bias, a, layer.transposed, out=out)

    def _back(self, d, layer, out):
        if d.ndim == 1:
            torch.mv(layer.transposed, d, out=out)
        else:
            torch.mm(d, layer.weight, out=out)

    def _gradient(self, d, a, layer):
        torch.mm(d.t(), a, out=layer.weight_gradient)
        if layer.bias is not None:
            torch.sum(d, 0, out=layer.bias_gradient)

    def _descend(self, layer, d, a, rate):
        layer.weight.addr_(d, a, alpha=-rate)
        if layer.bias is not None:
            layer.bias.sub_(d, alpha=rate)

    def _relu(self, z):
        z.relu_()

    # The derivatives that autograd itself uses: one kernel each, where products would be two.
    def _derive_relu(self, d, a):
        torch.ops.aten.threshold_backward.grad_input(d, a, 0, grad_input=d)

    def _sigmoid(self, z):
        z.sigmoid_()

    def _derive_sigmoid(self, d, a):
        torch.ops.aten.sigmoid_backward.grad_input(d, a, grad_input=d)

    def _softmax_error(self, z, classes, out):
        torch.log_softmax(z, 1, out=out)
        loss = -out.gather(1, classes[:, None]).sum()
        out.exp_().sub_(self._one_hot.index_select(0, classes))
        return loss

    def _error(self, a, targets, out):
        torch.sub(a, targets, out=out)
        errors = out if out.ndim == 1 else out.view(-1)
        return torch.dot(errors, errors)


def build(blueprint: Blueprint) -> FusedTorchMLP:
    return FusedTorchMLP(blueprint)
