"""Pictures of handwriting, as people send them, are fitted to what the network was trained on."""

import json
import re
import shlex
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from conftest import HOME
from drawn_digits import drawn_digits, pen_strokes
from drawn_paper import KINDS, blanks, on_page, photographed
from PIL import Image
from safetensors import safe_open
from trainings import RECIPE, digits, trained_by

from payoff.datasets.drawings import Drawings
from payoff.datasets.image_files import read_picture
from payoff.study.configuration import read_study
from payoff.study.paths import NETWORK
from payoff.trained.classify import classify, stored_image
from payoff.trained.file import HEADER, load, save
from payoff.trained.fitting import fit, placed
from payoff.trained.network import UNKNOWN, TrainedNetwork

NUMPY = ("numpy_mlp", "eager")
PAGE = (HOME / "docs/handwriting.md").read_text(encoding="utf-8")


@cache
def network() -> TrainedNetwork:
    return trained_by(NUMPY, replace(RECIPE, epochs=6), 64, drawn_digits())


@pytest.fixture(scope="module")
def network_file(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("network") / "drawn.safetensors"
    save(network(), path)
    return path


def written(pixels: np.ndarray, path: Path, **options) -> Path:
    Image.fromarray(pixels).save(path, **options)
    return path


def seven(kind: str = "dark on white") -> np.ndarray:
    draw = np.random.default_rng(3)
    return KINDS[kind](draw, pen_strokes(draw, 7))


def only(path: Path, **options):
    (found,) = classify(network(), [path], **options)
    return found


def test_what_the_drawings_of_a_data_set_have_in_common_is_measured():
    found = Drawings.of(drawn_digits().train.images, 255)
    # so they were made: tests/drawn_digits.py
    assert (found.ink, found.centred_by) == ("bright", "mass")
    assert found.size == pytest.approx(20, abs=0.2)
    assert found.centre == pytest.approx((13.5, 13.5), abs=0.05)
    # UCI's digits of 8×8 fill the image from top to bottom, and lie in the middle by their bounding boxes.
    found = Drawings.of(digits().train.images, digits().max_value)
    assert (found.ink, found.centred_by) == ("bright", "box")
    assert found.size == pytest.approx(8, abs=0.1)
    outside = [bool(found.unusual(image[0] / 16)) for image in digits().test.images]
    assert np.mean(outside) < 0.03


def test_ink_may_be_darker_than_its_ground_and_photographs_are_no_drawings():
    images = drawn_digits().train.images
    light = Drawings.of(255 - images, 255)
    bright = Drawings.of(images, 255)
    assert (light.ink, light.centred_by, light.size) == ("dark", bright.centred_by, pytest.approx(bright.size))
    draw = np.random.default_rng(0)
    photographs = draw.integers(0, 256, (50, 1, 12, 12), np.uint8)
    assert Drawings.of(photographs, 255) is None
    assert Drawings.of(images.repeat(3, axis=1), 255) is None
    assert Drawings.of(images.astype(np.float32), 255) is None
    assert Drawings.of(np.zeros_like(images[:9]), 255) is None


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_nine_of_ten_are_right_on_every_kind_of_paper(kind, tmp_path):
    draw = np.random.default_rng(5)
    files = [
        written(KINDS[kind](draw, pen_strokes(draw, number % 10)), tmp_path / f"{number}.png") for number in range(10)
    ]
    found = list(classify(network(), files))
    right = [result.top and result.top[0][0] == str(number % 10) for number, result in enumerate(found)]
    assert np.mean(right) >= 0.9
    if kind == "grey paper":  # without the fit they are guessed
        as_is = classify(network(), files, as_is=True)
        assert np.mean([result.top[0][0] == str(number % 10) for number, result in enumerate(as_is)]) < 0.5


@pytest.mark.parametrize("kind", blanks(np.random.default_rng(0)))
def test_a_sheet_without_ink_is_no_digit(kind, tmp_path):
    found = only(written(blanks(np.random.default_rng(0))[kind], tmp_path / "blank.png"))
    assert found.line() == f"{tmp_path / 'blank.png'}: no drawing found"
    assert found.document()["class"] is None


def test_an_image_of_the_data_set_stays_as_it_is(tmp_path):
    image = drawn_digits().test.images[4, 0]
    for pixels in (image, 255 - image):
        found = only(written(pixels, tmp_path / "a.png"))
        assert (found.seen[0] * 255 == image).all()
        assert not found.notes


def test_place_and_size_are_those_of_the_training_images():
    ink = on_page(pen_strokes(np.random.default_rng(1), 4), (400, 900), (20, 700))
    drawings = network().drawings
    image = placed(ink, drawings, (28, 28))
    found = drawings.traits(image)
    assert found["size"] == pytest.approx(drawings.size, abs=0.5)
    assert found["place"] < 0.2
    elsewhere = placed(on_page(ink[20:180, 700:860], (300, 300), (90, 3)), drawings, (28, 28))
    assert np.abs(image - elsewhere).max() < 0.02


@pytest.mark.parametrize(
    "shape", [(1, 1), (1, 300), (2, 2), (3, 3), pytest.param((384, 7), marks=pytest.mark.slow), (28, 28), (64, 130)]
)
def test_a_picture_of_any_shape_has_an_answer(shape):
    white, line = np.ones(shape, np.float32), np.ones(shape, np.float32)
    line[:, shape[1] // 2] = 0
    noise = np.random.default_rng(0).random(shape, np.float32)
    for dark in (None, True, False):
        assert fit(white, network().drawings, (28, 28), dark=dark) is None
        for picture in (line, noise):
            found = fit(picture, network().drawings, (28, 28), dark=dark)
            assert found is None or found.image.max() == 1


def test_ink_is_dark_where_the_training_images_have_it_so(tmp_path):
    drawings = replace(network().drawings, ink="dark")
    path = written(seven("chalk"), tmp_path / "chalk.png")
    (dark,) = classify(replace(network(), drawings=drawings), [path])
    assert dark.seen == pytest.approx(1 - only(path).seen, abs=1 / 255)


def test_several_drawings_and_strange_ink_are_told(tmp_path):
    draw = np.random.default_rng(2)
    two = np.concatenate([pen_strokes(draw, 4), pen_strokes(draw, 2)], axis=1)
    assert (
        "shows 2 drawings, of which this is the largest"
        in only(written(photographed(draw, two, 0.9, 0.1), tmp_path / "two.png")).line()
    )
    disc = np.hypot(*(np.indices((200, 200)) - 100)) < 50
    found = only(written(photographed(draw, disc, 0.9, 0.1), tmp_path / "disc.png"))
    assert found.notes == ["it is unlike 99 % of the training images in how much of its square the ink fills"]


def test_invert_and_as_is_override_what_is_found(tmp_path):
    path = written(seven(), tmp_path / "seven.png")
    assert (only(path, as_is=True).seen * 255 == stored_image(network(), path)[0]).all()
    assert (only(path, as_is=True, invert=True).seen * 255 == stored_image(network(), path, invert=True)[0]).all()
    assert (only(path, invert=True).seen == only(path).seen).all()


def test_a_telephone_s_photograph_is_turned_and_small_enough(tmp_path):
    """Twelve million pixels, and the camera held sideways."""
    upright = Image.fromarray(seven("grey paper")).resize((3000, 3000))
    page = Image.new("L", (3000, 4000), upright.getpixel((5, 5)))
    page.paste(upright, (0, 500))
    exif = Image.Exif()
    exif[0x0112] = 6  # viewers turn it clockwise
    page.rotate(90, expand=True).save(tmp_path / "photo.jpg", exif=exif)
    picture = read_picture((tmp_path / "photo.jpg").read_bytes(), tmp_path / "photo.jpg", 384)
    assert picture.shape == (384, 288)
    assert only(tmp_path / "photo.jpg").top[0][0] == "7"


@pytest.mark.parametrize("colour", [0, 255])
def test_ink_on_a_transparent_ground_is_seen_whatever_its_colour(colour, tmp_path):
    ink = np.uint8(255 * pen_strokes(np.random.default_rng(3), 7))
    transparent = np.stack([np.full_like(ink, colour), ink], axis=2)
    assert only(written(transparent, tmp_path / "a.png")).top[0][0] == "7"


def test_what_the_network_saw_is_shown(network_file, tmp_path, called):
    paths = [written(seven(kind), tmp_path / f"{kind}.png") for kind in ("chalk", "grey paper")]
    blank = written(np.full((90, 90), 200, np.uint8), tmp_path / "blank.png")
    done = called("classify", network_file, *paths, blank, "--show", "--seen", tmp_path / "seen.png")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) == 2 * (1 + 14) + 1
    assert {len(line) for line in lines[1:15]} == {28}
    assert set("".join(lines[1:15])) == set(" ░▒▓█")
    sheet = np.asarray(Image.open(tmp_path / "seen.png"))
    assert sheet.shape == (28 * 4 + 8, 2 * (28 * 4 + 4) + 4, 3)
    assert (sheet[4:116:4, 4:116:4, 0] == np.rint(only(paths[0]).seen[0] * 255)).all()
    assert len(called("classify", network_file, *paths).stdout.splitlines()) == 2, "no terminal"
    done = called("classify", network_file, paths[0], "--seen", tmp_path / "seen.doc")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "seen.doc: found no suffix of an image; allowed: .png, .jpg" in done.stderr
    (entry,) = json.loads(called("classify", network_file, blank, "--json").stdout)
    assert (entry["class"], entry["notes"]) == (None, ["no drawing found"])


def test_a_file_of_an_earlier_version_is_read_and_says_that_it_cannot_fit(tmp_path):
    save(replace(network(), drawings=UNKNOWN), tmp_path / "early")
    with safe_open(tmp_path / "early", framework="numpy") as file:
        assert "drawings" not in json.loads(file.metadata()[HEADER])
    early = load(tmp_path / "early")
    path = written(seven("white on black"), tmp_path / "seven.png")
    (found,) = classify(early, [path])
    assert (found.seen * 255 == stored_image(early, path)[0]).all()
    assert "only resized" in found.line()


def test_the_page_s_example_is_what_happens(network_file, tmp_path, monkeypatch, called):
    """Its pictures are drawn here; its lines are compared but for the numbers."""
    monkeypatch.chdir(tmp_path)
    written(seven("uneven light"), tmp_path / "seven.jpg")
    written(blanks(np.random.default_rng(0))["uneven light"], tmp_path / "blank.jpg")
    (tmp_path / "network.safetensors").write_bytes(network_file.read_bytes())
    (block,) = re.findall(r"^```console\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL)
    first, *expected = block.splitlines()
    prompt, program, *words = shlex.split(first)
    assert (prompt, program) == ("$", "payoff")
    found = called(*words).stdout.splitlines()
    without_numbers = [re.sub(r"\d+\.\d%.*", "…", line).rstrip() for line in (*found, *expected)]
    assert len(found) == len(expected)
    for one, other in zip(without_numbers[: len(found)], without_numbers[len(found) :], strict=True):
        assert one == other or set(one + other) <= set(" ░▒▓█")
    (target,) = re.findall(r"results/(\S+)", PAGE)
    study, _, name = target.split("/")
    cells = read_study(HOME / f"workflow/studies/{study}.yaml").cells(["cpu"], [1])
    assert name in {f"{NETWORK}.safetensors".format(**vars(cell)) for cell in cells}
    told = called("classify", "--help").stdout
    assert set(re.findall(r"`(--[a-z-]+)", PAGE)) <= set(re.findall(r"--[a-z][a-z-]+", told))
