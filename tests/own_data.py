"""A user's own data for tests: from an entry of config.yaml to the prepared data set, or to what is said against it."""

import contextlib
from pathlib import Path

import numpy as np
import pytest
from conftest import HOME

from payoff.datasets.prepare import prepare_dataset
from payoff.datasets.splits import PreparedDataset, load
from payoff.errors import UserError
from payoff.study.configuration import configure

STUDIES = HOME / "workflow" / "studies"
CSV = "weight,height,kind\n" + "".join(f"{i}.5,{-i},{'cat' if i % 2 else 'dog'}\n" for i in range(20))
FEATURES = np.random.default_rng(0).standard_normal((20, 3, 50))
LABELS = np.arange(20) % 2


def spec_of(**entry):
    return configure({"datasets": {"mine": entry}}, "config.yaml", STUDIES).datasets["mine"]


def prepared(path: Path, **entry) -> PreparedDataset:
    spec = spec_of(path=str(path), **entry)
    with contextlib.chdir(path.parent):
        prepare_dataset(spec, None, None, Path("prepared.npz"))
        return load(Path("prepared.npz"))


def refusal_of(path: Path, **entry) -> str:
    """What is said, in one line, of data that are refused; nothing is left behind."""
    message = _said_against(path, **entry)
    assert len(message.splitlines()) == 1
    return message


def refusals_of(path: Path, **entry) -> str:
    """The same in one line or more, without the path at the beginning."""
    return _said_against(path, **entry).removeprefix(f"{path}: ")


def _said_against(path: Path, **entry) -> str:
    (path.parent / "prepared.npz").unlink(missing_ok=True)  # of an earlier call in the same test
    with pytest.raises(UserError) as caught:
        prepared(path, **entry)
    assert not (path.parent / "prepared.npz").exists()
    return str(caught.value)


def save(path: Path, **arrays) -> Path:
    np.savez(path, **arrays)
    return path
