"""A user's own image files, classified by the command."""

import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageOps
from trainings import RECIPE, digits, scores_of, trained_by

from payoff.datasets.image_files import read_pixels
from payoff.datasets.splits import PreparedDataset, Split
from payoff.errors import UserError
from payoff.files.contracts import ContractError
from payoff.trained.classify import classify, stored_image
from payoff.trained.file import save

NUMPY, TORCH, CNN = ("numpy_mlp", "eager"), ("torch_mlp", "eager"), ("torch_cnn", "eager")
LEARNT = replace(RECIPE, epochs=20, scaling="standard")
SHOWN = 100  # how many test images are written as files


def pixels(file, image_size, *, grey):
    return read_pixels(file.read_bytes(), file, image_size, grey=grey)


def as_png(image: np.ndarray, path, *, ink_on_paper: bool = False):
    """A digit, (1, 8, 8) from 0 to 16, as a grey image file."""
    pixels = np.rint(image[0] * (255 / 16)).astype(np.uint8)
    Image.fromarray(255 - pixels if ink_on_paper else pixels).save(path)
    return path


@pytest.fixture(scope="module")
def drawn(tmp_path_factory) -> list:
    folder = tmp_path_factory.mktemp("png")
    return [as_png(image, folder / f"{i}.png") for i, image in enumerate(digits().test.images[:SHOWN])]


def accuracy(classes) -> float:
    return float(np.mean([int(found) == label for found, label in zip(classes, digits().test.labels, strict=False)]))


@pytest.mark.slow
@pytest.mark.parametrize("way", [NUMPY, TORCH, pytest.param(CNN, marks=pytest.mark.slow)])
def test_digits_drawn_as_files_are_classified_as_well_as_the_test_images(way, drawn, tmp_path, command):
    trained = trained_by(way, LEARNT)
    save(trained, tmp_path / "network")
    scores = scores_of(trained, way, digits().test.images[:SHOWN])
    done = command("payoff", "classify", tmp_path / "network", *drawn, "--json", "--as-is", loaded="torch")
    assert done.returncode == 0, done.stderr
    listing, _, torch = done.stdout.rpartition("torch: ")
    assert torch.strip() == str(way == CNN)  # an MLP needs none, whoever trained it
    found = json.loads(listing)
    assert [entry["file"] for entry in found] == [str(path) for path in drawn]
    assert accuracy(entry["class"] for entry in found) == accuracy(scores.argmax(axis=1)) >= 0.9
    chances = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    assert [entry["probability"] for entry in found] == pytest.approx(chances.max(axis=1).tolist(), rel=1e-4)
    for entry, row in zip(found, chances, strict=True):
        assert [int(top["class"]) for top in entry["top"]] == np.argsort(-row)[:3].tolist()


def test_one_line_per_image_also_for_dark_ink_on_white_paper(tmp_path, called):
    trained = trained_by(NUMPY, LEARNT)
    save(trained, tmp_path / "network")
    paths = [
        as_png(image, tmp_path / f"{i}.png", ink_on_paper=True) for i, image in enumerate(digits().test.images[:20])
    ]
    done = called("classify", tmp_path / "network", "--as-is", "--invert", *paths)
    assert done.returncode == 0, done.stderr
    expected = scores_of(trained, NUMPY, digits().test.images[:20])
    chances = np.exp(expected) / np.exp(expected).sum(axis=1, keepdims=True)
    for line, path, row in zip(done.stdout.splitlines(), paths, chances, strict=True):
        first, second, third = np.argsort(-row)[:3]
        top = ", ".join(f"{i} {row[i]:.1%}" for i in (first, second, third))
        assert line == f"{path}: {first}, probability {row[first]:.1%} ({top})"


def test_squared_errors_have_outputs_and_no_probabilities(drawn, tmp_path, called):
    trained = trained_by(NUMPY, replace(LEARNT, loss="squared_error", output="sigmoid", optimizer="nesterov"))
    save(trained, tmp_path / "network")
    row = scores_of(trained, NUMPY, digits().test.images[:1])[0]
    line = called("classify", tmp_path / "network", drawn[0]).stdout
    assert line.startswith(f"{drawn[0]}: {row.argmax()}, output {row.max():.3f} (")
    (entry,) = json.loads(called("classify", tmp_path / "network", drawn[0], "--json").stdout)
    assert entry["output"] == pytest.approx(float(row.max()))
    assert "probability" not in entry


def test_a_file_that_cannot_be_read_is_a_line_and_the_others_are_classified(drawn, tmp_path, called):
    save(trained_by(NUMPY), tmp_path / "network")
    (tmp_path / "note.png").write_text("no image")
    (tmp_path / "half.png").write_bytes(drawn[0].read_bytes()[:-40])
    bad = [tmp_path / name for name in ("note.png", "half.png", "nowhere.png")]
    done = called("classify", tmp_path / "network", bad[0], drawn[0], bad[1], bad[2])
    assert done.returncode == 1
    assert len(done.stdout.splitlines()) == 1
    lines = done.stderr.splitlines()
    assert [line.partition(": ")[0] for line in lines] == [str(path) for path in bad]
    assert "found no readable image (of no known format); allowed: what Pillow opens" in lines[0]
    assert lines[2].endswith("No such file or directory")
    done = called("classify", drawn[0], drawn[0])
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 1)
    assert f"{drawn[0]}: not a trained network" in done.stderr


def test_images_become_what_the_data_set_stores(tmp_path):
    trained = trained_by(NUMPY)
    stored = digits().test.images[5]
    large = Image.open(as_png(stored, tmp_path / "a.png")).resize((80, 80), Image.Resampling.NEAREST)
    large.convert("RGB").save(tmp_path / "large.png")  # colours, and ten times the size
    ImageOps.invert(large).save(tmp_path / "ink.png")
    for name, invert in (("a.png", False), ("large.png", False), ("ink.png", True)):
        found = stored_image(trained, tmp_path / name, invert=invert)
        assert found.shape == (1, 1, 8, 8)
        difference = np.abs(found[0] - stored)
        if name == "a.png":
            assert (difference == 0).all()
        else:  # resizing blurs sharp edges
            assert difference.max() <= 4
            assert difference.mean() < 1


def test_colours_stay_where_the_data_set_has_them(tmp_path):
    draw = np.random.default_rng(0)
    images = draw.integers(0, 256, (60, 3, 6, 8), np.uint8)
    split = Split(images, np.arange(60) % 2)
    dataset = PreparedDataset(split, split, 255, ("a", "b"))
    path = tmp_path / "colour.png"
    Image.fromarray(images[0].transpose(1, 2, 0)).save(path)
    for recipe in (RECIPE, replace(RECIPE, grey=True)):
        trained = trained_by(NUMPY, recipe, dataset=dataset)
        assert (stored_image(trained, path) == images[:1]).all()
        (found,) = classify(trained, [path])
        scores = scores_of(trained, NUMPY, images[:1])[0]
        assert found.top[0][0] == "ab"[scores.argmax()]


def test_pixels_are_what_a_viewer_shows(tmp_path):
    grey = np.array([[0, 255], [100, 200]], np.uint8)
    image = Image.fromarray(grey)
    exif = Image.Exif()
    exif[0x0112] = 3  # turned by 180°
    image.save(tmp_path / "turned.png", exif=exif)
    assert (pixels(tmp_path / "turned.png", (2, 2), grey=True)[0] == grey[::-1, ::-1]).all()
    ink = Image.merge("LA", (Image.new("L", (2, 2), 0), image))  # black ink, of which 255 is opaque
    ink.save(tmp_path / "ink.png")
    assert (pixels(tmp_path / "ink.png", (2, 2), grey=True)[0] == 255 - grey).all()
    Image.fromarray(np.array([[40000]], np.uint16)).save(tmp_path / "deep.png")
    with pytest.raises(UserError, match=r"deep\.png: found pixels of more than 8 bits"):
        pixels(tmp_path / "deep.png", (1, 1), grey=True)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"classes": ()}, "classes: found .*; allowed: a network that classifies"),
        ({"stored_dtype": "float32"}, r"stored images: found '\(1, 8, 8\) float32' .*; allowed: pixels"),
        ({"stored_shape": (2, 8, 4)}, r"stored images: found '\(2, 8, 4\) uint8' .*; allowed: pixels"),
    ],
)
def test_a_network_that_reads_no_images_says_so(drawn, change, message):
    with pytest.raises(ContractError, match=message):
        list(classify(replace(trained_by(NUMPY), **change), drawn[:1]))
