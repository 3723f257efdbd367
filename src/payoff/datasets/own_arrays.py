"""Read a user's .npz: which of its arrays are the features and the labels, and what their axes mean."""

import io
import math
import re
import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np

from payoff.datasets.faults import Faults
from payoff.datasets.parts import Part, as_float32
from payoff.datasets.spec import MOST_BYTES
from payoff.datasets.split_names import NAMES_OF_PARTS, VALIDATION_LEFT_OUT, VALIDATION_TESTS
from payoff.errors import UserError, few
from payoff.files.contracts import did_you_mean

ROLES = ("features", "labels")
FEATURES = ("features", "x", "data", "images", "inputs", "input", "signals", "samples")
LABELS = ("labels", "y", "target", "targets", "label", "classes", "outputs")
IMAGES = ("images", "image")
COLOURS = (1, 3)  # channels of an image that stands in an array
OBJECTS = (
    "numbers: np.savez(file, X=np.stack(list(X)).astype('float32'), y=y.astype(str)), for examples of one shape "
    "(cut or pad them first)"
)

Shape = tuple[int, int, int]


def read_arrays(
    path: str, content: bytes, options: Mapping[str, Any], shape: Shape | None
) -> tuple[list[Part], list[str]]:
    """-> [all], or [train, test] where the arrays have such names; and notes. Raises UserError that names the row."""
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            names = arrays.files
            chosen, notes = _choose(path, names, options)
            wanted = [name for pair in chosen.values() for name in pair]
            _check_size(content, wanted)
            objects = [name for name in wanted if _is_of_objects(content, name)]
            if not objects:
                found = {part: (arrays[x], arrays[y]) for part, (x, y) in chosen.items()}
    except UserError:
        raise
    except Exception as error:  # of numpy, zipfile or zlib, depending on which bytes are broken
        raise UserError(f"{path}: found no readable .npz ({error}); allowed: what numpy.savez writes") from None
    if objects:
        what = f"Python objects in {few(objects)}, which could run code when they are read"
        raise UserError(f"{path}: found {what}; allowed: {OBJECTS}")
    parts = []
    for part, (x, y) in chosen.items():
        features, labels = found[part]
        images, understood = _as_images(path, x, features, shape)
        labels, one_hot = _one_per_example(path, y, labels, len(features), options["target"])
        notes += [note for note in (*understood, *one_hot) if note not in notes]
        parts.append(Part(images, labels, _row_of(part), path))
    kinds = [f"{part.images.dtype} {part.images.shape[1:]}" for part in parts]
    if len(set(kinds)) > 1:
        names = zip((x for x, _ in chosen.values()), kinds, strict=True)
        found_kinds = ", ".join(f"{name} with examples of {kind}" for name, kind in names)
        raise UserError(f"{path}: found {found_kinds}; allowed: the same for training and testing")
    return parts, notes


def _check_size(content: bytes, names: list[str]) -> None:
    """Raise ValueError if the arrays say that they are too large; zipfile reads no more of each than it says it has."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        size = sum(file.file_size for file in archive.infolist() if file.filename.removesuffix(".npy") in names)
    if size > MOST_BYTES:
        raise ValueError(f"{size:,} bytes of numbers, more than {MOST_BYTES:,}")


def _row_of(part: str):
    return (lambda row: f"row {row}") if not part else (lambda row: f"{part}: row {row}")


def _choose(path: str, names: list[str], options: Mapping[str, Any]) -> tuple[dict[str, tuple[str, str]], list[str]]:
    """Part ("" for all, else train and test) -> the names of its features and of its labels; and notes."""
    stated = {key: options[key] for key in ("features", "labels") if key in options}
    for key, name in stated.items():
        if name not in names:
            raise UserError(f"{path}: found no array {name!r}; allowed: as `{key}`, one of {did_you_mean(name, names)}")
    found: dict[str, dict[str, list[str]]] = {}
    for name in names:
        part, role = _meaning(name)
        if role and (role not in stated or stated[role] == name):
            found.setdefault(part, {}).setdefault(role, []).append(name)
    if stated:
        found = {"": {role: [stated[role]] if role in stated else found.get("", {}).get(role, []) for role in ROLES}}
    if "" in found and found.keys() & {"test", "validation"}:
        found["train"] = found.pop("") | found.get("train", {})
    parts = [part for part in ("train", "test") if part in found] if "train" in found else [""]
    notes = []
    if "validation" in found and "train" in found:
        parts, note = (parts, VALIDATION_LEFT_OUT) if "test" in found else (["train", "validation"], VALIDATION_TESTS)
        notes.append(note)
    chosen = {}
    for part in parts:
        roles = found.get(part, {})
        if missing := [role for role in ROLES if not roles.get(role)]:
            of_part = f" for {part}" if part else ""
            allowed = f"{', '.join(FEATURES)} and {', '.join(LABELS)}, or names that `features:` and `labels:` state"
            what = f"missing {', '.join(missing)}{of_part}; found {few(names) or 'no array'}"
            raise UserError(f"{path}: {what}; allowed: {allowed}")
        for role in ROLES:
            if len(roles[role]) > 1:
                which = f"one of them, stated by `{role}: {roles[role][0]}`"
                raise UserError(f"{path}: found {few(roles[role])}; allowed: {which}")
        chosen["test" if part == "validation" else part] = (roles["features"][0], roles["labels"][0])
    if parts == ["train"]:  # nothing to test with beside it
        chosen = {"": chosen["train"]}
    pairs = [f"{x} and {y}" for x, y in chosen.values()]
    if pairs != ["features and labels"]:
        notes.append(f"its arrays {', '.join(pairs)} are features and labels")
    return chosen, notes


def _meaning(name: str) -> tuple[str, str]:
    """x_train -> (train, features); ("", "") for a name that says nothing."""
    words = [word for word in re.split(r"[_\W]+|(?<=[a-z])(?=[A-Z])", name) if word]
    parts = [NAMES_OF_PARTS[word.casefold()] for word in words if word.casefold() in NAMES_OF_PARTS]
    rest = [word.casefold() for word in words if word.casefold() not in NAMES_OF_PARTS]
    if not parts and len(rest) == 1 and (fused := re.fullmatch(r"(x|y)(tr|train|te|test|val)", rest[0])):
        rest, parts = [fused[1]], [NAMES_OF_PARTS.get(fused[2], {"tr": "train", "te": "test"}.get(fused[2], ""))]
    if len(rest) != 1 or len(parts) > 1:
        return "", ""
    role = "features" if rest[0] in FEATURES else "labels" if rest[0] in LABELS else ""
    return (parts[0] if parts else ""), role


def _is_of_objects(content: bytes, name: str) -> bool:
    with zipfile.ZipFile(io.BytesIO(content)) as archive, archive.open(f"{name}.npy") as array:
        version = np.lib.format.read_magic(array)
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        return bool(read(array)[2].hasobject)


def _as_images(path: str, name: str, array: np.ndarray, shape: Shape | None) -> tuple[np.ndarray, list[str]]:
    """(n, channels, height, width), as `shape` says or as the axes of the array let it be understood; and notes.

    uint8 stays so for images, other numbers become float32. Raises UserError where the axes may mean several things.
    """
    allowed = "(n, d), (n, channels, length), (n, height, width), or with colours (n, height, width, 3)"
    faults = [
        (array.ndim not in (2, 3, 4), f"{name} of shape {array.shape}", allowed),
        (array.dtype.kind not in "iuf", f"{name} of {array.dtype}", "numbers"),
        (0 in array.shape, f"{name} of shape {array.shape}", "at least one number"),
    ]
    for is_fault, what, allowed in faults:
        if is_fault:
            raise UserError(f"{path}: found {what}; allowed: {allowed}")
    notes: list[str] = []
    if shape:
        images = _of_shape(path, name, array, shape)
    else:
        images, notes = _understood(path, name, array)
    images = np.ascontiguousarray(images)
    if images.dtype == np.uint8 and images.shape[2] > 1:
        return images, notes
    columns, found = images.reshape(len(images), -1), Faults(path)
    held = as_float32(columns, lambda column: f"{name}: number {column} of each example", found)
    for row in np.flatnonzero(~np.isfinite(held).all(axis=1)):
        bad = held[row][~np.isfinite(held[row])][0]
        found.add("finite", f"row {row}: {name}", str(bad), "finite numbers")
    found.raise_any()
    return held.reshape(images.shape), notes


def _of_shape(path: str, name: str, array: np.ndarray, shape: Shape) -> np.ndarray:
    channels, height, width = shape
    axes = array.shape[1:]
    in_order = [
        (math.prod(shape),),
        shape,
        *([(height, width)] * (channels == 1)),
        *([(channels, width)] * (height == 1)),
    ]
    if axes in in_order:
        return array.reshape(-1, *shape)
    if axes in [(height, width, channels), *([(width, channels)] * (height == 1))]:  # channels last
        return np.moveaxis(array, -1, 1).reshape(-1, *shape)
    allowed = f"{math.prod(shape):,} numbers per example, or axes of the shape {list(shape)}, channels first or last"
    raise UserError(f"{path}: found {name} of shape {array.shape}; allowed: {allowed}")


def _understood(path: str, name: str, array: np.ndarray) -> tuple[np.ndarray, list[str]]:
    say = "allowed: `shape: [channels, height, width]` in the entry, with 1 as the height of signals"
    match array.shape[1:]:
        case (length,):
            return array.reshape(-1, 1, 1, length), []
        case (first, last):
            words = {word.casefold() for word in re.split(r"[_\W]+", name)}
            if first == last or array.dtype == np.uint8 or words & set(IMAGES):
                return array[:, np.newaxis], [f"its examples are images of {first} by {last} pixels with one channel"]
            if last >= 2 * first:
                return array[:, :, np.newaxis], [
                    f"its examples are signals of {first} channel{'s' if first > 1 else ''}, {last} long"
                ]
            signals = f"signals of {first} channels ([{first}, 1, {last}]) or of {last} ([{last}, 1, {first}])"
            found = f"images of {first} by {last} pixels ([{first}, {last}]), {signals}"
            raise UserError(f"{path}: found {name} of shape {array.shape}, which may be {found}; {say}")
        case (first, second, last):
            if (last in COLOURS) == (first in COLOURS):
                raise UserError(
                    f"{path}: found {name} of shape {array.shape}, with colours at neither or both ends; {say}"
                )
            if last in COLOURS:
                return array.transpose(0, 3, 1, 2), [f"its examples are images of {first} by {second} pixels"]
            return array, [f"its examples are images of {second} by {last} pixels"]
    raise AssertionError("of 2, 3 or 4 axes")


def _one_per_example(
    path: str, name: str, labels: np.ndarray, examples: int, target: str
) -> tuple[np.ndarray, list[str]]:
    """(n,), from (n,), (n, 1), or for classes (n, classes) with a single 1 in each row."""
    if labels.shape == (examples, 1):
        return labels[:, 0], []
    is_one_hot = target == "class" and labels.ndim == 2 and len(labels) == examples and labels.dtype.kind in "iufb"
    if is_one_hot and (((labels == 0) | (labels == 1)).all() and (labels.sum(axis=1) == 1).all()):
        return labels.argmax(axis=1), [f"the place of the 1 in each row of {name} is its class, from 0"]
    if labels.shape != (examples,):
        raise UserError(f"{path}: found {name} of shape {labels.shape}; allowed: {(examples,)}, one per example")
    return labels, []
