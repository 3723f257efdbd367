"""A user's folders of images: real files, good and bad, to the prepared data set."""

import hashlib
import shutil
from pathlib import Path

import numpy as np
import pytest
from drawn_images import draw_images
from own_data import prepared, refusal_of
from PIL import Image


@pytest.fixture
def pets(tmp_path) -> Path:
    return draw_images(tmp_path / "pets")


def test_images_of_their_own_size_are_taken_as_they_are(pets):
    dataset = prepared(pets, image_size=[6, 4])
    assert dataset.classes == ("cat", "dog")
    assert dataset.max_value == 255.0
    assert isinstance(dataset.max_value, float)
    assert dataset.train.images.shape == (8, 3, 6, 4)
    assert dataset.train.images.dtype == dataset.test.images.dtype == np.uint8
    assert dataset.train.labels.dtype == np.int64
    assert sorted(dataset.train.labels) == [0] * 4 + [1] * 4
    assert sorted(dataset.test.labels) == [0, 1]
    on_disk = {
        (np.asarray(Image.open(file)).transpose(2, 0, 1).tobytes(), label)
        for label, name in enumerate(dataset.classes)
        for file in (pets / name).iterdir()
    }
    found = {
        (image.tobytes(), label)
        for split in (dataset.train, dataset.test)
        for image, label in zip(split.images, split.labels, strict=True)
    }
    assert found == on_disk


def test_grey_is_the_usual_weighting_and_the_size_is_height_then_width(pets):
    shutil.rmtree(pets / "cat")
    (pets / "cat").mkdir()
    for index in range(5):
        Image.new("RGB", (30, 30), (200, 100, 50)).save(pets / "cat" / f"{index}.bmp")
    dataset = prepared(pets, image_size=[3, 7], grey=True)
    assert dataset.train.images.shape[1:] == (1, 3, 7)
    cats = dataset.train.images[dataset.train.labels == 0]
    assert abs(cats.astype(float) - (0.299 * 200 + 0.587 * 100 + 0.114 * 50)).max() <= 1


@pytest.mark.parametrize("suffix", ["png", "jpg", "jpeg", "bmp", "gif", "tif", "webp", "JPG"])
def test_every_kind_of_image_file_is_read(pets, suffix):
    for index in range(2):
        Image.new("RGB", (4, 6), (250, 250, 250)).save(pets / "cat" / f"white{index}.{suffix}")
    dataset = prepared(pets, image_size=[6, 4], test_fraction=0.5)
    white = [image for split in (dataset.train, dataset.test) for image in split.images if image.min() >= 245]
    assert len(white) == 2


def test_modes_are_converted_and_a_photo_is_turned_as_a_viewer_shows_it(pets):
    for index, mode in enumerate(("1", "L", "P", "RGBA", "LA", "CMYK")):
        Image.new("RGB", (4, 6)).convert(mode).save(pets / "cat" / f"mode{index}.{'tif' if mode == 'CMYK' else 'png'}")
    assert prepared(pets, image_size=[6, 4]).train.images.shape[1:] == (3, 6, 4)
    left = Image.new("L", (4, 2))
    left.paste(255, (0, 0, 2, 2))
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held upright: turn by a quarter, so that left becomes up
    for name in ("cat", "dog"):
        shutil.rmtree(pets / name)
        (pets / name).mkdir()
        for index in range(2):
            left.save(pets / name / f"{index}.png", exif=exif)
    images = prepared(pets, image_size=[4, 2], grey=True, test_fraction=0.5).train.images
    assert (images[:, 0, :2] == 255).all()
    assert (images[:, 0, 2:] == 0).all()


def test_train_and_test_folders_are_kept_apart(tmp_path):
    draw_images(tmp_path / "pets/train", 3)
    draw_images(tmp_path / "pets/test", 1)
    dataset = prepared(tmp_path / "pets", image_size=[6, 4])
    assert (dataset.train.labels.tolist(), dataset.test.labels.tolist()) == ([0, 0, 0, 1, 1, 1], [0, 1])
    cat = np.asarray(Image.open(tmp_path / "pets/test/cat/0.png")).transpose(2, 0, 1)
    assert (dataset.test.images[0] == cat).all()


def test_the_same_folder_is_divided_the_same_way_and_hidden_files_do_not_count(pets):
    prepared(pets, image_size=[6, 4])
    before = (pets.parent / "prepared.npz").read_bytes()
    (pets / ".DS_Store").write_bytes(b"left there by a file manager")
    (pets / "cat/._0.png").write_bytes(b"and this too")
    prepared(pets, image_size=[6, 4])
    assert (pets.parent / "prepared.npz").read_bytes() == before


def test_the_origin_of_a_folder_is_one_checksum_of_all_checksums(pets):
    def md5sum() -> tuple[str, str]:
        """As md5sum writes it."""
        files = sorted(str(path.relative_to(pets)) for path in pets.rglob("*.png"))
        lines = [f"{hashlib.md5((pets / file).read_bytes()).hexdigest()}  {file}\n" for file in files]
        return f"{pets} ({len(files)} files)", hashlib.md5("".join(lines).encode()).hexdigest()

    before = prepared(pets, image_size=[6, 4]).origin
    assert before == md5sum()
    (pets / "cat/0.png").rename(pets / "dog/moved.png")
    assert prepared(pets, image_size=[6, 4]).origin == md5sum() != before


def spoil_text(pets):
    (pets / "cat/3.png").write_bytes(b"this is no image")


def spoil_truncated(pets):
    content = (pets / "cat/3.png").read_bytes()
    (pets / "cat/3.png").write_bytes(content[: len(content) // 2])


def spoil_16_bit(pets):
    Image.fromarray(np.full((6, 4), 60_000, np.uint16)).save(pets / "cat/3.png")


def spoil_stray(pets):
    (pets / "cat/notes.txt").write_text("a note")


def spoil_stray_above(pets):
    (pets / "labels.csv").write_text("a,b\n")


def spoil_nested(pets):
    (pets / "cat/more").mkdir()


def spoil_empty_class(pets):
    (pets / "cow").mkdir()


def spoil_one_class(pets):
    shutil.rmtree(pets / "dog")


def spoil_no_class(pets):
    shutil.rmtree(pets)
    pets.mkdir()


def spoil_too_few(pets):
    shutil.rmtree(pets / "dog")
    (pets / "dog").mkdir()
    shutil.copy(pets / "cat/0.png", pets / "dog")
    shutil.copy(pets / "cat/1.png", pets / "dog")
    for index in range(2, 5):
        (pets / f"cat/{index}.png").unlink()


@pytest.mark.parametrize(
    ("spoil", "file", "found"),
    [
        (spoil_text, "pets/cat/3.png", "no readable image (of no known format)"),
        (spoil_truncated, "pets/cat/3.png", "no readable image (image file is truncated"),
        (spoil_16_bit, "pets/cat/3.png", "pixels of more than 8 bits"),
        (spoil_stray, "pets/cat/notes.txt", "a file that is no image"),
        (spoil_stray_above, "pets/labels.csv", "a file; allowed here: a subfolder for each class"),
        (spoil_nested, "pets/cat/more", "a folder"),
        (spoil_empty_class, "pets/cow", "no file"),
        (spoil_one_class, "pets", "cat; allowed: a subfolder for each of at least two"),
        (spoil_no_class, "pets", "no subfolder"),
        (spoil_too_few, "pets", "4 examples, 1 of them for testing (test_fraction 0.2)"),
    ],
)
def test_a_bad_folder_is_refused_with_the_file(pets, spoil, file, found):
    spoil(pets)
    message = refusal_of(pets, image_size=[6, 4])
    assert message.startswith(f"{pets.parent / file}: found {found}")


def test_train_and_test_must_have_the_same_classes(tmp_path):
    draw_images(tmp_path / "pets/train")
    draw_images(tmp_path / "pets/test", classes=("cat", "cow"))
    message = refusal_of(tmp_path / "pets", image_size=[6, 4])
    differ = "dog is missing, cow is new"
    assert message == f"{tmp_path / 'pets/test'}: found other classes than in train ({differ}); allowed: cat, dog"


@pytest.mark.parametrize(("n", "found"), [(1, "one example of lynx"), (2, "no training example of lynx")])
def test_no_class_is_left_without_a_training_example(tmp_path, n, found):
    draw_images(tmp_path / "pets", 20)
    draw_images(tmp_path / "pets", n, classes=("lynx",))
    message = refusal_of(tmp_path / "pets", image_size=[6, 4], test_fraction=0.9)
    assert message.startswith(f"{tmp_path / 'pets'}: found {found}")
