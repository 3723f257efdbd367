"""A trained network as one safetensors file: arrays by name, and in its header, as JSON, what they are.

The arrays are those of Network.state(), and for the scaling `standard` also scaling.mean and scaling.deviation.
The format (github.com/huggingface/safetensors) holds no code, so loading a stranger's file runs no code.
"""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.numpy
from safetensors import SafetensorError, safe_open

from payoff import recipes
from payoff.datasets.drawings import Drawings
from payoff.datasets.scaling import Scaling
from payoff.failures import RunFailure
from payoff.files.contracts import ContractError, check, fault
from payoff.files.whole import appearing_whole
from payoff.models.shapes import ARCHITECTURES
from payoff.recipes import Recipe
from payoff.trained.network import UNKNOWN, TrainedNetwork

FORMAT_VERSION = 1
HEADER = "payoff"
REGISTRIES = {"architectures": ARCHITECTURES, **recipes.REGISTRIES}
DTYPES = {"F32": "float32", "F64": "float64", "I64": "int64"}  # safetensors' names of the types in a file


def save(trained: TrainedNetwork, path: Path) -> None:
    """Write the whole file, or nothing. The same network gives the same bytes."""
    arrays = {
        name: np.ascontiguousarray(array) for name, array in ({**trained.state, **scaling_arrays(trained)}).items()
    }
    with appearing_whole(path) as temporary:
        header = {HEADER: json.dumps(document(trained), ensure_ascii=False)}
        temporary.write_bytes(safetensors.numpy.save(arrays, header))  # other users could not read save_file's file


def load(path: Path) -> TrainedNetwork:
    """Read a file that `save` wrote on any machine. Raises ContractError with one line per fault if it does not fit."""
    try:
        with safe_open(path, framework="numpy") as file:
            trained = _described((file.metadata() or {}).get(HEADER), str(path))
            expected = _expected(trained, str(path))
            found = {name: file.get_slice(name) for name in file.keys()}  # noqa: SIM118 (no mapping)
            found = {name: (tuple(array.get_shape()), array.get_dtype()) for name, array in found.items()}
            _check_arrays(found, expected, str(path))
            arrays = {name: file.get_tensor(name) for name in expected}
    except FileNotFoundError:
        raise ContractError(f"{path}: no such file") from None
    except OSError as error:
        raise ContractError(f"{path}: {error.strerror or error}") from None
    except SafetensorError as error:
        raise ContractError(f"{path}: not a trained network: {error}; allowed: a safetensors file") from None
    scaling = {name.removeprefix("scaling."): arrays.pop(name) for name in list(arrays) if name.startswith("scaling.")}
    return replace(trained, state=arrays, scaling=replace(trained.scaling, **scaling))


def document(trained: TrainedNetwork) -> dict[str, Any]:
    """Everything except the arrays, in the form of the schema `network`."""
    plain = {key: value for key, value in vars(trained).items() if key not in ("state", "scaling", "drawings")}
    # as in a study file: empty lists are left out
    recipe = {key: value for key, value in trained.recipe.to_document().items() if value != ()}
    drawings = trained.drawings
    known = {} if drawings == UNKNOWN else {"drawings": drawings and drawings.document()}
    return {
        "format_version": FORMAT_VERSION,
        **plain,
        **known,
        "recipe": recipe,
        "image_shape": trained.image_shape,
        "max_value": trained.scaling.max_value,
    }


def scaling_arrays(trained: TrainedNetwork) -> dict[str, np.ndarray]:
    """The arrays of the scaling, by name; only `standard` has any."""
    kept = {"scaling.mean": trained.scaling.mean, "scaling.deviation": trained.scaling.deviation}
    return {name: array for name, array in kept.items() if array is not None}


def _described(header: str | None, file: str) -> TrainedNetwork:
    """The network that a header describes, still without its arrays."""
    if header is None:
        raise ContractError(f"{file}: not a trained network: its header has no {HEADER}; allowed: a file from payoff")
    try:
        values = json.loads(header)
    except json.JSONDecodeError as error:
        raise ContractError(f"{file}: {HEADER}: not valid JSON: {error}") from None
    check(values, "network", file, REGISTRIES)
    recipe = Recipe.from_document(values["recipe"])
    if mistake := recipe.fault():
        field, found, allowed = mistake
        raise ContractError(fault(file, f"recipe.{field}", found, allowed))
    for key in ("stored_shape", "image_shape", "classes"):
        values[key] = tuple(values[key])
    image_shape, max_value = values.pop("image_shape"), values.pop("max_value")
    del values["format_version"]
    if drawings := values.get("drawings"):
        values["drawings"] = Drawings.from_document(drawings)
    scaling = Scaling(recipe.scaling, max_value)
    trained = TrainedNetwork(**values | {"recipe": recipe}, scaling=scaling, state={})
    outputs = len(trained.classes) or trained.outputs
    agreed: tuple[tuple[str, Any, Any], ...] = (
        ("image_shape", image_shape, trained.image_shape),
        ("outputs", trained.outputs, outputs),
    )
    for key, found, allowed in agreed:
        if found != allowed:
            raise ContractError(fault(file, key, found, str(allowed)))
    if trained.epochs_done > recipe.epochs:
        raise ContractError(fault(file, "epochs_done", trained.epochs_done, f"at most the recipe's {recipe.epochs}"))
    return trained


def _expected(trained: TrainedNetwork, file: str) -> dict[str, tuple[tuple[int, ...], str]]:
    """name -> (shape, dtype) of every array that a file must have."""
    try:
        expected = {name: (shape, dtype.name) for name, (shape, dtype) in trained.expected_state().items()}
    except RunFailure as error:
        raise ContractError(f"{file}: recipe.convolutions: {error.detail}") from None
    if trained.scaling.name == "standard":
        expected |= dict.fromkeys(("scaling.mean", "scaling.deviation"), (trained.image_shape, "float32"))
    return expected


def _check_arrays(found: dict, expected: dict, file: str) -> None:
    for name, (shape, dtype) in expected.items():
        if name not in found:
            raise ContractError(f"{file}: {name}: missing; allowed: {_words(shape, dtype)}")
        found_shape, found_dtype = found[name]
        found_dtype = DTYPES.get(found_dtype, found_dtype)
        if (found_shape, found_dtype) != (shape, dtype):
            found_words = _words(found_shape, found_dtype)
            raise ContractError(f"{file}: {name}: found {found_words}; allowed: {_words(shape, dtype)}")
    for name in found:
        if name not in expected:
            raise ContractError(f"{file}: {name}: unknown array; allowed: {', '.join(expected)}")


def _words(shape: tuple[int, ...], dtype: str) -> str:
    return f"{'×'.join(map(str, shape)) or 'a single'} {dtype}"
