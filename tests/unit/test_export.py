"""What is exported is what the network computes: read back by the programs it is meant for."""

import json
from dataclasses import replace

import h5py
import numpy as np
import onnx
import onnxruntime
import pytest
from trainings import CONVOLUTIONS, RECIPE, digits, scores_of, trained_by

from payoff.datasets.splits import PreparedDataset, Split
from payoff.files.contracts import ContractError
from payoff.recipes import Convolution
from payoff.trained.export import export
from payoff.trained.file import document, save

NUMPY, CNN = ("numpy_mlp", "eager"), ("torch_cnn", "eager")
SQUARED = replace(RECIPE, loss="squared_error", activation="sigmoid", output="sigmoid")
NETWORKS = {
    "relu": (NUMPY, RECIPE),
    "sigmoids": (NUMPY, SQUARED),
    "no biases": (NUMPY, replace(SQUARED, biases=False)),
    "deep": (NUMPY, replace(RECIPE, dense=(1, 0.5, 2), scaling="standard")),
    "cnn": (CNN, RECIPE),
    "cnn, pool 1, padding": (CNN, replace(RECIPE, convolutions=CONVOLUTIONS, dense=(1, 1))),
    "cnn, batch norm": (CNN, replace(RECIPE, batch_norm=True, convolutions=CONVOLUTIONS)),
    "cnn, batch norm, no biases, rows that pooling leaves over": (
        CNN,
        replace(RECIPE, batch_norm=True, biases=False, convolutions=(Convolution(5, 2, padding=1, pool=2),)),
    ),
}
# Of the largest score. One rounding of a float32 is 6e-8. A score here is a sum of at most 576 products, whose order
# each program chooses, through at most 4 layers: measured below 1e-6. A wrong padding, epsilon (1e-3 for
# 1e-5) or transposition is off by more than 1e-3.
TOLERANCE = 1e-5


@pytest.fixture(scope="module", params=NETWORKS.values(), ids=NETWORKS)
def network(request):
    """(how it was trained, the trained network)"""
    way, recipe = request.param
    return way, trained_by(way, recipe)


def run_onnx(path, images: np.ndarray) -> np.ndarray:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    return session.run(["scores"], {"images": images})[0]


def test_onnx_gives_the_scores_of_the_network(network, tmp_path):
    way, trained = network
    export(trained, tmp_path / "network.onnx")
    stored = digits().test.images
    expected = scores_of(trained, way, stored)
    for n in (len(stored), 1):  # any number of images
        found = run_onnx(tmp_path / "network.onnx", trained.see(stored[:n]))
        assert found.dtype == np.float32
        assert found.shape == (n, 10)
        assert np.abs(found - expected[:n]).max() <= TOLERANCE * np.abs(expected).max()
    # The tolerance tells one weight from another.
    name = "dense1.weight"
    moved = replace(trained, state=trained.state | {name: trained.state[name] * np.float32(1.001)})
    assert np.abs(scores_of(moved, way, stored) - expected).max() > TOLERANCE * np.abs(expected).max()


def test_onnx_says_what_goes_in_and_comes_out(tmp_path):
    trained = trained_by(NUMPY, replace(RECIPE, scaling="standard"))
    export(trained, tmp_path / "network.onnx")
    model = onnx.load(tmp_path / "network.onnx")
    onnx.checker.check_model(model, full_check=True)
    assert "images, (n, 1, 8, 8)" in model.doc_string
    assert "whose largest value is 16," in model.doc_string
    assert "each feature minus its mean" in model.doc_string
    assert "one per class: 0, 1, 2" in model.doc_string
    properties = {entry.key: json.loads(entry.value) for entry in model.metadata_props}
    assert properties["recipe"] == json.loads(json.dumps(document(trained)))["recipe"]
    assert properties["classes"] == list("0123456789")
    assert np.array_equal(np.float32(properties["scaling.mean"]), trained.scaling.mean)
    assert {tensor.name for tensor in model.graph.initializer} == set(trained.parameters)


def test_colours_that_became_grey_are_told(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (40, 3, 6, 6), np.uint8)
    split = Split(images, np.arange(40) % 2)
    trained = trained_by(NUMPY, replace(RECIPE, grey=True), dataset=PreparedDataset(split, split, 255, ("a", "b")))
    export(trained, tmp_path / "grey.onnx")
    assert "0.299 R + 0.587 G + 0.114 B" in onnx.load(tmp_path / "grey.onnx").doc_string
    assert run_onnx(tmp_path / "grey.onnx", trained.see(images)).shape == (40, 2)


def test_hdf5_and_npy_read_back_equal(network, tmp_path):
    _, trained = network
    export(trained, tmp_path / "network.h5")
    export(trained, tmp_path / "folder")
    expected = dict(trained.parameters)
    if trained.recipe.scaling == "standard":
        expected |= {"scaling.mean": trained.scaling.mean, "scaling.deviation": trained.scaling.deviation}
    described = json.loads(json.dumps(document(trained)))
    with h5py.File(tmp_path / "network.h5") as file:
        arrays = {name: file[name][...] for name in file}
        assert {key: json.loads(value) for key, value in file.attrs.items()} == described
    files = {path.name for path in (tmp_path / "folder").iterdir()}
    assert files == {f"{name}.npy" for name in expected} | {"network.json"}
    from_folder = {name: np.load(tmp_path / "folder" / f"{name}.npy", allow_pickle=False) for name in expected}
    for read in (arrays, from_folder):
        assert set(read) == set(expected)
        assert all(array.dtype == expected[name].dtype for name, array in read.items())
        assert all(np.array_equal(array, expected[name]) for name, array in read.items())
    told = json.loads((tmp_path / "folder/network.json").read_text())
    assert told.pop("files") == {f"{name}.npy": list(array.shape) for name, array in expected.items()}
    assert told == described


def test_a_target_that_cannot_be_is_named(tmp_path):
    trained = trained_by(NUMPY)
    with pytest.raises(ContractError, match=r"a\.pt: suffix: found '\.pt' .*; allowed: \.onnx, \.h5, or none"):
        export(trained, tmp_path / "a.pt")
    (tmp_path / "full").mkdir()
    (tmp_path / "full/mine.txt").write_text("mine")
    with pytest.raises(ContractError, match="full: found a folder that is not empty"):
        export(trained, tmp_path / "full")
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["mine.txt"]
    (tmp_path / "file").write_text("mine")
    with pytest.raises(ContractError, match="file: found a file; allowed: a folder"):
        export(trained, tmp_path / "file")
    (tmp_path / "v1.2").mkdir()
    export(trained, tmp_path / "v1.2")
    assert (tmp_path / "v1.2/network.json").exists()


@pytest.mark.slow
@pytest.mark.parametrize("way", [NUMPY, CNN])
def test_the_command_writes_each_format_and_needs_no_torch(way, tmp_path, command, called):
    save(trained_by(way), tmp_path / "network.safetensors")
    for target in ("a.onnx", "a.h5", "folder/"):
        words = ("export", tmp_path / "network.safetensors", f"{tmp_path}/{target}")
        done = command("payoff", *words, loaded="torch")
        assert (done.returncode, done.stdout, done.stderr) == (0, "torch: False\n", "")
        assert (tmp_path / target).exists()
    for words in ((tmp_path / "network.safetensors", tmp_path / "a.pt"), (tmp_path / "a.h5", tmp_path / "b.onnx")):
        done = called("export", *words)
        assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 1)
        assert "allowed: " in done.stderr
