"""Read a user's table of measurements or 1-D signals, every row checked."""

import csv
import hashlib
import io
import zipfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from payoff.datasets.spec import MOST_BYTES
from payoff.datasets.splits import Origin, Split
from payoff.errors import UserError, few
from payoff.files.contracts import did_you_mean


@dataclass(frozen=True)
class Rows:
    """features: float32 (n, channels, length), finite; labels: one text or number per row; name_of: index of a row ->
    its name in messages, such as "line 3"."""

    features: np.ndarray
    labels: Sequence[str] | np.ndarray
    name_of: Callable[[int], str]


def read_table(path: str, target: str, label: str | None = None) -> tuple[Split, tuple[str, ...], Origin]:
    """-> all rows; the classes, () if `target` is "number"; where they come from.

    A .csv has a header, and its column `label` holds the labels. A .npz has the arrays `features`, (n, d) or
    (n, channels, length), and `labels`, (n,). Raises UserError that names the file and the row: the line of a
    CSV, its header being line 1; the index of an .npz.
    """
    if (size := Path(path).stat().st_size) > MOST_BYTES:
        raise UserError(f"{path}: found {size:,} bytes; allowed: at most {MOST_BYTES:,}")
    content = Path(path).read_bytes()
    rows = _read_csv(path, content, label or "") if path.endswith(".csv") else _read_npz(path, content)
    classes: tuple[str, ...] = ()
    if target == "number":
        labels = _as_numbers(path, rows)
    else:
        labels, classes = _as_classes(path, rows)
    origin = Origin(path, hashlib.md5(content).hexdigest())
    return Split(rows.features[:, :, np.newaxis], labels), classes, origin


def _read_csv(path: str, content: bytes, label: str) -> Rows:
    """Read a CSV file. pandas would fill a row that is too short, take the first column as an index if all rows are too
    long, and not say on which line a value is."""
    try:
        text = io.StringIO(content.decode("utf-8-sig"), newline="")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise UserError(f"{path}: line {line}: found no UTF-8 text; allowed: a CSV file in UTF-8") from None
    reader = csv.reader(text, strict=True)
    features, labels, lines = [], [], []
    try:
        header = [name.strip() for name in next(reader, [])]
        position = _position(path, header, label)
        names = header[:position] + header[position + 1 :]
        for row in reader:
            if not row:  # an empty line
                continue
            where = f"line {reader.line_num}"
            if len(row) != len(header):
                raise UserError(f"{path}: {where}: found {len(row)} fields; allowed: {len(header)}, as in the header")
            labels.append(row.pop(position).strip())
            features.append(_numbers(path, where, names, row))
            lines.append(reader.line_num)
    except csv.Error as error:
        where = f"line {reader.line_num}"
        raise UserError(f"{path}: {where}: found no valid CSV ({error}); allowed: fields as in RFC 4180") from None
    if not features:
        raise UserError(f"{path}: found no row below the header; allowed: a row for each example")
    return Rows(np.stack(features)[:, np.newaxis], labels, lambda row: f"line {lines[row]}")


def _position(path: str, header: list[str], label: str) -> int:
    """The index of the column with the labels. All other columns become features, so a doubtful column is refused."""
    faults = [
        (label not in header, f"no column {label!r}", f"as `label`, one of {did_you_mean(label, header)}"),
        ("" in header, "a column without a name", "a name for each (is it the index of a saved table?)"),
        (len(set(header)) < len(header), "two columns of one name", "each name once"),
        (len(header) < 2, "one column", "the label and at least one feature"),
    ]
    for is_fault, found, allowed in faults:
        if is_fault:
            raise UserError(f"{path}: line 1: found {found}; allowed: {allowed}")
    return header.index(label)


def _numbers(path: str, row: str, names: Sequence[str], fields: Sequence[str]) -> np.ndarray:
    """The fields of one row as float32."""
    try:
        numbers = _float32([float(field) for field in fields])
    except ValueError:
        numbers = None
    if numbers is not None and np.isfinite(numbers).all():
        return numbers
    name, field = next(pair for pair in zip(names, fields, strict=True) if not _is_finite(pair[1]))
    found = repr(field) if field.strip() else "no value"
    raise UserError(f"{path}: {row}: {name}: found {found}; allowed: a finite number")


def _is_finite(field: str) -> bool:
    try:
        return bool(np.isfinite(_float32(float(field))))
    except ValueError:
        return False


def _float32(values) -> np.ndarray:
    with np.errstate(over="ignore"):  # a number too large for float32 becomes infinite, and is then refused
        return np.asarray(values).astype(np.float32)


def _read_npz(path: str, content: bytes) -> Rows:
    wanted = {"features", "labels"}
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:  # which reads no more of a file than it says it has
            sizes = [file.file_size for file in archive.infolist() if file.filename.removesuffix(".npy") in wanted]
        if sum(sizes) > MOST_BYTES:
            raise ValueError(f"{sum(sizes):,} bytes of numbers, more than {MOST_BYTES:,}")
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            names = arrays.files
            found = {name: arrays[name] for name in names if name in wanted}
    except Exception as error:  # of numpy, zipfile or zlib, depending on which bytes are broken
        raise UserError(f"{path}: found no readable .npz ({error}); allowed: what numpy.savez writes") from None
    if missing := wanted - set(found):
        raise UserError(f"{path}: missing {', '.join(sorted(missing))}; found {few(names) or 'no array'}")
    features, labels = found["features"], found["labels"]
    faults = [
        (features.ndim not in (2, 3), f"features of shape {features.shape}", "(n, d) or (n, channels, length)"),
        (features.dtype.kind not in "iuf", f"features of {features.dtype}", "numbers"),
        (0 in features.shape, f"features of shape {features.shape}", "at least one number"),
        (labels.shape != features.shape[:1], f"labels of shape {labels.shape}", f"{features.shape[:1]}"),
    ]
    for is_fault, what, allowed in faults:
        if is_fault:
            raise UserError(f"{path}: found {what}; allowed: {allowed}")
    features = _float32(features.reshape(len(features), -1, features.shape[-1]))
    for row in np.flatnonzero(~np.isfinite(features).all(axis=(1, 2))):
        bad = features[row][~np.isfinite(features[row])][0]
        raise UserError(f"{path}: row {row}: features: found {bad}; allowed: finite numbers")
    return Rows(features, labels, lambda row: f"row {row}")


def _as_numbers(path: str, rows: Rows) -> np.ndarray:
    """The labels as float32 (n, 1)."""
    if isinstance(rows.labels, np.ndarray) and rows.labels.dtype.kind not in "iuf":
        raise UserError(f"{path}: found labels of {rows.labels.dtype}; allowed, where `target` is number: numbers")
    labels = [_numbers(path, rows.name_of(row), ["label"], [str(label)]) for row, label in enumerate(rows.labels)]
    return np.stack(labels)


def _as_classes(path: str, rows: Rows) -> tuple[np.ndarray, tuple[str, ...]]:
    """The labels as int64 (n,), and the classes, sorted as numbers if all of them are numbers, else as texts."""
    if isinstance(rows.labels, np.ndarray) and rows.labels.dtype.kind not in "iubU":
        allowed = "whole numbers or texts, or `target: number`"
        raise UserError(f"{path}: found labels of {rows.labels.dtype}; allowed: {allowed}")
    labels = [str(label).strip() for label in rows.labels]
    counts = Counter(labels)
    for row, label in enumerate(labels):
        if not label:
            raise UserError(f"{path}: {rows.name_of(row)}: found no label; allowed: the name of a class")
        if counts[label] == 1:
            allowed = "at least two examples per label, or `target: number`"
            raise UserError(f"{path}: {rows.name_of(row)}: found the only example of {label!r}; allowed: {allowed}")
    if len(counts) < 2:
        raise UserError(f"{path}: found only the label {labels[0]!r}; allowed: at least two classes")
    are_numbers = all(map(_is_finite, counts))
    classes = sorted(counts, key=lambda name: (float(name), name) if are_numbers else name)
    index = {name: position for position, name in enumerate(classes)}
    return np.array([index[label] for label in labels], dtype=np.int64), tuple(classes)
