"""Tables and arrays as spreadsheets and programs write them: read rightly, or refused with what to do instead."""

import contextlib
from pathlib import Path

import numpy as np
import pytest
from conftest import HOME
from refusals import refused

from payoff.datasets.numerals import number
from payoff.datasets.prepare import prepare_dataset
from payoff.datasets.splits import PreparedDataset, load
from payoff.errors import UserError
from payoff.study.configuration import configure

STUDIES = HOME / "workflow" / "studies"
ROWS = [(index + 0.5, -index * 0.25, ("low", "high")[index % 2]) for index in range(20)]
NAMES = ("weight", "height", "kind")


def prepared(path: Path, **entry) -> PreparedDataset:
    spec = configure({"datasets": {"mine": {"path": str(path), **entry}}}, "config.yaml", STUDIES).datasets["mine"]
    with contextlib.chdir(path.parent):
        prepare_dataset(spec, None, None, Path("prepared.npz"))
        return load(Path("prepared.npz"))


def refusal_of(path: Path, **entry) -> str:
    with pytest.raises(UserError) as caught:
        prepared(path, **entry)
    return str(caught.value).removeprefix(f"{path}: ")


def written(path: Path, mark: str = ",", decimal: str = ".", names=NAMES, rows=ROWS, **how) -> Path:
    lines = [mark.join(names)] if names else []
    lines += [mark.join(str(field).replace(".", decimal) for field in row) for row in rows]
    path.write_text("\n".join(lines) + "\n", **how)
    return path


def same(one: PreparedDataset, other: PreparedDataset) -> bool:
    pairs = [(one.train, other.train), (one.test, other.test)]
    return one.classes == other.classes and all(
        (a.images == b.images).all() and (a.labels == b.labels).all() for a, b in pairs
    )


@pytest.fixture
def plain(tmp_path) -> PreparedDataset:
    """What each of the files that differ only in their form must give."""
    return prepared(written(tmp_path / "plain.csv"), label="kind")


@pytest.mark.parametrize(
    ("name", "form", "notes"),
    [
        ("a.CSV", {}, []),
        ("a.csv", {"mark": ";"}, ["semicolon"]),
        ("a.csv", {"mark": ";", "decimal": ","}, ["semicolon", "decimal commas"]),
        ("a.tsv", {"mark": "\t"}, ["tab"]),
        ("a.txt", {"mark": "\t", "decimal": ","}, ["tab", "decimal commas"]),
        ("a.txt", {"mark": " "}, ["space"]),
        ("a.txt", {"mark": "|"}, ["bar"]),
        ("a.csv", {"mark": ";", "decimal": ",", "encoding": "utf-16"}, ["semicolon", "decimal commas"]),
        ("a.csv", {"mark": ";", "names": ("sep=;\nweight", *NAMES[1:])}, ["semicolon"]),
        ("a.csv", {"mark": ";", "names": ("weight, kg", "height, m", "kind"), "decimal": ","}, ["semicolon", "commas"]),
        ("a.csv", {"mark": ";", "names": (*NAMES, "", ""), "rows": [(*row, "", "") for row in ROWS]}, ["semicolon"]),
        ("a.csv", {"mark": ";", "rows": [*ROWS, ("", "", ""), (" ", "", "")]}, ["semicolon"]),
    ],
)
def test_the_form_of_a_table_is_found_and_said(tmp_path, plain, name, form, notes):
    dataset = prepared(written(tmp_path / name, **form), label="kind")
    assert same(dataset, plain)
    assert len(dataset.notes) == len(notes)
    assert all(word in note for word, note in zip(notes, dataset.notes, strict=True))


def test_quoted_fields_of_a_comma_table_may_have_decimal_commas(tmp_path, plain):
    quoted = [(f'"{weight}"'.replace(".", ","), f'"{height}"'.replace(".", ","), kind) for weight, height, kind in ROWS]
    lines = [",".join(row) for row in (NAMES, *quoted)]
    (tmp_path / "c.csv").write_text("\n".join(lines))
    dataset = prepared(tmp_path / "c.csv", label="kind")
    assert same(dataset, plain)
    assert dataset.notes == ("its numbers have decimal commas",)


@pytest.mark.parametrize("label", [3, "3"])
def test_a_table_without_a_header_has_numbers_for_names(tmp_path, plain, label):
    path = written(tmp_path / "a.csv", names=())
    dataset = prepared(path, label=label)
    assert same(dataset, plain)
    assert (dataset.features, dataset.notes) == (("1", "2"), ("it has no header, so its columns have numbers from 1",))
    assert "for a table without a header, the number of the column" in refusal_of(path, label="kind")


def test_a_first_line_of_numbers_alone_is_asked_about(tmp_path):
    path = written(tmp_path / "a.csv", names=(), rows=[(1, 5, 3), (2, 6, 4), (1, 7, 3), (2, 8, 5)] * 3)
    assert refusal_of(path, label=3).startswith("line 1: found only numbers; allowed: `header: true`")
    assert len(prepared(path, label=3, header=False, target="number").train) == 9
    assert prepared(path, label=3, header=True, target="number").features == ("1", "5")
    counted = written(tmp_path / "b.csv", names=("0", "1", "2"), rows=[(0.5, 7, 3), (2, 6, 4)] * 5)
    assert prepared(counted, label=2).features == ("0", "1")


@pytest.mark.parametrize(
    ("text", "point", "comma"),
    [
        ("1,5", None, 1.5),
        ("1.5", 1.5, None),
        ("1.234,5", None, 1234.5),
        ("1,234.5", 1234.5, None),
        ("1.234", 1.234, 1234.0),
        ("1.234.567", None, 1234567.0),
        ("0,123", None, 0.123),
        ("\u22123,5", None, -3.5),
        ("1\u00a0234,5", None, 1234.5),
        ("1'234.5", 1234.5, None),
        ("1,5e3", None, 1500.0),
        ("1_000", None, None),
        ("27.11.2026", None, None),
        ("nan", None, None),
        ("", None, None),
    ],
)
def test_numbers_are_read_with_the_mark_of_their_decimals(text, point, comma):
    assert (number(text), number(text, "comma")) == (point, comma)


@pytest.mark.parametrize(
    ("mark", "fields", "found"),
    [
        (";", ("1,5", "2.5"), "'2.5' and, at line 2: height, '1,5'"),
        (";", ("1.234", "2,5"), "'1.234' and, at line 2: weight, '2,5'"),
        ("\t", ("1,234", "7"), "'1,234', which may be a thousand and more, or have three decimals"),
        (",", ('"1,234"', "7"), "'1,234', which may be a thousand and more, or have three decimals"),
    ],
)
def test_numbers_that_can_be_read_in_two_ways_are_refused_until_it_is_said(tmp_path, mark, fields, found):
    rows = [(*fields[::-1], "a"), (*fields, "b"), (*fields, "a"), (*fields, "b")] * 3
    path = written(tmp_path / "a.csv", mark, names=("height", "weight", "kind"), rows=rows)
    message = refusal_of(path, label="kind")
    assert "`decimal: comma` or `decimal: point`" in message
    assert found.split("'")[1] in message
    if "2.5" not in fields:
        features = prepared(path, label="kind", decimal="comma").train.images
        assert features.max() == (1234 if "1.234" in fields else 7)


def test_columns_are_left_out_or_chosen(tmp_path, plain):
    rows = [(index, *row) for index, row in enumerate(ROWS)]
    path = written(tmp_path / "a.csv", names=("id", *NAMES), rows=rows)
    assert prepared(path, label="kind").features == ("id", "weight", "height")
    assert same(prepared(path, label="kind", ignore=["id"]), plain)
    assert same(prepared(path, label="kind", features=["weight", "height"]), plain)
    assert prepared(path, label="kind", features=["height", "id"]).features == ("height", "id")
    allowed = "as `ignore`, some of height, id, kind, weight (did you mean id?)"
    for name in ("idd", "ID"):
        assert refusal_of(path, label="kind", ignore=[name]) == f"line 1: found no column {name!r}; allowed: {allowed}"
    indexed = written(tmp_path / "b.csv", names=("", *NAMES), rows=rows)
    assert "`ignore: ['']` leaves it out" in refusal_of(indexed, label="kind")
    assert same(prepared(indexed, label="kind", ignore=[""]), plain)


def test_a_text_column_is_one_line_that_says_how_to_leave_it_out(tmp_path):
    rows = [(f"Ann {index}", *row) for index, row in enumerate(ROWS)]
    rows[3] = (rows[3][0], "", *rows[3][2:])
    name, weight = refusal_of(written(tmp_path / "a.csv", names=("name", *NAMES), rows=rows), label="kind").split("\n")
    assert name.startswith(
        "line 2: name: found 'Ann 0' (and 19 more like it: line 3, line 4, line 5, line 6, line 7 and"
    )
    assert name.endswith("allowed: a finite number; `ignore: [name]` leaves the column out")
    assert weight.split(": ", 1)[1].startswith("line 5: weight: found no value")


def test_a_test_table_has_the_same_columns_in_any_order(tmp_path):
    train = written(tmp_path / "train.csv", names=("id", *NAMES), rows=[(9, *row) for row in ROWS])
    test = written(tmp_path / "test.csv", ";", ",", ("kind", *NAMES[:2]), [(row[2], *row[:2]) for row in ROWS[:5]])
    dataset = prepared(train, label="kind", test=str(test), ignore=["id"])
    assert (len(dataset.train), len(dataset.test)) == (20, 5)
    assert dataset.test.images[:, 0, 0].tolist() == [list(row[:2]) for row in ROWS[:5]]
    assert dataset.origin.source == f"{train}, {test}"
    written(test, names=("kind", "weight"), rows=[("low", 1), ("odd", 2)])
    assert "no column 'height'" in refusal_of(train, label="kind", test=str(test), ignore=["id"])
    written(test, names=("kind", *NAMES[:2]), rows=[("low", 1, 1), ("odd", 2, 2), ("odd", 2, 2)])
    found = refusal_of(train, label="kind", test=str(test), ignore=["id"])
    assert "line 3: found the label 'odd', which no training example has (and 1 more like it: line 4)" in found


@pytest.mark.parametrize(
    ("labels", "classes"),
    [
        (["1", "1.0", "2", "2.00"], ("1", "2")),
        (["1.0", "10.0", "2.0", "2"], ("1", "2", "10")),
        (["01", "1", "02", "2"], ("1", "2")),
        (["01", "02"], ("01", "02")),
        (["2.5", "2.50", "3"], ("2.5", "3")),
        (["caf\u00e9", "cafe\u0301", "tea"], ("caf\u00e9", "tea")),
        (["9007199254740992", "9007199254740993"], ("9007199254740992", "9007199254740993")),
        (["1", "1.0", "n/a"], ("1", "n/a")),
        (['"1,0"', "1", '"2,0"', "2"], ("1", "2")),
    ],
)
def test_labels_that_are_equal_are_one_class(tmp_path, labels, classes):
    rows = [(index, labels[index % len(labels)]) for index in range(24)]
    assert prepared(written(tmp_path / "a.csv", names=("x", "y"), rows=rows), label="y").classes == classes


@pytest.mark.parametrize(
    "values",
    [
        1_732_752_000_000 + np.arange(20),  # timestamps in ms
        1_732_752_000 + 60.0 * np.arange(20),  # in s, a minute apart
        np.where(np.arange(20) == 7, 0, 1_732_752_000_000 + np.arange(20)),  # one is missing
        16_777_216 + np.arange(20) % 2,
        1e6 + np.arange(20) * 1e-3,
    ],
)
def test_values_that_float32_cannot_tell_apart_are_refused(tmp_path, values):
    rows = [(repr(value.item()), 1.5, index % 2) for index, value in enumerate(values)]
    message = refusal_of(written(tmp_path / "a.csv", names=("time", "b", "y"), rows=rows), label="y")
    assert message.startswith("column time: found ")
    assert "float32 keeps" in message
    features = np.column_stack([values, values * 0 + 1])
    np.savez(tmp_path / "a.npz", X=features, y=np.arange(20) % 2)
    assert "X: number 0 of each example: found" in refusal_of(tmp_path / "a.npz")


def test_measurements_with_more_digits_than_float32_has_are_rounded(tmp_path):
    draw = np.random.default_rng(0)
    features = np.column_stack([draw.normal(101_325, 500, 5000), draw.random(5000), draw.normal(1013, 5, 5000)])
    np.savez(tmp_path / "a.npz", X=features, y=np.arange(5000) % 2)
    assert len(prepared(tmp_path / "a.npz").train) == 4000


N = 20
Y = np.arange(N) % 2
GREY = np.random.default_rng(0).integers(0, 256, (N, 28, 28), np.uint8)
COLOUR = np.random.default_rng(1).integers(0, 256, (N, 12, 10, 3), np.uint8)


@pytest.mark.parametrize(
    ("arrays", "entry", "shape", "note"),
    [
        ({"X": GREY, "y": Y}, {}, (1, 28, 28), "images of 28 by 28 pixels with one channel"),
        ({"X": GREY / 255, "y": Y}, {}, (1, 28, 28), "images of 28 by 28"),
        ({"images": GREY[:, :20] / 255, "labels": Y}, {}, (1, 20, 28), "images of 20 by 28"),
        ({"data": GREY.reshape(N, -1), "target": Y}, {"shape": [28, 28]}, (1, 28, 28), "data and target"),
        ({"X": COLOUR, "y": Y}, {}, (3, 12, 10), "images of 12 by 10"),
        ({"X": COLOUR.transpose(0, 3, 1, 2), "y": Y}, {}, (3, 12, 10), "images of 12 by 10"),
        ({"X": COLOUR, "y": Y}, {"shape": [3, 12, 10]}, (3, 12, 10), ""),
        ({"X": COLOUR.reshape(N, -1) / 2, "y": Y}, {"shape": [3, 1, 120]}, (3, 1, 120), ""),
        ({"x": GREY[:, :3] / 255, "y": Y}, {}, (3, 1, 28), "signals of 3 channels, 28 long"),
    ],
)
def test_the_axes_of_arrays_are_understood_and_it_is_said(tmp_path, arrays, entry, shape, note):
    np.savez(tmp_path / "a.npz", **arrays)
    dataset = prepared(tmp_path / "a.npz", **entry)
    assert dataset.train.images.shape[1:] == shape
    assert any(note in told for told in dataset.notes)
    source = next(array for name, array in arrays.items() if name not in ("y", "labels", "target"))
    assert dataset.train.images.dtype == (np.uint8 if source.dtype == np.uint8 and shape[1] > 1 else np.float32)
    if shape == (3, 12, 10):
        known = {image.tobytes() for image in COLOUR.transpose(0, 3, 1, 2)}
        assert {image.tobytes() for image in dataset.test.images} <= known


@pytest.mark.parametrize(
    "array", [np.ones((N, 20, 24)), np.ones((N, 50, 3)), np.ones((N, 3, 9, 3)), np.ones((N, 5, 9, 7))]
)
def test_axes_that_may_mean_several_things_are_asked_about(tmp_path, array):
    np.savez(tmp_path / "a.npz", X=array, y=Y)
    assert "`shape: [channels, height, width]` in the entry" in refusal_of(tmp_path / "a.npz")
    channels, *rest = array.shape[1:]
    shape = [channels, *([1] if len(rest) == 1 else []), *rest]
    assert prepared(tmp_path / "a.npz", shape=shape).train.images.shape[1:] == tuple(shape)


@pytest.mark.parametrize(
    "names",
    [
        ("x_train", "y_train", "x_test", "y_test"),
        ("X_train", "y_train", "X_test", "y_test"),
        ("train_images", "train_labels", "test_images", "test_labels"),
        ("trainX", "trainY", "testX", "testY"),
        ("xtr", "ytr", "xte", "yte"),
        ("Xtrain", "Ytrain", "Xtest", "Ytest"),
    ],
)
def test_arrays_have_their_usual_names(tmp_path, names):
    x = np.arange(60.0).reshape(30, 2)
    arrays = dict(zip(names, (x[:20], Y, x[20:], Y[:10]), strict=True))
    np.savez(tmp_path / "a.npz", **arrays, ids=np.arange(30))
    dataset = prepared(tmp_path / "a.npz")
    assert (dataset.train.images[:, 0, 0] == x[:20]).all()
    assert (dataset.test.images[:, 0, 0] == x[20:]).all()


def test_parts_that_do_not_fit_each_other_are_refused_and_none_is_left_out_unsaid(tmp_path):
    x = np.arange(40.0).reshape(20, 2)
    for test in (x.reshape(10, 4), GREY[:10] / 255):
        np.savez(tmp_path / "a.npz", x_train=x, y_train=Y, x_test=test, y_test=Y[:10])
        assert "allowed: the same for training and testing" in refusal_of(tmp_path / "a.npz")
    np.savez(tmp_path / "a.npz", x_train=GREY, y_train=Y, x_test=GREY / 255, y_test=Y)
    assert "x_train with examples of uint8 (1, 28, 28), x_test with" in refusal_of(tmp_path / "a.npz")
    np.savez(tmp_path / "a.npz", x=x, y=Y, x_test=x[:6], y_test=Y[:6])
    assert len(prepared(tmp_path / "a.npz").test) == 6
    np.savez(tmp_path / "a.npz", x_train=x, y_train=Y, x_test=x[:6])
    assert "missing labels for test" in refusal_of(tmp_path / "a.npz")


def test_channels_may_be_the_last_axis_of_signals(tmp_path):
    signals = np.random.default_rng(0).normal(size=(N, 50, 3)).astype(np.float32)
    np.savez(tmp_path / "a.npz", X=signals, y=Y)
    dataset = prepared(tmp_path / "a.npz", shape=[3, 1, 50])
    known = {signal.T.tobytes() for signal in signals}
    assert all(image[:, 0].tobytes() in known for image in dataset.train.images)
    assert "channels first or last" in refusal_of(tmp_path / "a.npz", shape=[2, 1, 75])


def test_a_target_that_float32_cannot_tell_apart_is_refused(tmp_path):
    rows = [(index, 1_732_752_000_000 + index) for index in range(20)]
    path = written(tmp_path / "a.csv", names=("x", "y"), rows=rows)
    assert refusal_of(path, label="y", target="number").startswith("label: found 20 values such as 1732752000000 and")


def test_what_a_validation_part_is_used_for_is_said(tmp_path):
    x = np.arange(40.0).reshape(20, 2)
    parts = {f"x_{part}": x for part in ("train", "val", "test")} | {
        f"y_{part}": Y for part in ("train", "val", "test")
    }
    np.savez(tmp_path / "a.npz", **parts)
    dataset = prepared(tmp_path / "a.npz")
    assert len(dataset.test) == 20
    assert any("validation part is left out" in note for note in dataset.notes)
    np.savez(tmp_path / "a.npz", x_train=x, y_train=Y, x_val=x[:6], y_val=Y[:6])
    dataset = prepared(tmp_path / "a.npz")
    assert len(dataset.test) == 6
    assert any("used for testing" in note for note in dataset.notes)


def test_two_arrays_that_may_be_the_features_are_asked_about(tmp_path):
    np.savez(tmp_path / "a.npz", data=GREY.reshape(N, -1), images=GREY, target=Y)
    assert refusal_of(tmp_path / "a.npz").endswith(
        "found data, images; allowed: one of them, stated by `features: data`"
    )
    assert prepared(tmp_path / "a.npz", features="images").train.images.shape[1:] == (1, 28, 28)
    np.savez(tmp_path / "a.npz", spectra=GREY.reshape(N, -1), sort=Y)
    assert len(prepared(tmp_path / "a.npz", features="spectra", labels="sort").train) == 16
    assert "no array 'spectre'; allowed: as `features`" in refusal_of(tmp_path / "a.npz", features="spectre")


@pytest.mark.parametrize(
    ("labels", "classes"),
    [
        (Y.astype(float), ("0", "1")),
        (Y[:, np.newaxis], ("0", "1")),
        (np.eye(2)[Y], ("0", "1")),
        (Y.astype(bool), ("False", "True")),
        (np.array([b"no", b"yes"])[Y], ("no", "yes")),
    ],
)
def test_labels_of_arrays_come_in_several_types(tmp_path, labels, classes):
    np.savez(tmp_path / "a.npz", X=GREY[:, 0].astype(float), y=labels)
    assert prepared(tmp_path / "a.npz").classes == classes


@pytest.mark.parametrize(
    "objects", [{"X": np.array([[1, 2], [3]] * 10, object)}, {"y": np.array(["a", "b"] * 10, object)}]
)
def test_arrays_of_objects_are_refused_with_what_to_do(tmp_path, objects):
    np.savez(tmp_path / "a.npz", **({"X": np.ones((N, 2)), "y": Y} | objects))
    message = refusal_of(tmp_path / "a.npz")
    assert message.startswith(f"found Python objects in {next(iter(objects))}, ")
    assert "np.stack" in message


@pytest.mark.parametrize(
    ("entry", "key", "allowed"),
    [
        ({"path": "a.xlsx", "label": "kind"}, "path", "the sheet saved as CSV"),
        ({"path": "a.npy"}, "path", "a .npz, by numpy.savez"),
        ({"path": "A.csv", "label": "kind"}, "path", "did you mean a.csv?"),
        ({"path": "a.csv", "label": "kind", "test": "b.csv"}, "test", "an existing .csv"),
        ({"path": "a.csv", "label": "kind", "test": "a.csv", "test_fraction": 0.5}, "test_fraction", "either"),
        ({"path": "a.csv", "label": "kind", "ignore": ["id"], "features": ["x"]}, "ignore", "either"),
        ({"path": "a.csv", "label": "kind", "features": ["kind"]}, "features", "columns other than the label"),
        ({"path": "a.csv", "label": "kind", "unit": "kg"}, "unit", "beside `target: number`"),
        ({"path": "a.csv", "label": "kind", "encoding": "excel"}, "encoding", "cp1252"),
        ({"path": "a.csv", "label": "kind", "separator": ";"}, "separator", "semicolon"),
    ],
)
def test_a_wrong_entry_of_a_table_is_named(tmp_path, monkeypatch, entry, key, allowed):
    monkeypatch.chdir(tmp_path)
    for name in ("a.csv", "a.xlsx", "a.npy"):
        Path(name).write_text("kind,id,x\n")
    with refused(f"config.yaml: datasets.mine.{key}: ", allowed):
        configure({"datasets": {"mine": entry}}, "config.yaml", STUDIES)


def test_a_table_of_an_older_excel_is_read_when_its_encoding_is_said(tmp_path):
    path = written(tmp_path / "a.csv", ";", ",", ("größe", "höhe", "kind"), encoding="cp1252")
    assert "line 1: found no UTF-8 text" in refusal_of(path, label="kind")
    assert prepared(path, label="kind", encoding="cp1252").features == ("größe", "höhe")


def test_a_path_may_begin_at_home(tmp_path, monkeypatch, plain):
    monkeypatch.setenv("HOME", str(tmp_path))
    written(tmp_path / "a.csv")
    spec = configure({"datasets": {"mine": {"path": "~/a.csv", "label": "kind"}}}, "config.yaml", STUDIES).datasets[
        "mine"
    ]
    assert spec.path == str(tmp_path / "a.csv")
