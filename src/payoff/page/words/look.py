"""What a data set looks like, in sentences and rows."""

import textwrap
from collections.abc import Sequence

from payoff.datasets.look import Look, Scale
from payoff.errors import few
from payoff.tables.formats import count, significant

MOST_NAMED = 6
DIFFER = 100  # times as large a deviation, from which scales differ
UNEVEN = 10  # times as many examples, from which classes are uneven
CLASS_HEAD = ("class", "training", "test")
COLUMN_HEAD = ("column", "lowest", "highest", "mean", "deviation")
WIDTH, MOST_ROWS = 110, 20  # of a terminal


def facts(look: Look, unit: str = "") -> list[str]:
    """What there is: examples, shape, scale, and what a network without any knowledge achieves. unit: of the target."""
    channels, height, width = look.shape
    many = f"{count(look.train)} training and {count(look.test)} test examples"
    if look.is_images:
        what = f"images of {height} by {width} pixels, {count(channels)} channel{'s' if channels > 1 else ''}"
    elif channels > 1:
        what = f"signals of {count(channels)} channels, {count(width)} long"
    else:
        what = f"rows of {count(width)} {'number' if width == 1 else 'numbers'}"
    scale = "" if len(look.scales) > 1 else f", {_scale(look.scale)}"  # columns have each their own
    texts = [f"{many}: {what}{scale}."]
    if look.counts:
        right = f"{(look.majority or 0) * 100:.1f} % of the test examples"
        texts.append(f"{count(len(look.counts))} classes; always the most frequent one would be right on {right}.")
    if look.target:
        of = f" {unit}" if unit else ""
        numbers = "numbers" if look.target.outputs > 1 else "a number"
        texts.append(
            f"The target is {numbers}, {_scale(look.target.scale, of)}. A network must beat the mean of the training "
            f"targets, whose error on the test examples is {significant(look.target.error_of_mean)}{of}."
        )
    return [*texts, *(f"{note[0].upper()}{note[1:]}." for note in look.notes)]


def doubts(look: Look) -> list[str]:
    """What may be wrong with the data, each with what to do; empty if nothing was found."""
    return [
        *_doubtful_columns(look),
        *_doubtful_scales(look),
        *_doubtful_examples(look),
        *_doubtful_classes(look),
    ]


def _doubtful_columns(look: Look) -> list[str]:
    texts = []
    if look.constant:
        names = "pixels" if look.is_images else f"columns ({few(look.constant, MOST_NAMED)})"
        texts.append(f"{count(len(look.constant))} of {count(_size(look))} {names} never change.")
    if look.counted:
        it = "it" if len(look.counted) == 1 else "them"
        texts.append(
            f"{few(look.counted, MOST_NAMED)}: another whole number in each example. If this is an index or an "
            f"identifier, leave {it} out (`ignore:`)."
        )
    for sentinel in look.sentinels:
        times = "once" if sentinel.count == 1 else f"{count(sentinel.count)} times"
        where = few(sentinel.columns, MOST_NAMED)
        texts.append(
            f"{sentinel.value:.10g} is there {times}, far outside of the other values, in {where}. If it means that "
            "there is no value, replace it or leave these rows out."
        )
    return texts


def _doubtful_scales(look: Look) -> list[str]:
    changing = {name: scale for name, scale in look.scales.items() if scale.deviation > 0}
    if len(changing) < 2:
        return []
    smallest, largest = (end(changing, key=lambda name: changing[name].deviation) for end in (min, max))
    factor = changing[largest].deviation / changing[smallest].deviation
    if factor < DIFFER:
        return []
    return [
        f"The scales differ: {largest} varies {significant(factor, 2)} times as much as {smallest}. "
        "A recipe with `scaling: standard` gives each column the same scale."
    ]


def _doubtful_examples(look: Look) -> list[str]:
    texts = []
    if look.in_both:
        texts.append(
            f"{count(look.in_both)} of {count(look.test)} test examples are training examples as well, "
            "so the result on them is no test."
        )
    if look.repeated:
        also = f", {count(look.contradicted)} of them with another label" if look.contradicted else ""
        texts.append(f"{count(look.repeated)} of {count(look.train)} training examples repeat an earlier one{also}.")
    return texts


def _doubtful_classes(look: Look) -> list[str]:
    texts = []
    if untested := [name for name, (_, test) in look.counts.items() if not test]:
        texts.append(f"No test example is of {few(untested, MOST_NAMED)}.")
    numbers = {name: train for name, (train, _) in look.counts.items()}
    if numbers and max(numbers.values()) >= UNEVEN * min(numbers.values()):
        rare, frequent = min(numbers, key=numbers.__getitem__), max(numbers, key=numbers.__getitem__)
        texts.append(
            f"The classes are uneven: {count(numbers[frequent])} training examples of {frequent}, "
            f"{count(numbers[rare])} of {rare}."
        )
    alike: dict[str, list[str]] = {}
    for name in look.counts:
        alike.setdefault(name.casefold(), []).append(name)
    same = [names for names in alike.values() if len(names) > 1]
    texts += [f"{' and '.join(names)} are classes of their own, although they differ in case only." for names in same]
    return texts


def class_rows(look: Look) -> list[tuple[str, ...]]:
    """What CLASS_HEAD says, for each class."""
    return [(name, count(train), count(test)) for name, (train, test) in look.counts.items()]


def column_rows(look: Look) -> list[tuple[str, ...]]:
    """What COLUMN_HEAD says, for each column, in training."""
    return [
        (name, *map(_number, (scale.lowest, scale.highest, scale.mean, scale.deviation)))
        for name, scale in look.scales.items()
    ]


def _size(look: Look) -> int:
    channels, height, width = look.shape
    return channels * height * width


def _scale(scale: Scale, unit: str = "") -> str:
    return (
        f"{_number(scale.lowest)} to {_number(scale.highest)}{unit}, on average {_number(scale.mean)}{unit} "
        f"(standard deviation {_number(scale.deviation)})"
    )


def _number(value: float) -> str:
    return f"{value:.4g}" if abs(value) >= 1e15 or 0 < abs(value) < 1e-6 else significant(value)


def lines(title: str, look: Look, unit: str = "") -> list[str]:
    """For a terminal: sentences, then the first classes and columns as tables."""
    doubtful = doubts(look) or ["Nothing in it is suspect."]
    told = [title, *(_wrapped(text) for text in facts(look, unit)), "", *map(_wrapped, doubtful)]
    for head, rows in ((CLASS_HEAD, class_rows(look)), (COLUMN_HEAD, column_rows(look))):
        if rows:
            told += ["", *_aligned([head, *rows[:MOST_ROWS]])]
            told += [f"  … and {count(len(rows) - MOST_ROWS)} more"] if len(rows) > MOST_ROWS else []
    return told


def _wrapped(text: str) -> str:
    return textwrap.fill(text, WIDTH, initial_indent="  - ", subsequent_indent="    ")


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    first, *widths = (max(map(len, column)) for column in zip(*rows, strict=True))
    return [
        "  ".join(["", name.ljust(first), *(text.rjust(width) for text, width in zip(texts, widths, strict=True))])
        for name, *texts in rows
    ]
