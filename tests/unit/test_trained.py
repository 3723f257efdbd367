"""A trained network through its file: whole, checked, and trained on as if it had never been in one."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
from refusals import refused
from safetensors import safe_open
from trainings import CONVOLUTIONS, RECIPE, build_of, digits, equal, scores_of, trained_by, untrained_by

from payoff.datasets.splits import PreparedDataset, Split
from payoff.files.contracts import ContractError
from payoff.recipes import Convolution, RateChange
from payoff.trained.file import HEADER, load, save
from payoff.trained.trainer import continued, train

NUMPY, TORCH, FUSED, CNN = (
    ("numpy_mlp", "eager"),
    ("torch_mlp", "eager"),
    ("torch_mlp", "fused"),
    ("torch_cnn", "eager"),
)
RECIPES = {
    "plain": RECIPE,
    "standard, Nesterov, deep": replace(RECIPE, scaling="standard", optimizer="nesterov", dense=(1, 0.5)),
    "no biases, Adam, batch norm": replace(
        RECIPE, biases=False, optimizer="adam", learning_rate=0.001, batch_norm=True, convolutions=CONVOLUTIONS
    ),
    "sigmoids, squared error, schedule, validation": replace(
        RECIPE,
        loss="squared_error",
        activation="sigmoid",
        output="sigmoid",
        targets=(0.01, 0.99),
        schedule=(RateChange(2, 0.05),),
        validation=0.2,
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
@pytest.mark.parametrize("way", [NUMPY, TORCH, FUSED, CNN])
def test_a_file_holds_the_whole_network(way, recipe, tmp_path):
    trained = trained_by(way, recipe)
    state = trained.build(build_of(way)).state()
    expected = {name: (array.shape, array.dtype) for name, array in state.items()}
    assert list(trained.expected_state().items()) == list(expected.items())
    save(trained, tmp_path / "network.safetensors")
    again = load(tmp_path / "network.safetensors")
    assert equal(again.state, trained.state)
    assert replace(again, state={}, scaling=None) == replace(trained, state={}, scaling=None)
    assert again.drawings.ink == "bright"
    assert set(trained.software) >= {"payoff", "python", "numpy"}
    images = digits().test.images
    assert (again.see(images) == trained.see(images)).all()
    assert (scores_of(again, way, images) == scores_of(trained, way, images)).all()


def test_the_same_network_gives_the_same_bytes_and_anyone_may_read_them(tmp_path):
    for name in ("a", "b"):
        save(trained_by(NUMPY), tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    (tmp_path / "usual").touch()
    assert (tmp_path / "a").stat().st_mode == (tmp_path / "usual").stat().st_mode


@pytest.mark.slow
@pytest.mark.parametrize("optimizer", ["sgd", "nesterov", "adam"])
@pytest.mark.parametrize("way", [NUMPY, TORCH, FUSED, CNN])
def test_five_epochs_are_two_then_a_file_then_three(way, optimizer, tmp_path):
    recipe = replace(RECIPE, scaling="standard", optimizer=optimizer, learning_rate=0.01, epochs=5)
    recipe = replace(recipe, batch_norm=way == CNN, schedule=(RateChange(4, 0.002),), validation=100)
    save(trained_by(way, replace(recipe, epochs=2, schedule=())), tmp_path / "two")
    two = load(tmp_path / "two")
    five = train(continued(two, recipe), build_of(way), digits())
    in_one = trained_by(way, recipe)
    assert (two.epochs_done, five.epochs_done) == (2, 5)
    assert equal(five.state, in_one.state)
    assert not any((two.state[name] == five.state[name]).all() for name in two.state if name.startswith("dense"))


def test_a_network_trained_by_one_model_runs_in_every_model_of_its_architecture(tmp_path):
    save(trained_by(NUMPY, RECIPES["standard, Nesterov, deep"]), tmp_path / "network")
    trained = load(tmp_path / "network")
    images = digits().test.images
    scores = [scores_of(trained, way, images) for way in (NUMPY, TORCH, FUSED)]
    # Sums of at most 64 products, in an order that each chooses, in float32 (one rounding is 6e-8).
    tolerance = 1e-5 * np.abs(scores[0]).max()
    assert all(np.abs(other - scores[0]).max() < tolerance for other in scores[1:])
    further = continued(trained, replace(trained.recipe, epochs=3))
    weights = [train(further, build_of(way), digits()).state["dense1.weight"] for way in (NUMPY, TORCH)]
    assert weights[1] == pytest.approx(weights[0], abs=1e-4)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"epochs": 2}, "recipe: epochs: found 2; allowed: more than the 2 that are done"),
        ({"learning_rate": 0.2}, "recipe: learning_rate: found 0.2; allowed: 0.1, by which the network was trained"),
        ({"optimizer": "adam"}, "recipe: optimizer: found 'adam' .*; allowed: sgd, by which"),
        ({"validation": 10}, "recipe: validation: found 10; allowed: 0, by which"),
        ({"dense": (2.0,)}, r"recipe: dense: found \(2.0,\); allowed: \(1.0,\), by which"),
        (
            {"schedule": (RateChange(2, 0.01),)},
            r"recipe: schedule: found \[0.1, 0.01\] .*; allowed: \[0.1, 0.1\], the rates",
        ),
    ],
)
def test_another_recipe_is_refused_with_its_field(change, message):
    trained = replace(untrained_by(NUMPY), epochs_done=2)
    continued(trained, replace(RECIPE, epochs=3, keep_step_losses=True, evaluate_before_training=True))
    with pytest.raises(ContractError, match=message):
        continued(trained, replace(RECIPE, **{"epochs": 3} | change))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"max_value": 255}, "data set: max_value: found 255; allowed: 16.*, as the network expects"),
        ({"classes": tuple("abcdefghij")}, "data set: classes: found .*; allowed: .*, as the network expects"),
        (
            {"train": Split(np.zeros((4, 1, 9, 9), np.uint8), np.arange(4))},
            r"data set: images: found \(1, 9, 9\); allowed: \(1, 8, 8\), as the network expects",
        ),
    ],
)
def test_another_data_set_is_refused(change, message):
    dataset = PreparedDataset(**vars(digits()) | change)
    with pytest.raises(ContractError, match=message):
        train(untrained_by(NUMPY), build_of(NUMPY), dataset)


@pytest.fixture(scope="module")
def good(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("network") / "good.safetensors"
    save(trained_by(NUMPY, RECIPES["standard, Nesterov, deep"]), path)
    return path


def rewritten(good: Path, target: Path, arrays=lambda arrays: arrays, header=lambda header: header) -> Path:
    """The file with its arrays or its header changed."""
    with safe_open(good, framework="numpy") as file:
        described = json.loads(file.metadata()[HEADER])
    changed = arrays(safetensors.numpy.load_file(good))
    target.write_bytes(safetensors.numpy.save(changed, {HEADER: json.dumps(header(described))}))
    return target


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda a: a | {"dense1.weight": np.zeros((12, 63), np.float32)},
            "dense1.weight: found 12×63 float32; allowed: 12×64 float32",
        ),
        (
            lambda a: a | {"dense2.bias": np.zeros(6, np.float64)},
            "dense2.bias: found 6 float64; allowed: 6 float32",
        ),
        (
            lambda a: {name: array for name, array in a.items() if name != "optimizer.velocity.dense3.bias"},
            "optimizer.velocity.dense3.bias: missing; allowed: 10 float32",
        ),
        (
            lambda a: {name: array for name, array in a.items() if name != "scaling.mean"},
            "scaling.mean: missing; allowed: 1×8×8 float32",
        ),
        (
            lambda a: a | {"dense4.weight": np.zeros(3, np.float32)},
            "dense4.weight: unknown array; allowed: dense1.weight, dense1.bias, dense2.weight, ",
        ),
    ],
)
def test_arrays_that_do_not_fit_are_named(good, tmp_path, change, message):
    path = rewritten(good, tmp_path / "bad.safetensors", arrays=change)
    with refused(f"{path}: {message}"):
        load(path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda h: h | {"format_version": 2}, "format_version: "),
        (lambda h: h | {"architecture": "rnn"}, "architecture: found 'rnn' (a text); allowed: cnn, mlp"),
        (lambda h: h | {"hidden_size": 10**9}, "dense1.weight: found 12×64 float32; allowed: 1000000000×64 float32"),
        (lambda h: h | {"hidden_size": 0}, "hidden_size: found 0; allowed: at least 1"),
        (lambda h: h | {"dtype": "int8"}, "dtype: found 'int8' (a text); allowed: float32, float64"),
        (lambda h: h | {"outputs": 4}, "outputs: found 4; allowed: 10"),
        (lambda h: h | {"epochs_done": 3}, "epochs_done: found 3; allowed: at most the recipe's 2"),
        (lambda h: h | {"image_shape": [3, 8, 8]}, "image_shape: found (3, 8, 8); allowed: (1, 8, 8)"),
        (lambda h: h | {"drawings": h["drawings"] | {"ink": "blue"}}, "drawings.ink: found 'blue' (a text); allowed: "),
        (lambda h: h | {"author": "me"}, "author: unknown key; allowed: architecture, "),
        (lambda h: {k: v for k, v in h.items() if k != "seed"}, "(top level): missing seed; found "),
        (
            lambda h: h | {"recipe": h["recipe"] | {"optimizer": "sgdd"}},
            "recipe.optimizer: found 'sgdd' (a text); allowed: adam, nesterov, sgd (did you mean sgd?)",
        ),
        (lambda h: h | {"recipe": h["recipe"] | {"colour": 1}}, "recipe.colour: unknown key; allowed: activation, "),
        (
            lambda h: h | {"recipe": h["recipe"] | {"output": "sigmoid"}},
            "recipe.output: found 'sigmoid' (a text); allowed: scores, where the loss is cross_entropy",
        ),
        (
            lambda h: h | {"architecture": "cnn", "recipe": h["recipe"] | {"convolutions": [vars(Convolution(1, 20))]}},
            "recipe.convolutions: images of 8×8 are used up by convolution 1",
        ),
    ],
)
def test_a_header_that_is_wrong_is_named_by_its_key(good, tmp_path, change, message):
    path = rewritten(good, tmp_path / "bad.safetensors", header=change)
    with refused(f"{path}: {message}"):
        load(path)


def test_a_file_that_is_no_network_is_named(good, tmp_path):
    path = tmp_path / "bad.safetensors"
    for content, message in (
        (b"hello", "not a trained network: "),
        (good.read_bytes()[:-10], "not a trained network: "),
        (safetensors.numpy.save({"a": np.zeros(3)}), "not a trained network: its header has no payoff"),
        (safetensors.numpy.save({"a": np.zeros(3)}, {HEADER: "{"}), "payoff: not valid JSON"),
        (safetensors.numpy.save({"a": np.zeros(3)}, {HEADER: "[]"}), "(top level): found "),
    ):
        path.write_bytes(content)
        with refused(f"{path}: {message}"):
            load(path)
    with pytest.raises(ContractError, match="nowhere: no such file"):
        load(tmp_path / "nowhere")
