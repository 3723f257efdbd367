"""Data roots that are nearly in place: their data are found, and it is said where."""

import gzip
import hashlib
import json
import os
import shutil
from pathlib import Path

import pytest
from conftest import HOME

from payoff.datasets import download
from payoff.datasets.data_root import existing
from payoff.datasets.download import DownloadError, RawFile, copy_from, download_dataset, layouts
from payoff.datasets.prepare import prepare_dataset
from payoff.datasets.registry import DATASETS
from payoff.study.configuration import configure

LABORATORY = os.environ.get("PAYOFF_DATA_ROOT", "")
NAMES = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
CONTENT = {name: name.encode() * 100 for name in NAMES}


def md5(content: bytes) -> str:
    return hashlib.md5(content).hexdigest()


PACKED = [RawFile(f"MNIST/raw/{name}.gz", md5(b"packed " + content)) for name, content in CONTENT.items()]
UNPACKED = [RawFile(f"MNIST/raw/{name}", md5(content)) for name, content in CONTENT.items()]


def laid_out(folder: Path, *, packed: bool = True, rename=lambda name: name) -> None:
    folder.mkdir(parents=True)
    for name, content in CONTENT.items():
        (folder / rename(f"{name}.gz" if packed else name)).write_bytes(b"packed " + content if packed else content)


@pytest.mark.parametrize(
    ("folder", "root", "how"),
    [
        ("data/MNIST/raw", "data", {"packed": False}),
        ("data/MNIST/raw", "data/MNIST", {}),
        ("data/MNIST/raw", "data/MNIST/raw", {}),
        ("data/sets/MNIST/raw", "data", {}),
        ("data/mnist/RAW", "data", {}),
        ("data/MNIST", "data", {}),
        ("data", "data", {}),
        ("data/MNIST/raw", "data/cifar-10-batches-py", {}),
        ("data", "data", {"packed": False, "rename": lambda name: name.replace("-idx", ".idx")}),
        ("data", "data", {"packed": False, "rename": str.upper}),
    ],
)
def test_a_data_root_nearly_in_place_is_found_and_it_is_said(tmp_path, capsys, folder, root, how):
    laid_out(tmp_path / folder, **how)
    (tmp_path / root).mkdir(exist_ok=True)
    origins = copy_from(tmp_path / root, tmp_path / "here", [PACKED, UNPACKED])
    layout = PACKED if how.get("packed", True) else UNPACKED
    assert list(origins) == layout
    assert all(md5((tmp_path / "here" / file.path).read_bytes()) == file.md5 for file in layout)
    is_in_place = (tmp_path / root / layout[0].path).is_file()
    assert (f"they were found in {tmp_path / folder}" in capsys.readouterr().out) == (not is_in_place)


def test_of_files_with_one_name_those_with_the_right_checksum_are_taken(tmp_path):
    """MNIST and Fashion-MNIST have the same names."""
    laid_out(tmp_path / "a/FashionMNIST")
    for file in (tmp_path / "a/FashionMNIST").iterdir():
        file.write_bytes(b"clothes")
    with pytest.raises(DownloadError, match="with another checksum: FashionMNIST/train-images"):
        copy_from(tmp_path / "a", tmp_path / "here", [PACKED, UNPACKED])
    laid_out(tmp_path / "a/Mnist")
    assert set(copy_from(tmp_path / "a", tmp_path / "here", [PACKED]).values()) == {
        f"data root, Mnist/{name}.gz" for name in NAMES
    }


def test_a_path_may_begin_at_home_or_have_another_case(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "Data/Sets").mkdir(parents=True)
    assert existing("~/Data/Sets") == existing("~/data/sets") == tmp_path / "Data/Sets"
    assert existing("~/data/other") is None
    settings = configure({"data_root": "~/data/SETS"}, "config.yaml", HOME / "workflow" / "studies")
    assert settings.data_root == "~/data/SETS"
    (tmp_path / "data").mkdir()
    (tmp_path / "DATA").mkdir()
    assert existing("~/dATA") is None


@pytest.mark.slow
@pytest.mark.skipif(not LABORATORY, reason="PAYOFF_DATA_ROOT names no data root")
def test_an_unpacked_mnist_gives_the_same_data_set(tmp_path):
    """The checksums of the unpacked files are those of the published ones."""
    packed, unpacked = layouts("MNIST")
    for source, target in zip(packed, unpacked, strict=True):
        content = gzip.decompress((Path(LABORATORY) / source.path).read_bytes())
        assert md5(content) == target.md5 == download.UNPACKED[source.md5]
        (tmp_path / "root").mkdir(exist_ok=True)
        (tmp_path / "root" / Path(target.path).name).write_bytes(content)
    bytes_of = []
    for root in (LABORATORY, str(tmp_path / "root")):
        folder = tmp_path / "mnist"
        download_dataset("MNIST", folder, folder / "manifest.json", data_root=root)
        prepare_dataset(DATASETS["mnist"], folder / "manifest.json", folder, tmp_path / "mnist.npz")
        bytes_of.append(md5((tmp_path / "mnist.npz").read_bytes()))
        assert json.loads((folder / "manifest.json").read_text())[0]["origin"].startswith("data root, ")
        shutil.rmtree(folder)
    assert bytes_of[0] == bytes_of[1]
