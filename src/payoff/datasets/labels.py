"""Labels as a user's data have them -> classes and their indices, or numbers to predict."""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from payoff.datasets.faults import Faults
from payoff.datasets.numerals import number
from payoff.datasets.parts import as_float32
from payoff.errors import UserError, few, hidden_in

MOST_CLASSES, LONGEST_NAME = 10_000, 100
WHOLE = re.compile(r"([+-]?\d+)(?:[.,]0*)?")


@dataclass(frozen=True)
class Labels:
    """values: one text or number per example; where_of: the index of an example -> its place, such as "line 3"; file:
    which holds them."""

    values: Sequence[str] | np.ndarray
    where_of: Callable[[int], str]
    file: str


def as_classes(parts: Sequence[Labels], decimal: str = "point") -> tuple[list[np.ndarray], tuple[str, ...]]:
    """int64 (n,) for each part, and the classes, in the order of numbers if all of them are numbers, else of texts.

    1, 1.0 and 01 are one class. Of all examples in one part, each class has at least two; a test part has only classes
    of the training part. Raises UserError.
    """
    texts = [_texts(part) for part in parts]
    names = _names({text for of_part in texts for text in of_part}, decimal)
    named = [[names[text] for text in of_part] for of_part in texts]
    counts = Counter(named[0])
    for part, labels in zip(parts, named, strict=True):
        faults = Faults(part.file)
        for index, label in enumerate(labels):
            if not label:
                faults.add("none", part.where_of(index), "no label", "the name of a class")
            elif len(parts) == 1 and counts[label] == 1:
                allowed = "at least two examples per label, or `target: number`"
                faults.add("only", part.where_of(index), f"the only example of {label!r}", allowed)
            elif label not in counts:
                what = f"the label {label!r}, which no training example has"
                faults.add("new", part.where_of(index), what, few(sorted_classes(counts)))
        faults.raise_any()
    if len(counts) < 2:
        faults = Faults(parts[0].file)
        faults.add("one", "", f"only the label {named[0][0]!r}", "at least two classes")
        faults.raise_any()
    classes = sorted_classes(counts)
    position = {name: index for index, name in enumerate(classes)}
    return [np.array([position[label] for label in labels], dtype=np.int64) for labels in named], classes


def check_classes(path: str, classes: Sequence[str]) -> None:
    """Raise UserError unless the classes' names can be shown."""
    if len(classes) > MOST_CLASSES:
        raise UserError(f"{path}: found {len(classes):,} classes; allowed: at most {MOST_CLASSES:,}")
    for name in classes:
        if hidden := hidden_in(name):
            raise UserError(f"{path}: found {hidden}, which is no letter, in the class {name}; allowed: one without")
        if not name.strip() or len(name) > LONGEST_NAME:
            allowed = f"1 to {LONGEST_NAME} letters"
            raise UserError(f"{path}: found {len(name.strip()):,} letters in the class {name}; allowed: {allowed}")


def sorted_classes(names: Iterable[str]) -> tuple[str, ...]:
    """2 before 10 if all names are numbers, else as texts."""
    values = {name: _number(name) for name in names}
    if any(value is None for value in values.values()):
        return tuple(sorted(values))
    return tuple(sorted(values, key=lambda name: (values[name], name)))


def as_numbers(part: Labels, decimal: str = "point") -> np.ndarray:
    """float32 (n, 1). Raises UserError."""
    faults = Faults(part.file)
    if isinstance(part.values, np.ndarray) and part.values.dtype.kind not in "iuf":
        faults.add("kind", "", f"labels of {part.values.dtype}", "numbers, where `target` is number")
        faults.raise_any()
    if isinstance(part.values, np.ndarray):
        values = part.values.astype(np.float64)
    else:
        values = np.array([_value(label, decimal) for label in part.values])
    held = as_float32(values[:, np.newaxis], lambda _: "label", faults)[:, 0]
    for index in map(int, np.flatnonzero(~np.isfinite(held))):
        found = str(part.values[index]).strip()
        words = repr(found) if found else "no value"
        faults.add("number", f"{part.where_of(index)}: label", words, "a finite number")
    faults.raise_any()
    return held[:, np.newaxis]


def same_text(text: str) -> str:
    """One spelling of a text that can be written in several ways which look alike: é as one character, or as two."""
    return unicodedata.normalize("NFC", text).strip()


def _value(label: str, decimal: str) -> float:
    value = number(label, decimal)
    return np.nan if value is None else value


def _number(text: str, decimal: str = "point") -> float | None:
    """Labels alone rarely show which mark of decimals a table has, so that the other one is tried, too."""
    value = number(text, decimal)
    return number(text, "comma") if value is None else value


def _texts(part: Labels) -> list[str]:
    """The labels as texts. Whole numbers that are stored as floats are whole numbers."""
    values = part.values
    if not isinstance(values, np.ndarray):
        return [same_text(label) for label in values]
    is_whole = values.dtype.kind == "f" and bool((np.isfinite(values) & (values == np.rint(values))).all())
    if is_whole:
        values = values.astype(np.int64)
    if values.dtype.kind == "S":
        values = np.char.decode(values, "utf-8", "replace")
    if values.dtype.kind not in "iubU":
        faults = Faults(part.file)
        faults.add("kind", "", f"labels of {values.dtype}", "whole numbers or texts, or `target: number`")
        faults.raise_any()
    return [same_text(str(label)) for label in values]


def _names(texts: Iterable[str], decimal: str) -> Mapping[str, str]:
    """Each label -> the name of its class: for a number the shortest of those that are equal to it."""
    spelled: dict[float, list[str]] = {}
    names = {}
    for text in texts:
        value, whole = _number(text, decimal), WHOLE.fullmatch(text)
        if value is None:
            names[text] = text
        else:  # a whole number as such: floats merge long ones
            spelled.setdefault(int(whole[1]) if whole else value, []).append(text)
    for same in spelled.values():
        plain = [whole[1] if (whole := WHOLE.fullmatch(text)) else text for text in same]
        shortest = min(plain, key=lambda text: (len(text), text))
        names |= dict.fromkeys(same, shortest)
    return names
