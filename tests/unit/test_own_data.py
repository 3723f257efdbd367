"""A user's own data: real files, good and bad, from config.yaml to the prepared data set."""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import HOME
from drawn_images import draw_images
from PIL import Image
from refusals import refused

from payoff.datasets.own import own_files
from payoff.datasets.prepare import prepare_dataset
from payoff.datasets.splits import PreparedDataset, load, load_origin
from payoff.errors import UserError
from payoff.files.contracts import ContractError
from payoff.study.configuration import configure

STUDIES = HOME / "workflow" / "studies"


def spec_of(**entry):
    return configure({"datasets": {"mine": entry}}, "config.yaml", STUDIES).datasets["mine"]


def prepared(path: Path, **entry) -> PreparedDataset:
    output = path.parent / "prepared.npz"
    prepare_dataset(spec_of(path=str(path), **entry), None, None, output)
    return load(output)


def refusal_of(path: Path, **entry) -> str:
    """What is said of data that are refused; nothing is left behind."""
    with pytest.raises(UserError) as caught:
        prepared(path, **entry)
    assert not (path.parent / "prepared.npz").exists()
    message = str(caught.value)
    assert len(message.splitlines()) == 1
    return message


# Folders of images


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


# Tables

CSV = "weight,height,kind\n" + "".join(f"{i}.5,{-i},{'cat' if i % 2 else 'dog'}\n" for i in range(20))


@pytest.fixture
def table(tmp_path) -> Path:
    (tmp_path / "mine.csv").write_text(CSV)
    return tmp_path / "mine.csv"


def test_a_csv_with_classes(table):
    dataset = prepared(table, label="kind")
    assert dataset.classes == ("cat", "dog")
    assert dataset.train.images.shape == (16, 1, 1, 2)
    assert dataset.test.images.shape == (4, 1, 1, 2)
    assert dataset.train.images.dtype == np.float32
    assert dataset.train.labels.dtype == np.int64
    assert sorted(dataset.test.labels) == [0, 0, 1, 1]
    assert dataset.max_value == abs(dataset.train.images).max()
    assert dataset.origin == (str(table), hashlib.md5(table.read_bytes()).hexdigest())
    assert load_origin(table.parent / "prepared.npz") == dataset.origin
    for split in (dataset.train, dataset.test):
        weights, heights = split.images[:, 0, 0].T
        assert (weights - 0.5 == -heights).all()
        assert (split.labels == 1 - weights // 1 % 2).all()


def test_a_prepared_file_of_an_earlier_version_is_still_read(table):
    """It has no MD5 apart from the words."""
    dataset, path = prepared(table, label="kind"), table.parent / "prepared.npz"
    with np.load(path) as arrays:
        np.savez(path, **{name: array for name, array in arrays.items() if name != "md5"})
    earlier = load(path)
    assert (earlier.train.images == dataset.train.images).all()
    assert earlier.origin == load_origin(path) == (str(table), "")


def test_a_csv_is_what_pandas_writes_and_reads(tmp_path):
    frame = pd.DataFrame(np.random.default_rng(0).standard_normal((30, 7)), columns=list("abcdefg"))
    frame.insert(3, "a name, quoted", [10, 2, 33] * 10)
    frame.to_csv(tmp_path / "mine.csv", index=False)
    dataset = prepared(tmp_path / "mine.csv", label="a name, quoted")
    assert dataset.classes == ("2", "10", "33")  # in the order of numbers
    known = {
        row.tobytes(): label
        for row, label in zip(
            frame.drop(columns="a name, quoted").to_numpy(np.float32), frame["a name, quoted"].astype(str), strict=True
        )
    }
    found = {
        image.tobytes(): dataset.classes[label]
        for split in (dataset.train, dataset.test)
        for image, label in zip(split.images, split.labels, strict=True)
    }
    assert found == known


def test_a_csv_with_numbers_as_labels(table):
    table.write_text("\n".join(line.rpartition(",")[0] for line in CSV.splitlines()))  # weight, height
    dataset = prepared(table, label="height", target="number", test_fraction=0.3)
    assert dataset.classes == ()
    assert (dataset.train.labels.shape, dataset.test.labels.shape) == ((14, 1), (6, 1))
    assert dataset.train.labels.dtype == np.float32
    assert (dataset.train.images[:, 0, 0, 0] - 0.5 == -dataset.train.labels[:, 0]).all()


def test_a_csv_may_have_a_byte_order_mark_empty_lines_and_windows_line_ends(table):
    prepared(table, label="kind")
    plain = load(table.parent / "prepared.npz")
    table.write_bytes(b"\xef\xbb\xbf" + CSV.replace("dog\n", "dog\n\n").replace("\n", "\r\n").encode())
    dataset = prepared(table, label="kind")
    assert (dataset.train.images == plain.train.images).all()
    assert (dataset.test.labels == plain.test.labels).all()


LINES = CSV.splitlines()


@pytest.mark.parametrize(
    ("line", "becomes", "place", "found"),
    [
        (7, "5.5,,cat", "line 7: height", "no value"),
        (7, "5.5,  ,cat", "line 7: height", "no value"),
        (7, "5.5,NA,cat", "line 7: height", "'NA'"),
        (7, "5.5,nan,cat", "line 7: height", "'nan'"),
        (7, "heavy,-5,cat", "line 7: weight", "'heavy'"),
        (7, "True,-5,cat", "line 7: weight", "'True'"),
        (7, "5.5,inf,cat", "line 7: height", "'inf'"),
        (7, "5.5,-1e39,cat", "line 7: height", "'-1e39'"),  # more than float32 holds
        (7, "5.5,cat", "line 7", "2 fields; allowed: 3"),
        (7, "5.5,-5,cat,", "line 7", "4 fields; allowed: 3"),
        (2, "0.5,0,dog,1", "line 2", "4 fields; allowed: 3"),
        (21, "19.5,-19", "line 21", "2 fields; allowed: 3"),
        (7, "5.5,-5,cow", "line 7", "the only example of 'cow'"),
        (7, "5.5,-5,", "line 7", "no label"),
        (7, '5.5,-5,"cat', "line 21", "no valid CSV"),
        (7, '\n\n"5.\n5",-5,cat', "line 10: weight", "'5.\\n5'"),  # lines are counted as an editor does
        (1, "weight,height,sort", "line 1", "no column 'kind'; allowed: as `label`, one of height, sort, weight"),
        (1, ",height,kind", "line 1", "a column without a name"),
        (1, "height,height,kind", "line 1", "two columns of one name"),
        (1, "weight,height,kind,", "line 2", "3 fields (and 19 more like it: line 3, line 4, line 5"),
    ],
)
def test_a_bad_row_is_refused_with_its_line(table, line, becomes, place, found):
    table.write_text("\n".join([*LINES[: line - 1], becomes, *LINES[line:]]) + "\n")
    message = refusal_of(table, label="kind")
    assert message.startswith(f"{table}: {place}: found {found}")
    assert "allowed: " in message


@pytest.mark.parametrize(
    ("content", "entry", "message"),
    [
        (b"", {}, "line 1: found no column 'kind'"),
        (b"weight,kind\n", {}, "found no row"),
        (b"kind\na\na\nb\nb\n", {}, "line 1: found one column"),
        (b"weight,kind\n1,a\n2,a\n", {}, "found only the label 'a'"),
        (b"weight,kind\n1,a\n2,\xe9\n", {}, "line 3: found no UTF-8 text"),
        (b"weight,kind\n1,2.5\n2,tall\n", {"target": "number"}, "line 3: label: found 'tall'"),
        (b"weight,kind\n1,2.5\n2,\n", {"target": "number"}, "line 3: label: found no value"),
        (b"weight,kind\n1,2.5\n", {"target": "number"}, "found 1 example, 1 of them for testing"),
        (b"weight,kind\n" + b"0,a\n0,b\n" * 9, {}, "found no feature but 0"),
        (b"weight,kind\n" + b"1,a\n2,b\n" * 2, {}, "found 4 examples, 1 of them for testing (test_fraction 0.2)"),
        (b"weight,kind\n" + b"1,2.5\n2,3.5\n" + b"3,4.5\n", {}, "line 2: found the only example of '2.5'"),
    ],
)
def test_a_bad_csv_is_refused(table, content, entry, message):
    table.write_bytes(content)
    assert refusal_of(table, label="kind", **entry).startswith(f"{table}: {message}")


def save(path: Path, **arrays) -> Path:
    np.savez(path, **arrays)
    return path


FEATURES = np.random.default_rng(0).standard_normal((20, 3, 50))
LABELS = np.arange(20) % 2


def test_an_npz_of_signals_keeps_their_channels(tmp_path):
    dataset = prepared(save(tmp_path / "mine.npz", features=FEATURES, labels=LABELS))
    assert dataset.classes == ("0", "1")
    assert dataset.train.images.shape == (16, 3, 1, 50)
    assert dataset.train.images.dtype == np.float32
    known = {signal.tobytes(): label for signal, label in zip(FEATURES.astype(np.float32), LABELS, strict=True)}
    assert all(known[image.tobytes()] == label for image, label in zip(*vars(dataset.train).values(), strict=True))
    assert dataset.max_value == abs(dataset.train.images).max()


def test_an_npz_of_rows_has_one_channel_and_classes_may_be_texts(tmp_path):
    labels = np.array(["water", "land"])[LABELS]
    dataset = prepared(save(tmp_path / "mine.npz", features=np.arange(80).reshape(20, 4), labels=labels))
    assert dataset.classes == ("land", "water")
    assert dataset.train.images.shape == (16, 1, 1, 4)


def test_an_npz_with_numbers_as_labels(tmp_path):
    heights = FEATURES.mean(axis=(1, 2))
    dataset = prepared(save(tmp_path / "mine.npz", features=FEATURES, labels=heights), target="number")
    assert dataset.classes == ()
    assert (dataset.test.labels.shape, dataset.test.labels.dtype) == ((4, 1), np.float32)
    assert dataset.test.labels[:, 0] == pytest.approx(dataset.test.images.mean(axis=(1, 2, 3)), abs=1e-6)


def with_value(value: float) -> np.ndarray:
    features = FEATURES.copy()
    features[13, 1, 7] = value
    return features


@pytest.mark.parametrize(
    ("arrays", "entry", "message"),
    [
        ({"features": with_value(np.nan)}, {}, "row 13: features: found nan"),
        ({"features": with_value(-np.inf)}, {}, "row 13: features: found -inf"),
        ({"features": with_value(1e39)}, {}, "row 13: features: found inf"),
        ({"labels": np.where(np.arange(20) == 6, 9, LABELS)}, {}, "row 6: found the only example of '9'"),
        ({"labels": np.where(np.arange(20) == 6, "", "a")}, {}, "row 6: found no label"),
        ({"labels": np.where(np.arange(20) == 6, np.nan, LABELS)}, {"target": "number"}, "row 6: label: found 'nan'"),
        ({"labels": np.array(["a", "b"])[LABELS]}, {"target": "number"}, "found labels of <U1"),
        ({"labels": LABELS * 0.5}, {}, "found labels of float64; allowed: whole numbers or texts, or `target: number`"),
        ({"labels": LABELS[:-1]}, {}, "found labels of shape (19,); allowed: (20,)"),
        ({"labels": np.zeros((20, 2))}, {}, "found labels of shape (20, 2); allowed: (20,)"),
        ({"features": FEATURES[:, 0, 0]}, {}, "found features of shape (20,)"),
        ({"features": FEATURES[:, :, :0]}, {}, "found features of shape (20, 3, 0)"),
        ({"features": FEATURES[:0], "labels": LABELS[:0]}, {}, "found features of shape (0, 3, 50)"),
        ({"features": FEATURES.astype(str)}, {}, "found features of <U"),
        ({"features": FEATURES.astype(object)}, {}, "found Python objects in features, which could run code"),
    ],
)
def test_a_bad_npz_is_refused(tmp_path, arrays, entry, message):
    path = save(tmp_path / "mine.npz", **({"features": FEATURES, "labels": LABELS} | arrays))
    assert refusal_of(path, **entry).startswith(f"{path}: {message}")


def test_an_npz_that_is_none_or_lacks_an_array_is_refused(tmp_path):
    path = save(tmp_path / "mine.npz", waves=FEATURES, labels=LABELS)
    assert refusal_of(path).startswith(f"{path}: missing features; found waves, labels; allowed: features, x, ")
    path = save(tmp_path / "mine.npz", features=FEATURES, labels=LABELS)
    content = path.read_bytes()
    np.save(tmp_path / "single.npy", FEATURES)
    spoilt = content[:500] + bytes(200) + content[700:]  # a checksum inside fails
    for other in (b"", b"this is no archive", content[:200], spoilt, (tmp_path / "single.npy").read_bytes()):
        path.write_bytes(other)
        assert refusal_of(path).startswith(f"{path}: found no readable .npz")


# Entries in config.yaml


@pytest.fixture
def here(tmp_path, monkeypatch) -> Path:
    """A working directory with one of each kind."""
    monkeypatch.chdir(tmp_path)
    draw_images(tmp_path / "pets")
    (tmp_path / "mine.csv").write_text(CSV)
    save(tmp_path / "mine.npz", features=FEATURES, labels=LABELS)
    return tmp_path


def test_the_defaults(here):
    pets = spec_of(path="pets", image_size=[6, 4])
    assert pets.title == "mine"
    assert pets.options == {"image_size": [6, 4], "grey": False, "test_fraction": 0.2}
    table = spec_of(path="mine.csv", label="kind", title="My pets")
    assert table.title == "My pets"
    assert table.options == {"label": "kind", "target": "class", "test_fraction": 0.2}
    assert spec_of(path="mine.npz").options == {"target": "class", "test_fraction": 0.2}
    assert spec_of(path="mine.npz", target="number").classes == ()


@pytest.mark.parametrize(
    ("name", "entry", "key", "found", "allowed"),
    [
        ("Pets", {"path": "pets", "image_size": [6, 4]}, "datasets", "'Pets'", "a text like ^[a-z]"),
        ("mnist", {"path": "pets", "image_size": [6, 4]}, "datasets", "'mnist'", "no built-in data set has"),
        ("mine", "pets", "datasets.mine", "'pets'", "keys with values"),
        ("mine", {"image_size": [6, 4]}, "datasets.mine", "missing path", "found image_size"),
        ("mine", {"path": "pets"}, "datasets.mine", "missing image_size", "found path"),
        ("mine", {"path": "pest", "image_size": [6, 4]}, "datasets.mine.path", "'pest'", "an existing folder"),
        ("mine", {"path": "pets/cat/0.png", "image_size": [6, 4]}, "datasets.mine.path", "0.png", "an existing .csv"),
        ("mine", {"path": "yours.csv", "label": "kind"}, "datasets.mine.path", "'yours.csv'", "an existing .csv"),
        ("mine", {"path": 3, "label": "kind"}, "datasets.mine.path", "3", "a text"),
        ("mine", {"path": "pets", "image_size": [6]}, "datasets.mine.image_size", "[6]", "[height, width]"),
        ("mine", {"path": "pets", "image_size": [6, 4, 3]}, "datasets.mine.image_size", "[6, 4, 3]", "[height, width]"),
        ("mine", {"path": "pets", "image_size": [6, 0]}, "datasets.mine.image_size.1", "0", "at least 1"),
        ("mine", {"path": "pets", "image_size": 6}, "datasets.mine.image_size", "6", "a list"),
        ("mine", {"path": "pets", "image_size": [6, 4], "gray": True}, "datasets.mine.gray", "unknown", "mean grey?"),
        ("mine", {"path": "pets", "image_size": [6, 4], "label": "x"}, "datasets.mine.label", "unknown key", "grey"),
        ("mine", {"path": "mine.csv"}, "datasets.mine", "missing label", "found path"),
        ("mine", {"path": "mine.csv", "label": "kind", "grey": True}, "datasets.mine.grey", "unknown key", "label"),
        ("mine", {"path": "mine.npz", "label": "kind"}, "datasets.mine.label", "unknown key", "target"),
        ("mine", {"path": "mine.npz", "target": "clas"}, "datasets.mine.target", "'clas'", "class, number"),
        ("mine", {"path": "mine.npz", "test_fraction": 0}, "datasets.mine.test_fraction", "0", "more than 0"),
        ("mine", {"path": "mine.npz", "test_fraction": 1}, "datasets.mine.test_fraction", "1", "less than 1"),
    ],
)
def test_a_wrong_entry_is_named(here, name, entry, key, found, allowed):
    with refused(f"config.yaml: {key}: ", found, allowed):
        configure({"datasets": {name: entry}}, "config.yaml", STUDIES)


def test_a_study_may_name_it_and_a_misspelling_is_answered_with_it(here):
    study = STUDIES / "quick.yaml"
    (here / "mine.yaml").write_text(study.read_text().replace("[digits]", "[pets]").replace("{digits:", "{pets:"))
    entries = {"pets": {"path": "pets", "image_size": [6, 4]}}
    settings = configure({"study": "mine.yaml", "datasets": entries}, "config.yaml", STUDIES)
    assert settings.study.grids[0].datasets == ("pets",)
    assert {"pets", "digits", "mnist"} <= set(settings.datasets)
    (here / "mine.yaml").write_text(study.read_text().replace("[digits]", "[pest]"))
    with pytest.raises(ContractError, match=r"mine\.yaml: grids\.0\.datasets\.0: found 'pest'.*did you mean pets\?"):
        configure({"study": "mine.yaml", "datasets": entries}, "config.yaml", STUDIES)


def test_planning_reads_no_data_and_imports_nothing_heavy(here):
    """Data that cannot be read are not looked at before the job that prepares them."""
    shutil.rmtree(here / "pets/cat")
    (here / "pets/notes.txt").write_text("a note")
    (here / "mine.npz").write_bytes(b"")
    statements = """
import sys
from pathlib import Path
from payoff.study.configuration import configure
from payoff.datasets.own import own_files
entries = {"pets": {"path": "pets", "image_size": [6, 4]}, "numbers": {"path": "mine.npz"}}
settings = configure({"datasets": entries}, "config.yaml", Path(sys.argv[1]))
print(*(file for name in entries for file in own_files(settings.datasets[name])))
print(*{"numpy", "pandas", "PIL", "sklearn", "torch"} & set(sys.modules))
"""
    done = subprocess.run(
        [sys.executable, "-c", statements, str(STUDIES)], capture_output=True, text=True, check=True, cwd=here
    )
    files, heavy = done.stdout.splitlines()
    assert files.split() == [*(f"pets/dog/{index}.png" for index in range(5)), "pets/notes.txt", "mine.npz"]
    assert heavy == ""
    assert own_files(configure({}, "config.yaml", STUDIES).datasets["digits"]) == []
