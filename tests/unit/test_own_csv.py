"""A user's CSV, row by row: read as it is, or refused with its line."""

import hashlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from own_data import CSV, prepared, refusal_of

from payoff.datasets.splits import load, load_origin


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
