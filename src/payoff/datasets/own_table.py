"""Read a user's table of measurements, every row checked: .csv and the like here, .npz by own_arrays."""

import hashlib
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from payoff.datasets.delimited import Table, decoded
from payoff.datasets.faults import Faults
from payoff.datasets.labels import Labels, as_classes, as_numbers
from payoff.datasets.numerals import EITHER, number
from payoff.datasets.own import kind_of
from payoff.datasets.own_arrays import read_arrays
from payoff.datasets.parts import Part, ReadData, as_float32, origin_of
from payoff.datasets.spec import MOST_BYTES
from payoff.datasets.splits import Split
from payoff.errors import UserError
from payoff.files.contracts import did_you_mean


def read_table(path: str, options: Mapping[str, Any], shape: tuple[int, int, int] | None = None) -> ReadData:
    """-> all rows, or [train, test] where there is a test part; the classes, () if `target` is "number".

    options: of the entry in config.yaml, which its schema describes; shape: (channels, height, width) of an example,
    else (1, 1, d). Raises UserError that names the file and each kind of fault with its rows: the line of a table, its
    header being line 1; the index of an .npz.
    """
    if kind_of(path) == "csv":
        files = [path, *([str(Path(options["test"]).expanduser())] if "test" in options else [])]
        contents = [_content(file) for file in files]
        parts, names, notes, decimal = _read_tables(files, contents, options, shape)
    else:
        files, contents = [path], [_content(path)]
        parts, notes = read_arrays(path, contents[0], options, shape)
        names, decimal = [], "point"
    labels = [Labels(part.labels, part.where_of, part.file) for part in parts]
    classes: tuple[str, ...] = ()
    if options["target"] == "number":
        indices = [as_numbers(part, decimal) for part in labels]
    else:
        indices, classes = as_classes(labels, decimal)
    digests = {file: hashlib.md5(content).hexdigest() for file, content in zip(files, contents, strict=True)}
    splits = [Split(part.images, of_part) for part, of_part in zip(parts, indices, strict=True)]
    return ReadData(splits, classes, origin_of(digests), tuple(names), tuple(notes))


def _content(file: str) -> bytes:
    if (size := Path(file).stat().st_size) > MOST_BYTES:
        raise UserError(f"{file}: found {size:,} bytes; allowed: at most {MOST_BYTES:,}")
    return Path(file).read_bytes()


def _read_tables(
    files: Sequence[str], contents: Sequence[bytes], options: Mapping[str, Any], shape: tuple[int, int, int] | None
) -> tuple[list[Part], list[str], list[str], str]:
    """The parts, the names of their features, the notes, and the mark of decimals: point or comma."""
    parts: list[Part] = []
    names: list[str] = []
    notes: list[str] = []
    for file, content in zip(files, contents, strict=True):
        table = Table(file, decoded(file, content, options.get("encoding")), options)
        columns = _columns_of(table, options, names)
        rows = _read_rows(table, columns, options)
        names, decimal = columns.features, rows.decimal
        notes += [note for note in [*table.notes, *rows.notes] if note not in notes]
        parts.append(_part(table, columns, rows, shape))
    return parts, names, notes, decimal


def _part(table: Table, columns: "_Columns", rows: "_Rows", shape: tuple[int, int, int] | None) -> Part:
    faults, n = Faults(table.path), len(columns.features)
    if shape and math.prod(shape) != n:
        faults.add("shape", "", f"{n} features", f"{math.prod(shape)}, for the shape {list(shape)}")
    features = as_float32(np.stack(rows.numbers), lambda index: f"column {columns.features[index]}", faults)
    faults.raise_any()
    lines = rows.lines
    return Part(features.reshape(-1, *(shape or (1, 1, n))), rows.labels, lambda row: f"line {lines[row]}", table.path)


@dataclass(frozen=True)
class _Columns:
    """The features, the position of each, and that of the label; nameless: positions of columns without a name."""

    features: list[str]
    positions: list[int]
    label: int
    nameless: list[int]


def _columns_of(table: Table, options: Mapping[str, Any], names: Sequence[str]) -> _Columns:
    """names: the features of the training part, which a test part has as well. What is doubtful is refused."""
    header, label, faults = table.names, str(options["label"]), Faults(table.path)
    ignored = [str(name) for name in options.get("ignore", ())]
    chosen = [*names] or [str(name) for name in options.get("features", ())]
    known = [name for name in header if name]
    if label not in header:
        hint = (
            "; for a table without a header, the number of the column"
            if any(number(name) is not None for name in header)
            else ""
        )
        allowed = f"as `label`, one of {did_you_mean(label, known)}{hint}"
        faults.add("label", "line 1", f"no column {label!r}", allowed)
    for key, wanted in (("ignore", ignored if not names else []), ("features", chosen)):
        for name in set(wanted) - set(header):
            faults.add(key, "line 1", f"no column {name!r}", f"as `{key}`, some of {did_you_mean(name, known)}")
    if twice := [name for name in dict.fromkeys(known) if known.count(name) > 1]:
        faults.add("twice", "line 1", f"two columns of one name, {twice[0]!r}", "each name once")
    chosen = chosen or [name for name in known if name != label and name not in ignored]
    if not chosen and not faults.kinds:
        faults.add("one", "line 1", "one column", "the label and at least one feature")
    faults.raise_any()
    nameless = [index for index, name in enumerate(header) if not name and "" not in ignored]
    return _Columns(chosen, [header.index(name) for name in chosen], header.index(label), nameless)


@dataclass
class _Rows:
    """A float64 row, a label and a line for each example. decimal: with which mark the numbers were read."""

    decimal: str
    numbers: list[np.ndarray] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


class _HasDecimalComma(Exception):
    """A field that is a number only with a decimal comma, or more likely so."""

    def __init__(self, place: str, field: str) -> None:
        super().__init__(place)
        self.place, self.field = place, field


def _read_rows(table: Table, columns: _Columns, options: Mapping[str, Any]) -> _Rows:
    """The rows, with the mark of decimals that the entry states, or that the numbers have."""
    if "decimal" in options:
        return _read_rows_with(options["decimal"], table, columns, options)
    try:
        return _read_rows_with("point", table, columns, options)
    except _HasDecimalComma as comma:
        _refuse_doubtful(table, columns, options, comma)
    rows = _read_rows_with("comma", table, columns, options)
    rows.notes.append("its numbers have decimal commas")
    return rows


def _read_rows_with(decimal: str, table: Table, columns: _Columns, options: Mapping[str, Any]) -> _Rows:
    rows, faults, width = _Rows(decimal), Faults(table.path), len(table.names)
    for line, fields in table.rows():
        if len(fields) != width:
            faults.add("width", f"line {line}", f"{len(fields)} fields", f"{width}, as in line 1")
            continue
        if any(fields[position].strip() for position in columns.nameless):
            allowed = "a name for each (is it the index of a saved table? `ignore: ['']` leaves it out)"
            raise UserError(f"{table.path}: line 1: found a column without a name; allowed: {allowed}")
        texts = [fields[position] for position in columns.positions]
        values = _row_of(texts, decimal)
        if values is None:
            if "decimal" not in options and decimal == "point":
                _look_for_comma(table, columns, line, fields, options)
            values = _row_with_faults(texts, decimal, columns.features, f"line {line}", faults)
        elif options["target"] == "number" and "decimal" not in options and decimal == "point":
            _look_for_comma(table, columns, line, fields, options)
        rows.numbers.append(values)
        rows.labels.append(fields[columns.label].strip())
        rows.lines.append(line)
    faults.raise_any()
    if not rows.numbers:
        raise UserError(f"{table.path}: found no row below the header; allowed: a row for each example")
    return rows


def _row_of(texts: Sequence[str], decimal: str) -> np.ndarray | None:
    """The fields of one row, or None if one may be no number that float32 holds. This is what takes the time."""
    try:
        if decimal == "point":
            values = np.array(list(map(float, texts)))
        else:
            values = np.array([float(text.replace(",", ".")) for text in texts])
    except ValueError:
        return None
    joined = "".join(texts)  # Python skips the marks in 1_000; and 1.5 is no number with a decimal comma
    is_plain = "_" not in joined and not (decimal == "comma" and "." in joined)
    return values if is_plain and _is_held(values).all() else None


def _row_with_faults(
    texts: Sequence[str], decimal: str, names: Sequence[str], where: str, faults: Faults
) -> np.ndarray:
    values = [number(text, decimal) for text in texts]
    for name, text, value in zip(names, texts, values, strict=True):
        if value is None or not _is_held(np.array(value)):
            found = repr(text) if text.strip() else "no value"
            allowed = f"a finite number; `ignore: [{name}]` leaves the column out"
            faults.add(name, f"{where}: {name}", found, allowed)
    return np.array([np.nan if value is None else value for value in values])


def _is_held(values: np.ndarray) -> np.ndarray:
    with np.errstate(over="ignore"):
        return np.isfinite(values.astype(np.float32))


def _numeric(columns: _Columns, fields: Sequence[str], options: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(name, field) of those columns whose fields are numbers."""
    yield from ((name, fields[at]) for name, at in zip(columns.features, columns.positions, strict=True))
    if options["target"] == "number":
        yield str(options["label"]), fields[columns.label]


def _look_for_comma(
    table: Table, columns: _Columns, line: int, fields: Sequence[str], options: Mapping[str, Any]
) -> None:
    for name, text in _numeric(columns, fields, options):
        if "," in text and number(text, "comma") is not None:
            raise _HasDecimalComma(f"line {line}: {name}", text.strip())


def _refuse_doubtful(table: Table, columns: _Columns, options: Mapping[str, Any], comma: _HasDecimalComma) -> None:
    """Raise UserError if the numbers with a comma may be thousands, or others have a decimal point."""
    sure, which = table.separator == "semicolon", "`decimal: comma` or `decimal: point` in the entry"
    for line, fields in table.rows():
        if len(fields) != len(table.names):
            continue
        for name, text in _numeric(columns, fields, options):
            text = text.strip()
            sure = sure or ("," in text and not EITHER.fullmatch(text) and number(text, "comma") is not None)
            is_doubtful = "." in text and "," not in text and number(text, "point") is not None
            if is_doubtful:
                found = f"{text!r} and, at {comma.place}, {comma.field!r}"
                raise UserError(
                    f"{table.path}: line {line}: {name}: found {found}; allowed: one of both marks, or {which}"
                )
    if not sure:
        found = f"{comma.field!r}, which may be a thousand and more, or have three decimals"
        raise UserError(f"{table.path}: {comma.place}: found {found}; allowed: {which}")
