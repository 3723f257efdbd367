"""What a data set looks like before a network sees it: how many, on which scales, and what is suspect in it."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from payoff.datasets.splits import PreparedDataset, Split

# Numbers by which programs say that there is none. One counts only far outside of a column's other values.
SENTINELS = (
    *(sign * float("9" * digits) for digits in (2, 3, 4, 5, 6) for sign in (-1, 1)),
    *(-99.9, -999.9, 999.9, -32768.0, 32767.0, -2147483648.0, 2147483647.0, 1e20, -1e20, 9.96921e36, -1e30, 1e30),
)
FEWEST_FOR_AN_INDEX = 10  # examples of which each has another whole number, before that is no chance
BLOCK = 1000  # images at a time
MOST_CELLS = 50_000_000  # numbers of a data set for which columns are looked at one by one


@dataclass(frozen=True)
class Scale:
    """Of the training examples, in the unit of the data. deviation: the standard deviation."""

    lowest: float
    highest: float
    mean: float
    deviation: float


@dataclass(frozen=True)
class Sentinel:
    value: float
    count: int
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Target:
    """Numbers to predict. error_of_mean: the error on the test examples of a network that always answers with the mean
    of the training examples, as the `test_error` of payoff.tables.columns."""

    outputs: int
    scale: Scale
    error_of_mean: float


@dataclass(frozen=True)
class Look:
    """What `look_at` has found.

    shape: (channels, height, width); scale: of all numbers together; counts: class -> (training, test examples);
    majority: the fraction of test examples in the class that is the most frequent one in training; scales: column ->
    scale, only for rows of numbers; constant, counted: columns that never change, or hold another whole number in each
    example; repeated: training examples with the features of an earlier one; contradicted: those of them with another
    label; in_both: test examples with the features of a training example.
    """

    train: int
    test: int
    shape: tuple[int, ...]
    scale: Scale
    counts: dict[str, tuple[int, int]]
    majority: float | None
    target: Target | None
    scales: dict[str, Scale]
    constant: tuple[str, ...]
    counted: tuple[str, ...]
    sentinels: tuple[Sentinel, ...]
    repeated: int
    contradicted: int
    in_both: int
    notes: tuple[str, ...]

    @property
    def is_images(self) -> bool:
        return self.shape[1] > 1

    def document(self) -> dict[str, Any]:
        """All of it, for JSON."""
        return asdict(self)


def look_at(dataset: PreparedDataset) -> Look:
    """Look at all training and test examples of a prepared data set."""
    train, test = (split.images.reshape(len(split), -1) for split in (dataset.train, dataset.test))
    is_row = dataset.train.images.shape[1:3] == (1, 1)
    names = _names(dataset, train.shape[1])
    lowest, highest = train.min(axis=0), train.max(axis=0)
    is_constant = (lowest == highest) & (test == lowest).all(axis=0)
    is_small = train.size + test.size <= MOST_CELLS
    both = np.concatenate([train, test]) if is_row and is_small else train[:0]
    repeated, contradicted, in_both = _repeated(dataset.train, dataset.test)
    return Look(
        train=len(train),
        test=len(test),
        shape=dataset.train.images.shape[1:],
        scale=_scale(train),
        counts=_counts(dataset),
        majority=_majority(dataset),
        target=_target(dataset),
        scales={name: _scale(train[:, index]) for index, name in enumerate(names)} if len(both) else {},
        constant=tuple(name for name, constant in zip(names, is_constant, strict=True) if constant),
        counted=tuple(name for index, name in enumerate(names) if len(both) and _is_counted(both[:, index])),
        sentinels=_sentinels(names, both) + _sentinels_of_target(dataset),
        repeated=repeated,
        contradicted=contradicted,
        in_both=in_both,
        notes=dataset.notes,
    )


def _names(dataset: PreparedDataset, columns: int) -> Sequence[str]:
    if dataset.features and len(dataset.features) == columns:
        return dataset.features
    return [f"number {index + 1}" for index in range(columns)]


def _scale(values: np.ndarray) -> Scale:
    if values.dtype == np.uint8:  # by how often each pixel value is there: as float64 the images would fill the memory
        blocks = np.array_split(values, -(-len(values) // BLOCK))
        times = np.sum([np.bincount(block.ravel(), minlength=256) for block in blocks], axis=0)
        values = np.arange(256.0)
        mean = float(np.average(values, weights=times))
        deviation = float(np.sqrt(np.average(np.square(values - mean), weights=times)))
        return Scale(float(values[times > 0].min()), float(values[times > 0].max()), mean, deviation)
    mean, deviation = float(values.mean(dtype=np.float64)), float(values.std(dtype=np.float64))
    return Scale(float(values.min()), float(values.max()), mean, deviation)


def _counts(dataset: PreparedDataset) -> dict[str, tuple[int, int]]:
    if not dataset.classes:
        return {}
    n = len(dataset.classes)
    train, test = (np.bincount(split.labels, minlength=n).tolist() for split in (dataset.train, dataset.test))
    return dict(zip(dataset.classes, zip(train, test, strict=True), strict=True))


def _majority(dataset: PreparedDataset) -> float | None:
    if not dataset.classes:
        return None
    return float((dataset.test.labels == np.bincount(dataset.train.labels).argmax()).mean())


def _target(dataset: PreparedDataset) -> Target | None:
    if dataset.classes:
        return None
    train, test = (split.labels.astype(np.float64) for split in (dataset.train, dataset.test))
    return Target(train.shape[1], _scale(train), error_of_mean(train, test))


def error_of_mean(train: np.ndarray, test: np.ndarray) -> float:
    """The error_of_mean of a Target. train, test: the numbers to predict, (n, outputs)."""
    mean = train.mean(axis=0, dtype=np.float64)
    return float(np.sqrt(np.square(test - mean).sum(axis=1).mean()))


def _is_counted(values: np.ndarray) -> bool:
    """Whether each example has another whole number, as an index or an identifier has."""
    if len(values) < FEWEST_FOR_AN_INDEX or (values != np.rint(values)).any():
        return False
    return len(np.unique(values)) == len(values)


def _sentinels(names: Sequence[str], values: np.ndarray) -> tuple[Sentinel, ...]:
    """values: (n, columns)."""
    found: dict[float, list[tuple[str, int]]] = {}
    extremes = {} if not len(values) else dict(enumerate(zip(values.min(axis=0), values.max(axis=0), strict=True)))
    for column, ends in extremes.items():
        for sentinel in SENTINELS:
            if np.float32(sentinel) in ends and (count := _count_outside(values[:, column], np.float32(sentinel))):
                found.setdefault(sentinel, []).append((names[column], count))
    return tuple(
        Sentinel(value, sum(count for _, count in columns), tuple(name for name, _ in columns))
        for value, columns in sorted(found.items())
    )


def _sentinels_of_target(dataset: PreparedDataset) -> tuple[Sentinel, ...]:
    if dataset.classes:
        return ()
    labels = np.concatenate([dataset.train.labels, dataset.test.labels])
    names = ["the target"] if labels.shape[1] == 1 else [f"target {index + 1}" for index in range(labels.shape[1])]
    return _sentinels(names, labels)


def _count_outside(values: np.ndarray, sentinel: np.float32) -> int:
    """How often the sentinel is there, if it is further from the other values than these are from each other, and than
    half of the largest of them is from 0."""
    others = values[values != sentinel]
    if not len(others):
        return 0
    lowest, highest = float(others.min()), float(others.max())
    gap = max(lowest - float(sentinel), float(sentinel) - highest)
    is_far = gap > max(highest - lowest, 0.5 * max(-lowest, highest))
    return int((values == sentinel).sum()) if is_far else 0


def _repeated(train: Split, test: Split) -> tuple[int, int, int]:
    """(repeated, contradicted, in_both) of a Look."""
    first: dict[int, bytes] = {}
    repeated = contradicted = 0
    for key, label in zip(_keys(train.images), train.labels, strict=True):
        if key in first:
            repeated += 1
            contradicted += first[key] != label.tobytes()
        else:
            first[key] = label.tobytes()
    return repeated, contradicted, sum(key in first for key in _keys(test.images))


def _keys(images: np.ndarray) -> Iterable[int]:
    """A number for each example, the same for the same content only; 64 bits do not coincide by chance."""
    return (hash(image.tobytes()) for image in images)
