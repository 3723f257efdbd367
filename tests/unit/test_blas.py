"""BLAS's rank-one update without the rest of scipy.linalg."""

import subprocess
import sys

import numpy as np
import pytest
from conftest import HOME, as_user
from scipy.linalg import blas

import payoff.models.blas
from payoff.models.blas import ger


@pytest.fixture(params=["the extension", "no such file"])
def found(request, monkeypatch):
    if request.param == "no such file":
        monkeypatch.setattr(payoff.models.blas, "EXTENSION_SUFFIXES", [".gone"])


@pytest.mark.usefixtures("found")
@pytest.mark.parametrize(("dtype", "of_scipy"), [(np.float32, blas.sger), (np.float64, blas.dger)])
def test_it_is_scipy_s_and_works_in_place(dtype, of_scipy):
    draw = np.random.default_rng(0)
    x, y = draw.normal(size=5).astype(dtype), draw.normal(size=3).astype(dtype)
    a = np.asfortranarray(draw.normal(size=(5, 3)), dtype)
    expected = of_scipy(-0.5, x, y, a=a.copy(order="F"))
    assert ger(dtype)(-0.5, x, y, 1, 1, a, 1, 1, 1) is a
    np.testing.assert_array_equal(a, expected)


@pytest.mark.parametrize(("batch_size", "loaded"), [(128, set()), (1, {"scipy.linalg._fblas"})])
def test_a_run_of_numpy_loads_no_more_of_scipy_than_it_needs(batch_size, loaded):
    program = f"""
import sys
import numpy as np
from payoff.models.blueprint import Blueprint
from payoff.models.numpy_mlp import build
from payoff.recipes import Recipe
recipe = Recipe("unit", "cross_entropy", "sgd", learning_rate=0.1, batch_size={batch_size}, epochs=1)
network = build(Blueprint(recipe, (1, 2, 2), 3, 2, "cpu", 1))
order = np.arange({batch_size})
network.train(np.ones((4, 4), np.float32)[order % 4], np.zeros(len(order), int), order, {batch_size})
print(*sorted(name for name in sys.modules if name.startswith("scipy")))
"""
    done = subprocess.run([sys.executable, "-c", program], env=as_user(HOME), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert set(done.stdout.split()) <= loaded
