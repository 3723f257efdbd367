"""Ways (model, mode), as tests take them."""

import os
from collections.abc import Iterable

import pytest

from payoff.models import torch_compiled
from payoff.models.registry import cannot_compile

COMPILED = ("jit", "compiled")


@pytest.fixture(autouse=True)
def traced_only(request, monkeypatch):
    """In a module that imports this, torch.compile traces each step to one program, which torch then executes as it is.
    To have it compiled takes ten times as long; the tests marked `compiler` do so."""
    if "compiler" in request.keywords:
        need_compiler()
    else:
        monkeypatch.setattr(torch_compiled, "BACKEND", "aot_eager")


def need_compiler() -> None:
    """Skip the test without a C++ compiler; where PAYOFF_REQUIRE_COMPILER is set, as in CI, fail it."""
    if reason := cannot_compile():
        (pytest.fail if os.environ.get("PAYOFF_REQUIRE_COMPILER") else pytest.skip)(reason)


def marked(ways: Iterable[tuple[str, str]]) -> list:
    """Those that are compiled are slow: it takes a second or more for what a test needs."""
    return [pytest.param(way, marks=pytest.mark.slow) if way[1] in COMPILED else way for way in ways]
