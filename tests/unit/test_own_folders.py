"""Folders of images as cameras, archives and file managers leave them."""

import unicodedata
from pathlib import Path

import numpy as np
import pytest
from conftest import HOME
from drawn_images import draw_images
from PIL import Image

from payoff.datasets.folders import is_junk
from payoff.datasets.own import own_files
from payoff.datasets.prepare import prepare_dataset
from payoff.datasets.splits import PreparedDataset, load
from payoff.errors import MOST_LINES, UserError
from payoff.study.configuration import configure

STUDIES = HOME / "workflow" / "studies"


def spec_of(path: Path):
    entry = {"path": str(path), "image_size": [6, 4]}
    return configure({"datasets": {"pets": entry}}, "config.yaml", STUDIES).datasets["pets"]


def prepared(path: Path) -> PreparedDataset:
    output = path.parent / "prepared.npz"
    spec = spec_of(path)
    own_files(spec)  # as the workflow does before
    prepare_dataset(spec, None, None, output)
    return load(output)


def refusal_of(path: Path) -> str:
    with pytest.raises(UserError) as caught:
        prepared(path)
    return str(caught.value)


@pytest.mark.parametrize("train", ["train", "Train", "training", "TRAINING"])
@pytest.mark.parametrize("test", ["test", "Testing", "TEST"])
def test_parts_have_their_usual_names(tmp_path, train, test):
    draw_images(tmp_path / "pets" / train, 3)
    draw_images(tmp_path / "pets" / test, 1)
    dataset = prepared(tmp_path / "pets")
    assert (len(dataset.train), len(dataset.test)) == (6, 2)
    renamed = {f"{train}/ is for training"} - {"train/ is for training"} | {f"{test}/ is for testing"}
    assert set(dataset.notes) == renamed - {"test/ is for testing"}


@pytest.mark.parametrize("name", ["val", "valid", "Validation", "VAL"])
def test_a_validation_folder_is_left_out_or_tests_and_that_is_said(tmp_path, name):
    draw_images(tmp_path / "pets/train", 3)
    draw_images(tmp_path / f"pets/{name}", 2)
    dataset = prepared(tmp_path / "pets")
    assert (len(dataset.train), len(dataset.test)) == (6, 4)
    assert dataset.notes == (f"{name}/: its validation part is used for testing, since it has no test part",)
    draw_images(tmp_path / "pets/test", 1)
    dataset = prepared(tmp_path / "pets")
    assert (len(dataset.train), len(dataset.test)) == (6, 2)
    assert dataset.notes[0].startswith(f"{name}/: its validation part is left out")


def test_classes_that_are_called_like_parts_stay_classes(tmp_path):
    draw_images(tmp_path / "vehicles", classes=("bus", "car", "train"))
    assert prepared(tmp_path / "vehicles").classes == ("bus", "car", "train")
    draw_images(tmp_path / "two", classes=("test", "train"))
    assert prepared(tmp_path / "two").classes == ("test", "train")


def test_a_folder_beside_the_parts_is_asked_about(tmp_path):
    for part in ("train", "test", "unlabelled"):
        draw_images(tmp_path / "pets" / part)
    assert refusal_of(tmp_path / "pets").startswith(f"{tmp_path / 'pets/unlabelled'}: found a folder that is no other")


@pytest.mark.parametrize(
    "junk",
    [
        "Thumbs.db",
        "desktop.ini",
        "Desktop.ini",
        ".DS_Store",
        "._0.png",
        "0.png:Zone.Identifier",
        "Icon\r",
        "ehthumbs.db",
    ],
)
def test_what_programs_leave_behind_does_not_count(tmp_path, junk):
    pets = draw_images(tmp_path / "pets")
    before = prepared(pets).origin
    for folder in (pets, pets / "cat"):
        (folder / junk).write_bytes(b"left behind")
    (pets / "__MACOSX/cat").mkdir(parents=True)
    (pets / "__MACOSX/cat/._0.png").write_bytes(b"left behind")
    assert is_junk(junk)
    assert prepared(pets).origin == before
    assert len(own_files(spec_of(pets))) == 10


def test_names_are_compared_as_they_look(tmp_path):
    composed = "k\u00e4fer"
    decomposed = unicodedata.normalize("NFD", composed)
    assert composed != decomposed
    draw_images(tmp_path / "pets/train", classes=(composed, "maus"))
    draw_images(tmp_path / "pets/test", classes=(decomposed, "maus"))
    assert prepared(tmp_path / "pets").classes == (composed, "maus")
    draw_images(tmp_path / "twice", classes=(composed, decomposed))
    assert "two folders that are both written" in refusal_of(tmp_path / "twice")


def test_numbers_as_classes_are_in_their_order(tmp_path):
    draw_images(tmp_path / "digits", classes=tuple(map(str, range(11))))
    dataset = prepared(tmp_path / "digits")
    assert dataset.classes == tuple(map(str, range(11)))
    ten = np.asarray(Image.open(tmp_path / "digits/10/0.png")).transpose(2, 0, 1)
    (label,) = {
        int(label)
        for split in (dataset.train, dataset.test)
        for image, label in zip(split.images, split.labels, strict=True)
        if (image == ten).all()
    }
    assert label == 10


@pytest.mark.parametrize("suffix", ["pgm", "ppm", "jfif", "PGM", "tga", "jp2", "ico", "apng", "tiff"])
def test_other_endings_that_pillow_reads(tmp_path, suffix):
    pets = draw_images(tmp_path / "pets")
    form = {"jfif": "jpeg", "pgm": "ppm", "jp2": "jpeg2000", "apng": "png"}.get(suffix.lower())
    Image.new("L", (16, 16), 200).save(pets / f"cat/grey.{suffix}", format=form)
    dataset = prepared(pets)
    assert len(dataset.train) + len(dataset.test) == 11


def test_all_bad_files_are_named_in_one_round(tmp_path):
    pets = draw_images(tmp_path / "pets", classes=("cat", "dog", "owl"))
    (pets / "cat/1.png").write_bytes(b"no image")
    (pets / "dog/0.png").write_bytes((pets / "dog/0.png").read_bytes()[:60])
    for name in ("a.txt", "b.txt", "c.mp4"):
        (pets / "dog" / name).write_text("")
    (pets / "yak").mkdir()
    lines = refusal_of(pets).split("\n")
    assert [line.split(": ")[0].removeprefix(f"{pets}/") for line in lines] == [
        "cat/1.png",
        "dog/a.txt",
        "dog/0.png",
        "yak",
    ]
    assert "(and 2 more like it)" in lines[1]
    for index in range(100):
        (pets / f"owl/x{index}.png").write_text("")
    assert len(refusal_of(pets).split("\n")) == MOST_LINES + 1


@pytest.mark.parametrize("inside", ["pets", "archive/pets"])
def test_a_folder_that_an_archive_wrapped_is_found_and_it_is_said(tmp_path, inside):
    draw_images(tmp_path / "unpacked" / inside)
    (tmp_path / "unpacked/__MACOSX").mkdir()
    dataset = prepared(tmp_path / "unpacked")
    assert dataset.classes == ("cat", "dog")
    assert dataset.notes == (f"its folders are those in {inside}/",)
    assert len(own_files(spec_of(tmp_path / "unpacked"))) == 10
