"""A trained network in formats that other programs read: ONNX, HDF5, or a folder of .npy files.

They hold what is needed to compute the scores. The optimiser's memory is only in the network file.
"""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np

from payoff.files.contracts import ContractError, fault
from payoff.files.whole import appearing_whole
from payoff.trained.file import document, scaling_arrays
from payoff.trained.network import TrainedNetwork


def export(trained: TrainedNetwork, target: Path) -> None:
    """Write the whole target, or nothing. Raises ContractError if its kind is not known."""
    # The suffix chooses the format. An existing folder is a folder even if its name has a suffix.
    kind = "" if target.is_dir() else target.suffix
    if kind not in WRITERS:
        allowed = f"{', '.join(filter(None, WRITERS))}, or none for a folder"
        raise ContractError(fault(str(target), "suffix", kind, allowed))
    if target.is_dir() and any(target.iterdir()):
        raise ContractError(f"{target}: found a folder that is not empty; allowed: an empty one, or a new name")
    if not kind and target.is_file():
        raise ContractError(f"{target}: found a file; allowed: a folder, or a name that ends in .onnx or .h5")
    with appearing_whole(target) as temporary:
        WRITERS[kind](trained, temporary)


def _write_onnx(trained: TrainedNetwork, path: Path) -> None:
    import onnx  # each package is imported only for its format

    from payoff.trained.onnx_graph import onnx_model

    onnx.save(onnx_model(trained), path)


def _write_hdf5(trained: TrainedNetwork, path: Path) -> None:
    """One data set per parameter; the metadata are attributes of the file, each as JSON."""
    import h5py

    with h5py.File(path, "w") as file:
        for name, array in _arrays(trained).items():
            file[name] = array
        for key, value in document(trained).items():
            file.attrs[key] = json.dumps(value, ensure_ascii=False)


def _write_folder(trained: TrainedNetwork, folder: Path) -> None:
    """One .npy file per parameter, and network.json."""
    folder.mkdir()
    arrays = _arrays(trained)
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array, allow_pickle=False)
    shapes = {f"{name}.npy": array.shape for name, array in arrays.items()}
    text = json.dumps(document(trained) | {"files": shapes}, ensure_ascii=False, indent=1)
    (folder / "network.json").write_text(text + "\n", encoding="utf-8")


def _arrays(trained: TrainedNetwork) -> dict[str, np.ndarray]:
    return trained.parameters | scaling_arrays(trained)


WRITERS: dict[str, Callable[[TrainedNetwork, Path], None]] = {
    ".onnx": _write_onnx,
    ".h5": _write_hdf5,
    "": _write_folder,
}
