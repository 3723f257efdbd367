"""A trained network as an ONNX graph, built from its parameters and its recipe alone.

Input `images`: float (n, channels, height, width), coloured and scaled as the network sees them, for any n.
Output `scores`: (n, outputs), what the loss compares with the targets. The operators are those of
onnx.ai/onnx/operators, opset 17.
"""

import json
from collections.abc import Mapping

import onnx
from onnx import helper, numpy_helper

from payoff.recipes import OUTPUTS, SCALINGS
from payoff.trained.file import document, scaling_arrays
from payoff.trained.network import TrainedNetwork

OPSET, IR_VERSION = 17, 8  # from 2022, so that the runtimes of the last years can read it
EPSILON = 1e-5  # torch's default, with which the batch norm was trained
ACTIVATIONS = {"relu": "Relu", "sigmoid": "Sigmoid"}


def onnx_model(trained: TrainedNetwork) -> onnx.ModelProto:
    """The model, checked by onnx. Its metadata are those of the network file, each as JSON."""
    recipe, parameters = trained.recipe, trained.parameters
    graph = _Chain("images", parameters)
    if trained.architecture == "cnn":
        for number, layer in enumerate(recipe.convolutions, 1):
            padding = [layer.padding] * 4
            graph.add("Conv", f"conv{number}", kernel_shape=[layer.kernel] * 2, pads=padding)
            graph.add("Relu")
            if layer.pool > 1:
                graph.add("MaxPool", kernel_shape=[layer.pool] * 2, strides=[layer.pool] * 2)
        if recipe.batch_norm:
            graph.add("BatchNormalization", "norm", epsilon=EPSILON)
    graph.add("Flatten")
    hidden = len(recipe.dense)
    for number in range(1, hidden + 2):
        graph.add("Gemm", f"dense{number}", transB=1)
        if number <= hidden:
            graph.add(ACTIVATIONS[recipe.activation])
    if recipe.output == "sigmoid":
        graph.add("Sigmoid")
    graph.nodes[-1].output[0] = "scores"

    real = helper.np_dtype_to_tensor_dtype(next(iter(parameters.values())).dtype)
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "payoff",
            [helper.make_tensor_value_info("images", real, ["n", *trained.image_shape])],
            [helper.make_tensor_value_info("scores", real, ["n", trained.outputs])],
            [numpy_helper.from_array(array, name) for name, array in parameters.items()],
        ),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="payoff",
        doc_string=_explained(trained),
    )
    described = document(trained) | {name: array.tolist() for name, array in scaling_arrays(trained).items()}
    helper.set_model_props(model, {key: json.dumps(value, ensure_ascii=False) for key, value in described.items()})
    onnx.checker.check_model(model, full_check=True)
    return model


class _Chain:
    """A chain of nodes. Each reads the output of the node before it."""

    def __init__(self, source: str, parameters: Mapping):
        self.nodes: list[onnx.NodeProto] = []
        self._last = source
        self._parameters = parameters

    def add(self, operator: str, layer: str | None = None, **attributes) -> None:
        """layer: the operator reads the parameters of this layer. ONNX and the state have them in the same order."""
        read = [name for name in self._parameters if layer and name.startswith(f"{layer}.")]
        output = f"{operator}_{len(self.nodes) + 1}"
        self.nodes.append(helper.make_node(operator, [self._last, *read], [output], name=output, **attributes))
        self._last = output


def _explained(trained: TrainedNetwork) -> str:
    channels, height, width = trained.image_shape
    classes = f", one per class: {', '.join(trained.classes)}" if trained.classes else ""
    softmax = " The softmax of the scores gives the probabilities." if trained.recipe.loss == "cross_entropy" else ""
    grey = " Three colours become grey first: 0.299 R + 0.587 G + 0.114 B." if trained.recipe.grey else ""
    return (
        f"Input: images, (n, {channels}, {height}, {width}).{grey} The data set's numbers, whose largest value is "
        f"{trained.scaling.max_value:g}, are scaled first: {SCALINGS[trained.scaling.name]}. "
        f"Output: scores, (n, {trained.outputs}){classes}: {OUTPUTS[trained.recipe.output]}.{softmax}"
    )
