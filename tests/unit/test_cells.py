"""The identity of what is measured, read from the wildcards of a path."""

from types import SimpleNamespace

import pytest

from payoff.cells import Cell

WILDCARDS = {
    "study": "quick",
    "dataset": "digits",
    "model": "numpy_mlp",
    "mode": "eager",
    "recipe": "short",
    "device": "cpu",
    "hidden_size": "32",
    "threads": "1",
    "repetition": "2",
}


@pytest.mark.parametrize("kind", [dict, lambda texts: SimpleNamespace(**texts)])
def test_a_cell_is_read_from_wildcards_with_its_numbers_as_numbers(kind):
    expected = Cell("digits", "numpy_mlp", "eager", "short", "cpu", hidden_size=32, threads=1)
    assert Cell.from_wildcards(kind(WILDCARDS)) == expected


def test_wildcards_that_lack_a_field_are_no_cell():
    with pytest.raises(KeyError, match="threads"):
        Cell.from_wildcards({name: text for name, text in WILDCARDS.items() if name != "threads"})
