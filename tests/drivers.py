"""A driver of NVIDIA's for tests: a small library in C, which the real pynvml calls. No GPU is needed."""

import ctypes
import shutil
import subprocess

import pynvml
import pytest
from conftest import HOME

from payoff.machine import nvml
from payoff.machine.nvml import survey

VISIBLE = "CUDA_VISIBLE_DEVICES"


@pytest.fixture(scope="session")
def library(tmp_path_factory):
    """A folder with a libnvidia-ml.so.1."""
    if shutil.which("cc") is None:
        pytest.skip("no C compiler")
    path = tmp_path_factory.mktemp("nvml") / "libnvidia-ml.so.1"
    subprocess.run(["cc", "-shared", "-fPIC", "-o", path, HOME / "tests/pretend/nvml.c"], check=True)
    return path


@pytest.fixture
def driver(library, monkeypatch):
    """A function that sets these variables of the environment, in a process that has loaded the library."""
    monkeypatch.setattr(pynvml, "nvmlLib", ctypes.CDLL(str(library)))
    monkeypatch.setattr(pynvml, "_nvmlGetFunctionPointer_cache", {})
    monkeypatch.setattr(nvml, "PERIOD_S", 0.01)
    for name in (VISIBLE, "CUDA_DEVICE_ORDER"):
        monkeypatch.delenv(name, raising=False)

    def told(**variables):
        for name, value in variables.items():
            monkeypatch.setenv(name, str(value))
        survey.cache_clear()

    told()
    yield told
    survey.cache_clear()
