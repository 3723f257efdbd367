"""The text of a table, as a spreadsheet or a program wrote it: encoding, separator, and the names of its columns."""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from payoff.datasets.numerals import number
from payoff.errors import UserError

# In this order: a semicolon or a tab in each line is hardly there by chance, a comma may be a decimal one.
SEPARATORS = {"tab": "\t", "semicolon": ";", "comma": ",", "bar": "|", "space": " "}
SAMPLE_LINES, SAMPLE_LETTERS = 50, 200_000  # by which the separator is found
STATED = re.compile(r'"?sep=(.)"?\r?\n', flags=re.IGNORECASE)  # a first line by which Excel is told the separator


def decoded(path: str, content: bytes, encoding: str | None = None) -> str:
    """The text of a file, without a byte order mark: UTF-8, or UTF-16 that says so by its first bytes; or `encoding`.

    Raises UserError that names the line.
    """
    is_utf16 = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        return content.decode(encoding or ("utf-16" if is_utf16 else "utf-8-sig")).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        found = "no UTF-8 text" if encoding is None else f"no text in {encoding}"
        allowed = "UTF-8 (in a spreadsheet: CSV UTF-8), or `encoding: cp1252` for a table from an older Excel"
        raise UserError(f"{path}: line {line}: found {found}; allowed: {allowed}") from None


class Table:
    """The rows of a table's text, read one by one, since all of them as texts would fill the memory.

    names: of the columns; their numbers, from 1, where the table has no header. notes: what was found out about the
    table that its entry does not say.
    """

    def __init__(self, path: str, text: str, options: Mapping[str, Any]) -> None:
        self.path, self.notes = path, []
        stated = STATED.match(text)
        self._text, self._skipped = (text[stated.end() :], 1) if stated else (text, 0)
        if "separator" in options:
            self._separator = options["separator"]
        elif stated and stated[1] in SEPARATORS.values():
            self._separator = next(name for name, mark in SEPARATORS.items() if mark == stated[1])
        else:
            self._separator = separator_of(self._text)
        if self._separator != "comma":
            self.notes.append(f"its fields are separated by a {self._separator}")
        _, first = next(self._lines(), (0, []))
        self._has_header = self._find_header([field.strip() for field in first], options)
        self.names = [name.strip() for name in first] if self._has_header else [str(n + 1) for n in range(len(first))]

    @property
    def separator(self) -> str:
        return self._separator

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """(line, fields) of each row below the header; a row of a spreadsheet that holds nothing is left out."""
        lines = self._lines()
        if self._has_header:
            next(lines, None)
        return lines

    def _lines(self) -> Iterator[tuple[int, list[str]]]:
        mark = SEPARATORS[self._separator]
        text: Iterator[str] = io.StringIO(self._text, newline="")
        if mark == " ":
            text = (f"{line.strip()}\n" for line in text)
        reader = csv.reader(text, delimiter=mark, strict=True, skipinitialspace=mark == " ")
        try:
            for fields in reader:
                if any(fields) and any(field.strip() for field in fields):
                    yield reader.line_num + self._skipped, fields
        except csv.Error as error:
            where = f"line {reader.line_num + self._skipped}"
            found = f"{where}: found no valid CSV ({error})"
            raise UserError(f"{self.path}: {found}; allowed: fields as in RFC 4180") from None

    def _find_header(self, first: Sequence[str], options: Mapping[str, Any]) -> bool:
        """Whether the first line holds the names of the columns. Raises UserError if nobody can know."""
        label, given = str(options["label"]), options.get("header")
        if given is not None:
            return given
        are_numbers = [number(field, decimal) is not None for field in first for decimal in ("point", "comma")]
        if label in first:
            if not all(are_numbers[::2]) or _are_counted(first):
                return True
            allowed = "`header: true` if they are the names of the columns, `header: false` if they are an example"
            raise UserError(f"{self.path}: line 1: found only numbers; allowed: {allowed}")
        if label.isdecimal() and 1 <= int(label) <= len(first) and any(are_numbers):
            self.notes.append("it has no header, so its columns have numbers from 1")
            return False
        return True


def separator_of(text: str) -> str:
    """The separator, a key of SEPARATORS, with which all of the first lines have equally many fields; if there is none,
    one with which the first line has several; else the comma."""
    lines = text[:SAMPLE_LETTERS].splitlines()[:SAMPLE_LINES]
    widths = {name: _widths(lines, mark) for name, mark in SEPARATORS.items()}
    several = [name for name, found in widths.items() if found and found[0] > 1]
    even = [name for name in several if len(set(widths[name])) == 1]
    return next(iter([*even, *several]), "comma")


def _widths(lines: Sequence[str], mark: str) -> list[int]:
    """How many fields each of the lines has. A line that is empty, or cut off within quotes, does not count."""
    texts = (line.strip(" ") if mark == " " else line for line in lines)
    try:
        return [len(row) for row in csv.reader(texts, delimiter=mark, skipinitialspace=mark == " ") if any(row)]
    except csv.Error:
        return []


def _are_counted(names: Sequence[str]) -> bool:
    """Whether the names are 0, 1, 2, … or 1, 2, 3, …, as pandas names columns that have no names."""
    return any(list(names) == [str(start + index) for index in range(len(names))] for start in (0, 1))
