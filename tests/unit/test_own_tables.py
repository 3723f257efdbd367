"""Tables as spreadsheets and programs write them: read rightly, or refused with what to do instead."""

from pathlib import Path

import numpy as np
import pytest
from own_data import STUDIES, prepared, refusals_of

from payoff.datasets.numerals import number
from payoff.datasets.splits import PreparedDataset
from payoff.study.configuration import configure

ROWS = [(index + 0.5, -index * 0.25, ("low", "high")[index % 2]) for index in range(20)]
NAMES = ("weight", "height", "kind")


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
    assert "for a table without a header, the number of the column" in refusals_of(path, label="kind")


def test_a_first_line_of_numbers_alone_is_asked_about(tmp_path):
    path = written(tmp_path / "a.csv", names=(), rows=[(1, 5, 3), (2, 6, 4), (1, 7, 3), (2, 8, 5)] * 3)
    assert refusals_of(path, label=3).startswith("line 1: found only numbers; allowed: `header: true`")
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
    message = refusals_of(path, label="kind")
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
        assert refusals_of(path, label="kind", ignore=[name]) == f"line 1: found no column {name!r}; allowed: {allowed}"
    indexed = written(tmp_path / "b.csv", names=("", *NAMES), rows=rows)
    assert "`ignore: ['']` leaves it out" in refusals_of(indexed, label="kind")
    assert same(prepared(indexed, label="kind", ignore=[""]), plain)


def test_a_text_column_is_one_line_that_says_how_to_leave_it_out(tmp_path):
    rows = [(f"Ann {index}", *row) for index, row in enumerate(ROWS)]
    rows[3] = (rows[3][0], "", *rows[3][2:])
    name, weight = refusals_of(written(tmp_path / "a.csv", names=("name", *NAMES), rows=rows), label="kind").split("\n")
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
    assert "no column 'height'" in refusals_of(train, label="kind", test=str(test), ignore=["id"])
    written(test, names=("kind", *NAMES[:2]), rows=[("low", 1, 1), ("odd", 2, 2), ("odd", 2, 2)])
    found = refusals_of(train, label="kind", test=str(test), ignore=["id"])
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
    message = refusals_of(written(tmp_path / "a.csv", names=("time", "b", "y"), rows=rows), label="y")
    assert message.startswith("column time: found ")
    assert "float32 keeps" in message
    features = np.column_stack([values, values * 0 + 1])
    np.savez(tmp_path / "a.npz", X=features, y=np.arange(20) % 2)
    assert "X: number 0 of each example: found" in refusals_of(tmp_path / "a.npz")


def test_measurements_with_more_digits_than_float32_has_are_rounded(tmp_path):
    draw = np.random.default_rng(0)
    features = np.column_stack([draw.normal(101_325, 500, 5000), draw.random(5000), draw.normal(1013, 5, 5000)])
    np.savez(tmp_path / "a.npz", X=features, y=np.arange(5000) % 2)
    assert len(prepared(tmp_path / "a.npz").train) == 4000


def test_a_table_of_an_older_excel_is_read_when_its_encoding_is_said(tmp_path):
    path = written(tmp_path / "a.csv", ";", ",", ("größe", "höhe", "kind"), encoding="cp1252")
    assert "line 1: found no UTF-8 text" in refusals_of(path, label="kind")
    assert prepared(path, label="kind", encoding="cp1252").features == ("größe", "höhe")


def test_a_path_may_begin_at_home(tmp_path, monkeypatch, plain):
    monkeypatch.setenv("HOME", str(tmp_path))
    written(tmp_path / "a.csv")
    spec = configure({"datasets": {"mine": {"path": "~/a.csv", "label": "kind"}}}, "config.yaml", STUDIES).datasets[
        "mine"
    ]
    assert spec.path == str(tmp_path / "a.csv")


def test_a_target_that_float32_cannot_tell_apart_is_refused(tmp_path):
    rows = [(index, 1_732_752_000_000 + index) for index in range(20)]
    path = written(tmp_path / "a.csv", names=("x", "y"), rows=rows)
    assert refusals_of(path, label="y", target="number").startswith("label: found 20 values such as 1732752000000 and")
