"""Ways (model, mode), as tests take them."""

from collections.abc import Iterable

import pytest


def marked(ways: Iterable[tuple[str, str]]) -> list:
    """Those that XLA compiles are slow: it takes a second or two for what a test needs."""
    return [pytest.param(way, marks=pytest.mark.slow) if way[1] == "jit" else way for way in ways]
