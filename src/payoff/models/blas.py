"""BLAS's rank-one update, without the rest of scipy.linalg."""

from collections.abc import Callable
from importlib.machinery import EXTENSION_SUFFIXES
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import numpy as np


def ger(dtype: type) -> Callable:
    """scipy.linalg.blas.sger or dger: A <- alpha x y' + A, in place if A is in Fortran order and `overwrite_a` is set.

    dtype: np.float32 or np.float64. docs/decisions/blas-in-place.md says why this does not import scipy.linalg.
    """
    routines = _wrappers()
    found: dict[type, Callable] = {np.float32: routines.sger, np.float64: routines.dger}
    return found[dtype]


def _wrappers() -> ModuleType:
    """The extension from which scipy.linalg.blas has its routines; that module itself, where there is no such file."""
    for folder in getattr(find_spec("scipy"), "submodule_search_locations", None) or ():
        for path in (Path(folder, f"linalg/_fblas{suffix}") for suffix in EXTENSION_SUFFIXES):
            spec = spec_from_file_location("scipy.linalg._fblas", path) if path.exists() else None
            if spec and spec.loader:
                extension = module_from_spec(spec)
                spec.loader.exec_module(extension)
                return extension
    from scipy.linalg import blas

    return blas
