"""CIFAR-10 on its way to a machine without a network: the same bytes come out as went in."""

import hashlib
import importlib.util
import pickle
import struct
from pathlib import Path

import numpy as np
import pytest
from conftest import HOME

from payoff.datasets.download import RawFile
from payoff.errors import UserError


@pytest.fixture
def carry(monkeypatch):
    """The program, for files of 200 images each."""
    spec = importlib.util.spec_from_file_location("carry_cifar10", HOME / "benchmarks/carry_cifar10.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "IMAGES", 200)
    monkeypatch.setattr(module, "MOST_BYTES", 700_000)  # one and a half of these files: noise does not get smaller
    return module


@pytest.fixture
def root(carry, tmp_path, monkeypatch) -> Path:
    """Three files like those of CIFAR-10, the last one without pixels, in a data root."""
    draw = np.random.default_rng(1)
    folder = tmp_path / "root/cifar"
    folder.mkdir(parents=True)
    for name in ("one", "two"):
        pixels = draw.integers(0, 256, (200, 3072), dtype=np.uint8)
        before, after = (b"\x80\x02}q\x01(U\x04dataq\x02T", b"U\x0bbatch_label of " + name.encode())
        (folder / name).write_bytes(before + struct.pack("<I", pixels.size) + pixels.tobytes() + after)
    (folder / "names").write_bytes(pickle.dumps(["cat", "dog"], protocol=2))
    files = [
        RawFile(f"cifar/{path.name}", hashlib.md5(path.read_bytes()).hexdigest()) for path in sorted(folder.iterdir())
    ]
    monkeypatch.setattr(carry, "layouts", lambda name: [files])
    return tmp_path / "root"


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.slow
def test_the_same_bytes_come_out(carry, root, tmp_path):
    carry.pack(root, tmp_path / "packed")
    parts = sorted((tmp_path / "packed").iterdir())
    assert [part.name for part in parts] == ["1", "2"]
    for part in parts:
        assert sum(map(len, contents(part).values())) < 1.1 * 700_000
        carry.unpack(part, tmp_path / "again")
    assert contents(tmp_path / "again") == contents(root)


def test_a_part_that_was_damaged_is_refused(carry, root, tmp_path):
    carry.pack(root, tmp_path / "packed")
    damaged = next((tmp_path / "packed").glob("*/one.rest"))
    other = next((tmp_path / "packed").glob("*/two.rest"))
    damaged.write_bytes(other.read_bytes())
    with pytest.raises(UserError, match=r"one: found md5 \w+; allowed: \w+"):
        carry.unpack(damaged.parent, tmp_path / "again")
    assert not (tmp_path / "again/cifar/one").exists()


def test_a_data_root_without_the_files_is_named(carry, root, tmp_path):
    (root / "cifar/two").unlink()
    with pytest.raises(UserError, match=r"cifar/two: missing; allowed: a data root with CIFAR-10"):
        carry.pack(root, tmp_path / "packed")
