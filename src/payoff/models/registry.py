"""MODELS: the list of the models. No other module names them.

A run does not import this module. It gets the name of its model's module, so that a new model here does not make the
timings of the others stale.
"""

import os
import shutil
import sys
import sysconfig
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from payoff.machine.visible import visible_gpus
from payoff.recipes import Recipe

# How a framework executes a step.
MODES = {
    "eager": "operation by operation, as the framework does by default",
    "fused": "with the backward pass written by hand, in place, and no automatic differentiation",
    "graph": "as fused, with many steps recorded in one CUDA graph",
    "compiled": "each step as one program, made by torch.compile",
    "jit": "a block of steps at a time, compiled to one program by XLA",
}

ONLY_EXACT = "automatic differentiation gives the exact gradient only"
JAX_ON_CUDA = ("jax_cuda12_plugin", "jax_cuda13_plugin")  # any of them


@dataclass(frozen=True)
class ModelSpec:
    """A model: a framework's implementation of an architecture.

    Models of one architecture compute the same function from the same weights, so their times can be compared. The
    conformance tests check this in every mode.

    modules: mode -> the module that has `build(blueprint: Blueprint) -> Network`; first the default mode, in which most
    of its users execute it.
    cannot: (device, mode, recipe) -> why this model cannot be trained in this way; None if it can.
    gpus: how many GPUs it uses, if it computes on GPUs.
    """

    title: str
    architecture: str
    modules: Mapping[str, str]
    cannot: Callable[[str, str, Recipe], str | None] = lambda device, mode, recipe: None
    gpus: int = 1

    @property
    def default_mode(self) -> str:
        return next(iter(self.modules))

    def skip(self, device: str, mode: str, recipe: Recipe) -> str | None:
        """Why this model cannot be trained on `device` in `mode` by `recipe`; None if it can."""
        if mode not in self.modules:
            return f"{self.title} has no mode {mode}"
        return self.cannot(device, mode, recipe)


def _numpy_cannot(device: str, _mode: str, _recipe: Recipe) -> str | None:
    return "numpy computes on the CPU only" if device != "cpu" else None


def _torch_mlp_cannot(device: str, mode: str, recipe: Recipe) -> str | None:
    if mode in ("eager", "compiled") and recipe.error_rule != "exact":
        return ONLY_EXACT
    if mode == "compiled":
        return cannot_compile()
    if mode == "graph" and device == "cpu":
        return "CUDA graphs need a GPU"
    if mode == "graph" and recipe.optimizer == "adam":
        return "a CUDA graph cannot count Adam's steps"
    return None


def _split_cannot(device: str, _mode: str, recipe: Recipe) -> str | None:
    if recipe.error_rule != "exact":
        return ONLY_EXACT
    here = 1 if device == "cpu" else len(visible_gpus())
    return f"a network over two devices needs two of {device}, here: {here}" if here < 2 else None


def _torch_cnn_cannot(_device: str, mode: str, recipe: Recipe) -> str | None:
    if recipe.error_rule != "exact":
        return ONLY_EXACT
    return cannot_compile() if mode == "compiled" else None


def cannot_compile() -> str | None:
    """What torch.compile lacks here; None if nothing. It writes C++ and has it compiled, also for a GPU."""
    compiler = os.environ.get("CXX", "clang++" if sys.platform == "darwin" else "g++")
    if shutil.which(compiler) is None:
        return f"torch.compile needs a C++ compiler, and there is no {compiler} here"
    if not Path(sysconfig.get_path("include"), "Python.h").exists():
        return "torch.compile needs Python's header files (package python3-dev of Debian)"
    return None


def _jax_cannot(device: str, _mode: str, recipe: Recipe) -> str | None:
    if recipe.error_rule != "exact":
        return ONLY_EXACT
    if device == "cpu":
        return None
    if device != "cuda":
        return f"JAX is not set up here for {device}"
    return None if any(map(find_spec, JAX_ON_CUDA)) else "JAX's plug-in for CUDA is not installed (payoff[jax-cuda])"


# Names are <framework>_<architecture>. A framework's second model of an architecture has one more word.
MODELS = {
    "numpy_mlp": ModelSpec(
        title="MLP in numpy",
        architecture="mlp",
        modules={"eager": "payoff.models.numpy_mlp"},
        cannot=_numpy_cannot,
    ),
    "torch_mlp": ModelSpec(
        title="MLP in torch",
        architecture="mlp",
        modules={
            "eager": "payoff.models.torch_mlp",
            "fused": "payoff.models.torch_fused_mlp",
            "graph": "payoff.models.torch_graph_mlp",
            "compiled": "payoff.models.torch_compiled_mlp",
        },
        cannot=_torch_mlp_cannot,
    ),
    "torch_cnn": ModelSpec(
        title="CNN in torch",
        architecture="cnn",
        modules={"eager": "payoff.models.torch_cnn", "compiled": "payoff.models.torch_compiled_cnn"},
        cannot=_torch_cnn_cannot,
    ),
    "torch_split_mlp": ModelSpec(
        title="MLP in torch over two devices",
        architecture="mlp",
        modules={"eager": "payoff.models.torch_split_mlp"},
        cannot=_split_cannot,
        gpus=2,
    ),
    "jax_mlp": ModelSpec(
        title="MLP in JAX",
        architecture="mlp",
        modules={"jit": "payoff.models.jax_mlp"},
        cannot=_jax_cannot,
    ),
    "jax_cnn": ModelSpec(
        title="CNN in JAX",
        architecture="cnn",
        modules={"jit": "payoff.models.jax_cnn"},
        cannot=_jax_cannot,
    ),
}
