"""Conformance of every entry of MODELS in every mode, and the twins held to each other on every kind of recipe."""

from collections import defaultdict
from dataclasses import replace
from importlib import import_module

import numpy as np
import pytest
from ways import COMPILED, marked
from ways import traced_only as traced_only

from payoff.datasets.examples import Examples
from payoff.equal_work.agreement import difference, differences, disagreement, work_of
from payoff.failures import RunFailure
from payoff.machine.devices import present_devices
from payoff.models import torch_graph_mlp
from payoff.models.blueprint import Blueprint, initial_parameters
from payoff.models.registry import MODELS
from payoff.recipes import Convolution, Recipe

RECIPE = Recipe("unit", "cross_entropy", "sgd", learning_rate=0.1, batch_size=8, epochs=1)
SQUARED = replace(RECIPE, loss="squared_error", targets=(0.01, 0.99), activation="sigmoid", output="sigmoid")
SHAPE, CLASSES, HIDDEN = (1, 8, 8), 10, 12

# Every kind of recipe, by what is special in it.
RECIPES = {
    "plain": RECIPE,
    "one image per step, no biases, sigmoids, squared error": replace(
        SQUARED, batch_size=1, biases=False, initial_weights="fan_in_normal"
    ),
    "squared error in batches": SQUARED,
    "squared error of sums": replace(SQUARED, activation="relu", output="scores", learning_rate=0.01),
    "one image per step, cross-entropy": replace(RECIPE, batch_size=1),
    "three hidden layers, Adam": replace(RECIPE, dense=(1, 1, 1), optimizer="adam", learning_rate=0.001),
    "Nesterov, Glorot": replace(RECIPE, optimizer="nesterov", initial_weights="glorot_uniform", dense=(1, 0.5)),
    "no biases, Nesterov": replace(RECIPE, optimizer="nesterov", biases=False),
    "batch norm and a convolution without pooling": replace(
        RECIPE,
        batch_norm=True,
        convolutions=(Convolution(4, 3, padding=1, pool=1), Convolution(6, 3)),
    ),
}
BOOK = replace(SQUARED, error_rule="book", batch_size=1, biases=False)
DEEP_BOOK = replace(SQUARED, error_rule="book", dense=(1, 1))

# Stricter than the gate (payoff.equal_work.agreement says what is measured), because these networks are small.
# float64: 53 bits, one rounding is 1e-16. float32: 24 bits, one rounding is 6e-8; a gradient here is a sum of up to 64
# products, whose order the frameworks choose, and 20 steps add up 20 such errors: measured below 2e-6.
TOLERANCE = {np.float32: 1e-5, np.float64: 1e-10}


def ways(recipe: Recipe = RECIPE, device: str = "cpu") -> list[tuple[str, str]]:
    """(model, mode) of all that can be trained so on a device; the graph and the split network on the CPU, too."""
    return [
        (model, mode)
        for model, spec in MODELS.items()
        for mode in spec.modules
        if (device == "cpu" and mode == "graph" and spec.skip("cpu", "fused", recipe) is None)
        or (device == "cpu" and model == "torch_split_mlp" and recipe.error_rule == "exact")
        or spec.skip(device, mode, recipe) is None
    ]


WAYS = ways()


def build(way, dtype=np.float32, recipe: Recipe = RECIPE, shape=SHAPE, device: str = "cpu"):
    model, mode = way
    blueprint = Blueprint(recipe, shape, CLASSES, HIDDEN, device, 3, dtype)
    return import_module(MODELS[model].modules[mode]).build(blueprint)


def batch(dtype=np.float32, n=8, shape=SHAPE, recipe=RECIPE, seed=0):
    """Images, and targets as the recipe wants them."""
    draw = np.random.default_rng(seed)
    images, labels = draw.random((n, *shape)).astype(dtype), draw.integers(0, CLASSES, n)
    if recipe.loss == "squared_error":
        return images, np.where(np.eye(CLASSES)[labels] > 0, recipe.targets[1], recipe.targets[0]).astype(dtype)
    return images, labels


def gradients(network, images, targets):
    loss, found = network.gradients(network.place_images(images), network.place(targets))
    return float(network.to_host(loss)), [network.to_host(gradient).copy() for gradient in found]


def step(network, images, targets):
    return network.step(network.place_images(images), network.place(targets))


def parameters(network):
    state = network.state()
    return [state[name] for name in network.parameters]


def close(found, expected, dtype):
    return difference(dict(enumerate(expected)), dict(enumerate(found))) <= TOLERANCE[dtype]


def pairs(recipe: Recipe):
    """Every way to an architecture on every device that is here, against the first on the CPU."""
    twins = defaultdict(list)
    for device in present_devices():
        for way in ways(recipe, device):
            twins[MODELS[way[0]].architecture].append((way, device))
    return [(twins_of[0][0], *other) for twins_of in twins.values() for other in twins_of[1:]]


PAIRS = [
    pytest.param(name, *pair, dtype, marks=[pytest.mark.slow] * (pair[1][1] in COMPILED))
    for name, recipe in RECIPES.items()
    for pair in pairs(recipe)
    for dtype in (np.float32, np.float64)
    if dtype is np.float32 or pair[1][1] not in COMPILED or name == "plain"  # the program is the same, but for its type
]


@pytest.mark.parametrize("name", MODELS)
def test_names_are_framework_and_architecture(name):
    spec = MODELS[name]
    assert name.endswith(f"_{spec.architecture}")
    assert all(name.partition("_")[0] in module for module in spec.modules.values())


@pytest.mark.parametrize(
    ("model", "device", "mode", "recipe", "reason"),
    [
        ("numpy_mlp", "cuda", "eager", RECIPE, "CPU only"),
        ("numpy_mlp", "cpu", "fused", RECIPE, "no mode fused"),
        ("torch_mlp", "cpu", "graph", RECIPE, "need a GPU"),
        ("torch_mlp", "cuda", "graph", replace(RECIPE, optimizer="adam"), "Adam's steps"),
        ("torch_mlp", "cpu", "eager", BOOK, "exact gradient only"),
        ("torch_split_mlp", "cpu", "eager", RECIPE, "needs two of cpu, here: 1"),
        ("jax_mlp", "cpu", "eager", RECIPE, "no mode eager"),
        ("jax_mlp", "cpu", "jit", BOOK, "exact gradient only"),
        ("jax_cnn", "mps", "jit", RECIPE, "not set up here for mps"),
        ("numpy_mlp", "cpu", "eager", BOOK, None),
        ("jax_mlp", "cpu", "jit", RECIPE, None),
        ("torch_mlp", "cpu", "fused", BOOK, None),
        ("torch_mlp", "cuda", "graph", RECIPE, None),
    ],
)
def test_a_model_says_itself_what_it_cannot(model, device, mode, recipe, reason):
    said = MODELS[model].skip(device, mode, recipe)
    assert (reason is None and said is None) or reason in said


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
@pytest.mark.parametrize("model", ["numpy_mlp", "torch_mlp", "torch_cnn"])
def test_gradients_are_those_of_central_differences(model, recipe):
    network = build((model, "eager"), np.float64, recipe)
    images, targets = batch(np.float64, recipe=recipe)
    _, found = gradients(network, images, targets)
    start = network.state()
    draw = np.random.default_rng(1)
    for name, gradient in zip(network.parameters, found, strict=True):
        for _ in range(4):
            entry = tuple(draw.integers(0, size) for size in gradient.shape)
            losses = []
            for shift in (1e-6, -1e-6):
                moved = start[name].copy()
                moved[entry] += shift
                network.restore(start | {name: moved})
                losses.append(gradients(network, images, targets)[0])
            slope = (losses[0] - losses[1]) / 2e-6
            assert gradient[entry] == pytest.approx(slope, abs=1e-7, rel=1e-5)


@pytest.mark.parametrize("way", marked(WAYS))
def test_a_step_follows_the_gradient(way):
    network = build(way, np.float64)
    images, targets = batch(np.float64)
    before = parameters(network)
    _, found = gradients(network, images, targets)
    step(network, images, targets)
    expected = [p - RECIPE.learning_rate * g for p, g in zip(before, found, strict=True)]
    assert close(parameters(network), expected, np.float64)


@pytest.mark.parametrize(("name", "first", "second", "device", "dtype"), PAIRS)
def test_twins_have_the_same_outputs_gradients_and_weights(name, first, second, device, dtype):
    recipe = RECIPES[name]
    networks = [build(first, dtype, recipe), build(second, dtype, recipe, device=device)]
    images, targets = batch(dtype, 4 * recipe.batch_size - min(5, recipe.batch_size - 1), recipe=recipe)
    examples = Examples(images, targets, targets)  # of which the last batch of an epoch is smaller
    works = [work_of(network, examples, recipe.batch_size, seed=4) for network in networks]
    assert {array.dtype for work in works for array in (work.outputs["scores"], *work.gradients.values())} == {
        np.dtype(dtype)
    }
    assert disagreement(differences(*works), TOLERANCE[dtype]) is None


@pytest.mark.slow
@pytest.mark.compiler
@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("one image per step, no biases, sigmoids, squared error", "torch_mlp"),
        ("three hidden layers, Adam", "torch_mlp"),
        ("batch norm and a convolution without pooling", "torch_cnn"),
    ],
)
def test_a_compiled_step_is_the_eager_one(name, model):
    """With torch's own compiler, in C++; tolerances as above."""
    test_twins_have_the_same_outputs_gradients_and_weights(
        name, (model, "eager"), (model, "compiled"), "cpu", np.float32
    )


def test_twins_that_differ_are_told_apart():
    """The tolerance can fail: a learning rate that is off by a thousandth is seen after one step."""
    networks = [build(WAYS[0]), build(("torch_mlp", "eager"), recipe=replace(RECIPE, learning_rate=0.1001))]
    for network in networks:
        step(network, *batch())
    assert not close(parameters(networks[1]), parameters(networks[0]), np.float32)


def test_the_book_s_rule_is_the_book_s():
    """Against the formulas of the book's own query and train functions, in their order, in float64."""
    network = build(("numpy_mlp", "eager"), np.float64, BOOK)
    wih, who = (weight.copy() for weight in parameters(network))
    for number in range(20):
        images, targets = batch(np.float64, 1, recipe=BOOK, seed=number)
        step(network, images, targets)
        inputs, wanted = images.reshape(-1, 1), targets.T
        hidden = 1 / (1 + np.exp(-(wih @ inputs)))
        final = 1 / (1 + np.exp(-(who @ hidden)))
        output_errors = wanted - final
        hidden_errors = who.T @ output_errors
        who += BOOK.learning_rate * (output_errors * final * (1 - final)) @ hidden.T
        wih += BOOK.learning_rate * (hidden_errors * hidden * (1 - hidden)) @ inputs.T
    assert close(parameters(network), [wih, who], np.float64)


@pytest.mark.parametrize("recipe", [BOOK, DEEP_BOOK], ids=["one image", "batches, two hidden layers"])
def test_twins_follow_the_book_s_rule_alike_and_not_the_gradient(recipe):
    numpy, fused = (build(way, np.float64, recipe) for way in (("numpy_mlp", "eager"), ("torch_mlp", "fused")))
    exact = build(("numpy_mlp", "eager"), np.float64, replace(recipe, error_rule="exact"))
    for number in range(20):
        for network in (numpy, fused, exact):
            step(network, *batch(np.float64, recipe.batch_size, recipe=recipe, seed=number))
    assert close(parameters(fused), parameters(numpy), np.float64)
    assert not close(parameters(exact), parameters(numpy), np.float32)


@pytest.mark.parametrize(("optimizer", "arguments"), [("nesterov", {"momentum": 0.9}), ("adam", {})])
def test_optimisers_are_torch_s(optimizer, arguments):
    """Held to torch.optim, which the networks do without for its start-up time alone."""
    import torch

    recipe = replace(RECIPE, optimizer=optimizer, learning_rate=0.01)
    network = build(("torch_mlp", "eager"), np.float64, recipe)
    weights = [torch.tensor(p, requires_grad=True) for p in parameters(network)]
    theirs = (
        torch.optim.SGD(weights, lr=0.01, nesterov=True, **arguments)
        if optimizer == "nesterov"
        else torch.optim.Adam(weights, lr=0.01)
    )
    for number in range(20):
        images, targets = batch(np.float64, seed=number)
        step(network, images, targets)
        w1, b1, w2, b2 = weights
        hidden = torch.relu(torch.from_numpy(images.reshape(8, -1)) @ w1.T + b1)
        theirs.zero_grad()
        torch.nn.functional.cross_entropy(hidden @ w2.T + b2, torch.from_numpy(targets)).backward()
        theirs.step()
    assert close(parameters(network), [w.detach().numpy() for w in weights], np.float64)


@pytest.mark.parametrize("batch_size", [1, 8])
@pytest.mark.parametrize("way", marked(WAYS))
def test_a_block_of_steps_is_the_same_steps(way, batch_size):
    """Also where they fill a graph or more, with a rest, and a batch that is smaller."""
    recipe = replace(RECIPE, batch_size=batch_size)
    blockwise, stepwise = (build(way, np.float64, recipe) for _ in range(2))
    examples = batch_size * (torch_graph_mlp.STEPS * 2 + 3) - (
        batch_size - 1
    )  # two whole graphs, a smaller one, a smaller batch
    images, targets = batch(np.float64, examples)
    order = np.random.default_rng(5).permutation(examples)
    losses = blockwise.train(blockwise.place_images(images), blockwise.place(targets), order, batch_size)
    expected = []
    for start in range(0, examples, batch_size):
        which = order[start : start + batch_size]
        expected.append(step(stepwise, images[which], targets[which]))
    assert blockwise.to_host(losses) == pytest.approx(stepwise.to_host(expected), rel=1e-10)
    assert close(parameters(blockwise), parameters(stepwise), np.float64)


@pytest.mark.parametrize(("made_for", "given"), [(8, 1), (1, 2)])
@pytest.mark.parametrize("way", marked(WAYS))
def test_a_network_made_for_one_batch_size_can_take_another(way, made_for, given):
    blockwise, stepwise = (build(way, np.float64, replace(RECIPE, batch_size=made_for)) for _ in range(2))
    images, targets = batch(np.float64, 4)
    losses = blockwise.train(blockwise.place_images(images), blockwise.place(targets), np.arange(4), given)
    assert len(losses) == 4 // given
    for i in range(0, 4, given):
        step(stepwise, images[i : i + given], targets[i : i + given])
    assert close(parameters(blockwise), parameters(stepwise), np.float64)


@pytest.mark.parametrize("recipe", [RECIPE, SQUARED, replace(RECIPE, optimizer="nesterov")])
@pytest.mark.parametrize("way", marked(WAYS))
def test_after_a_block_the_gradients_can_still_be_had(way, recipe):
    network = build(way, recipe=recipe)
    images, targets = batch(n=16, recipe=recipe)
    network.train(network.place_images(images), network.place(targets), np.arange(16), 8)
    loss, _ = gradients(network, *batch(recipe=recipe))
    assert np.isfinite(loss)
    assert np.isfinite(network.to_host(step(network, *batch(recipe=recipe))))


def test_a_graph_follows_a_change_of_the_learning_rate():
    graph, fused = (build(("torch_mlp", mode), np.float64) for mode in ("graph", "fused"))
    images, targets = batch(np.float64, 8 * torch_graph_mlp.STEPS)
    for rate in (0.1, 0.01):
        for network in (graph, fused):
            network.optimizer.learning_rate = rate
            order = np.arange(len(images))
            network.train(network.place_images(images), network.place(targets), order, RECIPE.batch_size)
    assert close(parameters(graph), parameters(fused), np.float64)


@pytest.mark.parametrize(
    ("way", "optimizer"),
    [
        pytest.param(way, optimizer, marks=[pytest.mark.slow] * (way[1] in COMPILED))
        for optimizer in ("sgd", "nesterov", "adam")
        for way in WAYS
        if (way[1], optimizer) != ("graph", "adam")  # a graph cannot count its steps
    ],
)
def test_the_state_goes_out_and_in_as_copies(way, optimizer):
    """What is restored goes on as if nothing had been between: parameters, running means, optimiser."""
    recipe = replace(RECIPE, optimizer=optimizer, batch_norm=way[0].endswith("_cnn"))
    network = build(way, recipe=recipe)
    step(network, *batch(seed=1))
    taken = network.state()
    step(network, *batch(seed=2))
    after = network.state()
    assert not all((taken[name] == after[name]).all() for name in taken)
    network.restore(taken)
    assert all((taken[name] == array).all() for name, array in network.state().items())
    step(network, *batch(seed=2))
    assert all((after[name] == array).all() for name, array in network.state().items())


@pytest.mark.parametrize("way", marked(WAYS))
@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 32, 32)])
def test_every_model_takes_every_shape_of_image(way, shape):
    network = build(way, shape=shape)
    images, targets = batch(shape=shape)
    assert network.scores(network.place_images(images)).shape == (8, CLASSES)
    assert np.isfinite(network.to_host(step(network, images, targets)))


def test_a_cnn_has_the_recipe_s_layers():
    """M1's: 3×32×32 -> 6@28×28 -> 14×14 -> 16@10×10 -> 5×5 -> 120 -> 84 -> 10."""
    recipe = replace(RECIPE, convolutions=(Convolution(6, 5), Convolution(16, 5)), dense=(1, 0.7), batch_norm=True)
    blueprint = Blueprint(recipe, (3, 32, 32), CLASSES, 120, "cpu", 3)
    shapes = {name: parameter.shape for name, parameter in blueprint.cnn_parameters().items()}
    assert shapes["conv1.weight"] == (6, 3, 5, 5)
    assert shapes["conv2.weight"] == (16, 6, 5, 5)
    assert shapes["dense1.weight"] == (120, 16 * 5 * 5)
    assert shapes["dense2.weight"] == (84, 120)
    assert shapes["dense3.weight"] == (10, 84)
    assert shapes["norm.weight"] == shapes["norm.bias"] == (16,)


def test_images_that_a_cnn_uses_up_are_a_failure_with_its_reason():
    recipe = replace(RECIPE, convolutions=(Convolution(6, 5), Convolution(16, 5)))
    with pytest.raises(RunFailure, match="8×8 are used up by convolution 2"):
        build(("torch_cnn", "eager"), recipe=recipe)


def test_batch_norm_evaluates_by_running_means():
    network = build(("torch_cnn", "eager"), recipe=replace(RECIPE, batch_norm=True))
    images, targets = batch()
    before = network.to_host(network.scores(network.place_images(images)))
    alone = network.to_host(network.scores(network.place_images(images[:1])))
    assert alone == pytest.approx(before[:1], rel=1e-4)  # no other image of the batch has a say
    step(network, images, targets)
    assert (network.state()["norm.running_mean"] != 0).any()


@pytest.mark.parametrize("way", marked(WAYS))
def test_large_scores_do_not_overflow(way):
    network = build(way)
    network.restore({name: array * np.float32(1e4) for name, array in network.state().items() if "." in name})
    loss, found = gradients(network, *batch())
    assert np.isfinite(loss)
    assert all(np.isfinite(gradient).all() for gradient in found)


@pytest.mark.parametrize("way", marked(ways(SQUARED)))
def test_a_sigmoid_far_out_is_0_or_1(way):
    network = build(way, recipe=SQUARED)
    network.restore({name: array * np.float32(1e5) for name, array in network.state().items() if "dense" in name})
    images, targets = batch(recipe=SQUARED)
    with np.errstate(all="raise"):
        scores = network.to_host(network.scores(network.place_images(images)))
    assert ((scores >= 0) & (scores <= 1)).all()
    assert {0, 1} & set(scores.ravel().tolist())
    assert np.isfinite(gradients(network, images, targets)[0])


@pytest.mark.parametrize(
    ("kind", "deviation", "bound"),
    [("fan_in_uniform", 0.1 / 3**0.5, 0.1), ("fan_in_normal", 0.1, 1), ("glorot_uniform", 0.02**0.5 / 3**0.5, 0.1415)],
)
def test_initial_weights_have_their_distribution_and_follow_the_seed(kind, deviation, bound):
    recipe = replace(RECIPE, initial_weights=kind)
    shapes = {"dense1": (200, 100)}
    drawn = initial_parameters(shapes, recipe, seed=5)
    weight, bias = drawn["dense1.weight"], drawn["dense1.bias"]
    assert weight.dtype == bias.dtype == np.float32
    assert (weight.shape, bias.shape) == ((200, 100), (200,))
    assert np.abs(weight).max() <= bound
    assert weight.std() == pytest.approx(deviation, rel=0.02)
    assert (bias == 0).all() == (kind != "fan_in_uniform")
    assert (initial_parameters(shapes, recipe, seed=5)["dense1.weight"] == weight).all()
    assert not (initial_parameters(shapes, recipe, seed=6)["dense1.weight"] == weight).any()
