"""Downloads against a real HTTP server on the loopback; readers on real data."""

import contextlib
import gzip
import hashlib
import http.server
import json
import os
import struct
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from payoff.datasets import download
from payoff.datasets.download import DownloadError, RawFile, copy_from, fetch, layouts, raw_files
from payoff.datasets.prepare import READERS, prepare_dataset
from payoff.datasets.registry import DATASETS
from payoff.datasets.splits import load
from payoff.errors import UserError

GOOD = b"the file as it was published" * 1000
MD5 = hashlib.md5(GOOD).hexdigest()
LABORATORY = os.environ.get("PAYOFF_DATA_ROOT", "")  # a data root with the real MNIST and CIFAR-10

# A byte at a time comes after this: in the first line, a header, the size of a chunk and behind the last chunk.
SLOW = {
    "slow_start": b"HTTP/1.1 200 ",
    "slow_header": b"HTTP/1.1 200 OK\r\nX-Filler: ",
    "slow_size": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;",
    "slow_trailer": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-Filler: ",
}


class Handler(http.server.BaseHTTPRequestHandler):
    """The first part of the path says what comes; an unknown one is missing."""

    def do_GET(self):
        self.server.seen.append(self.path)
        kind = self.path.split("/")[1]
        body = {
            "good": GOOD,
            "busy": GOOD,
            "corrupt": GOOD[::-1],
            "truncated": GOOD,
            "page": b"<!doctype html>not here",
        }.get(kind)
        if kind == "garbage":
            self.wfile.write(b"this is no HTTP")
            return
        if kind == "chunked":  # and cut off before the last chunk
            self.protocol_version = "HTTP/1.1"
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.write(b"ff\r\ntoo short")
            self.close_connection = True
            return
        if kind == "slow":
            self.server.stop.wait()
        if kind in SLOW:
            with contextlib.suppress(OSError):
                self.wfile.write(SLOW[kind])
                while not self.server.stop.wait(0.01):
                    self.wfile.write(b"x")
            return
        if kind in ("drops", "endless"):  # a byte at a time, or without an end
            self.send_response(200)
            self.end_headers()
            with contextlib.suppress(OSError):
                while not self.server.stop.wait(0.01 if kind == "drops" else 0):
                    self.wfile.write(b"x" if kind == "drops" else bytes(100_000))
            return
        if kind == "busy" and self.server.seen.count(self.path) < 3:
            self.send_response(503)
            self.send_header("Retry-After", "7")
            self.end_headers()
            return
        if kind == "full":
            self.send_error(429)
            return
        if kind == "steers":  # the reader's terminal
            self.send_error(500, "\x1b[2Jgone")
            return
        if body is None:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/html" if kind == "page" else "application/octet-stream")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if kind == "truncated" else body)

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.seen = []
        server.stop = threading.Event()
        server.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.stop.set()
        server.shutdown()
        thread.join()


def raw(*addresses: str) -> RawFile:
    return RawFile("Some/raw/file.gz", MD5, addresses)


def files_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("bad", ["corrupt", "truncated", "page", "missing", "chunked", "garbage", "a space"])
def test_the_next_mirror_is_tried(server, tmp_path, bad):
    origin = fetch(raw(f"{server.url}/good/file.gz"), tmp_path, mirrors=[f"{server.url}/{bad}/"])
    assert origin == f"{server.url}/good/file.gz"
    assert (tmp_path / "Some/raw/file.gz").read_bytes() == GOOD
    assert files_in(tmp_path) == ["Some/raw/file.gz"]


def test_a_file_that_is_here_and_whole_is_kept(server, tmp_path):
    for _ in range(2):
        fetch(raw(f"{server.url}/good/file.gz"), tmp_path)
    assert len(server.seen) == 1


def test_a_file_that_is_here_and_spoilt_is_fetched_anew(server, tmp_path):
    (tmp_path / "Some/raw").mkdir(parents=True)
    (tmp_path / "Some/raw/file.gz").write_bytes(GOOD[:100])
    fetch(raw(f"{server.url}/good/file.gz"), tmp_path)
    assert (tmp_path / "Some/raw/file.gz").read_bytes() == GOOD


def test_after_the_last_every_address_is_named_with_its_reason(server, tmp_path, monkeypatch):
    monkeypatch.setattr(download, "TIMEOUT_S", 0.5)
    addresses = [f"{server.url}/{kind}/file.gz" for kind in ("corrupt", "truncated", "page", "missing", "slow")]
    addresses += ["http://127.0.0.1:9/file.gz", "http://no-such-host.invalid/file.gz", "file:///no/such/file.gz"]
    with pytest.raises(DownloadError) as caught:
        fetch(raw(*addresses), tmp_path)
    lines = str(caught.value).splitlines()
    reasons = ["checksum", "truncated", "HTML page", "Not Found", "timed out", "refused", "name", "No such file"]
    for address, reason, line in zip(addresses, reasons, lines[1 : 1 + len(addresses)], strict=True):
        assert address in line
        assert reason in line
    assert "data_root=FOLDER" in lines[-1]
    assert "FOLDER/Some/raw/file.gz" in lines[-1]
    assert files_in(tmp_path) == []


@pytest.mark.parametrize(
    ("kind", "limits", "reason"),
    [
        *((kind, {"PATIENCE_S": 0.2}, "bytes came in a second") for kind in ("drops", *SLOW)),
        ("endless", {"MOST_BYTES": 10_000_000}, "more than 10,000,000 bytes came"),
        ("full", {"WAITS_S": (0, 0)}, "HTTP 429 Too Many Requests"),
        ("steers", {}, r"HTTP 500 \x1b[2Jgone"),
    ],
)
def test_a_server_that_never_ends_or_refuses_gives_way_to_the_next(
    server, tmp_path, monkeypatch, capsys, kind, limits, reason
):
    for name, value in limits.items():
        monkeypatch.setattr(download, name, value)
    assert fetch(raw(f"{server.url}/good/file.gz"), tmp_path, [f"{server.url}/{kind}"]) == f"{server.url}/good/file.gz"
    assert reason in capsys.readouterr().out
    assert len(server.seen) == 1 + (3 if kind == "full" else 1)


def test_a_busy_server_is_asked_again_when_it_says(server, tmp_path, monkeypatch):
    waited = []
    monkeypatch.setattr(download.time, "sleep", waited.append)
    fetch(raw(f"{server.url}/busy/file.gz"), tmp_path)
    assert len(server.seen) == 3
    assert waited == [7, 7]


def test_a_file_address_is_a_mirror_too(tmp_path):
    (tmp_path / "mirror").mkdir()
    (tmp_path / "mirror/file.gz").write_bytes(GOOD)
    origin = fetch(raw(), tmp_path / "here", mirrors=[(tmp_path / "mirror").as_uri()])
    assert origin.startswith("file://")


def test_two_downloads_at_once_do_not_disturb_each_other(server, tmp_path):
    errors = []

    def get(name):
        try:
            fetch(raw(f"{server.url}/good/file.gz"), tmp_path / name)
            fetch(raw(f"{server.url}/good/file.gz"), tmp_path / "shared")
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=get, args=(name,)) for name in ("a", "b", "c", "d")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert files_in(tmp_path) == [f"{name}/Some/raw/file.gz" for name in ("a", "b", "c", "d", "shared")]
    assert (tmp_path / "shared/Some/raw/file.gz").read_bytes() == GOOD


def test_a_data_root_is_copied_only_when_its_checksums_hold(tmp_path):
    (tmp_path / "root/Some/raw").mkdir(parents=True)
    (tmp_path / "root/Some/raw/file.gz").write_bytes(GOOD)
    copy_from(tmp_path / "root", tmp_path / "here", [[raw()]])
    assert (tmp_path / "here/Some/raw/file.gz").read_bytes() == GOOD
    (tmp_path / "root/Some/raw/file.gz").write_bytes(b"other")
    with pytest.raises(DownloadError, match=r"found md5 .* allowed: " + MD5):
        copy_from(tmp_path / "root", tmp_path / "there", [[raw()]])
    assert files_in(tmp_path / "there") == []


def test_a_data_root_without_the_data_set_is_an_error_that_says_what_is_missing(tmp_path):
    with pytest.raises(DownloadError, match=r"missing Some/raw/file\.gz"):
        copy_from(tmp_path, tmp_path / "here", [[raw()]])


def test_nothing_is_unpacked_whose_checksum_does_not_hold(tmp_path, monkeypatch):
    """An archive that is swapped after the download is refused before anything opens it."""
    folder = tmp_path / "mnist"
    (folder / "MNIST/raw").mkdir(parents=True)
    (folder / "MNIST/raw/train-images-idx3-ubyte.gz").write_bytes(b"not a gzip file at all")
    manifest = folder / "manifest.json"
    manifest.write_text(json.dumps([{"path": "MNIST/raw/train-images-idx3-ubyte.gz", "md5": MD5, "origin": "test"}]))
    with pytest.raises(UserError, match="found md5"):
        prepare_dataset(DATASETS["mnist"], manifest, folder, tmp_path / "mnist.npz")
    assert not (tmp_path / "mnist.npz").exists()


def test_the_addresses_and_checksums_are_torchvision_s():
    for spec in DATASETS.values():
        if spec.torchvision:
            files = raw_files(spec.torchvision)
            assert files
            assert all(file.addresses and len(file.md5) == 32 for file in files)
            assert files in layouts(spec.torchvision)


@pytest.mark.parametrize("name", DATASETS)
def test_every_entry_is_complete(name):
    spec = DATASETS[name]
    assert spec.reader in READERS
    assert len(spec.shape) == 3
    assert len(spec.classes) == len(set(spec.classes))
    assert len(spec.classes) != 1  # none: the labels are numbers


def test_digits_need_nothing_and_are_the_same_every_time(tmp_path):
    for name in ("first.npz", "second.npz"):
        prepare_dataset(DATASETS["digits"], None, tmp_path, tmp_path / name)
    assert (tmp_path / "first.npz").read_bytes() == (tmp_path / "second.npz").read_bytes()
    digits = load(tmp_path / "first.npz")
    assert (len(digits.train), len(digits.test)) == (1437, 360)
    assert digits.train.images.shape == (1437, 1, 8, 8)
    assert digits.train.images.dtype == np.uint8
    assert digits.train.images.max() == digits.max_value == 16
    assert set(digits.test.labels) == set(range(10))
    together = {image.tobytes() for image in digits.train.images} & {image.tobytes() for image in digits.test.images}
    assert not together


def test_noise_is_the_same_every_time_and_its_labels_are_numbers(tmp_path):
    for name in ("first.npz", "second.npz"):
        prepare_dataset(DATASETS["noise"], None, tmp_path, tmp_path / name)
    assert (tmp_path / "first.npz").read_bytes() == (tmp_path / "second.npz").read_bytes()
    noise = load(tmp_path / "first.npz")
    assert noise.classes == ()
    for split in (noise.train, noise.test):
        assert (split.images.shape, split.images.dtype) == ((20, 1, 1, 10), np.float32)
        assert (split.labels.shape, split.labels.dtype) == ((20, 5), np.float32)
    assert (noise.train.images == noise.test.images).all()
    assert noise.max_value == np.abs(noise.train.images).max()
    numbers = np.concatenate([noise.train.images.ravel(), noise.train.labels.ravel()])
    assert (abs(numbers.mean()), numbers.std()) == pytest.approx((0, 1), abs=4 / np.sqrt(len(numbers)))


def test_data_that_do_not_fit_their_entry_are_refused(tmp_path):
    wrong = replace(DATASETS["digits"], max_value=8)
    with pytest.raises(UserError, match=r"out\.npz: found a pixel of 16; allowed: at most 8"):
        prepare_dataset(wrong, None, tmp_path, tmp_path / "out.npz")
    assert not (tmp_path / "out.npz").exists()


def test_an_mnist_of_our_own_goes_the_whole_way(server, tmp_path, monkeypatch):
    """MNIST's format, written here by its specification: served, verified, unpacked, read."""
    draw = np.random.default_rng(0)
    images = {
        "train": draw.integers(0, 256, (20, 28, 28), np.uint8),
        "t10k": draw.integers(0, 256, (5, 28, 28), np.uint8),
    }
    labels = {part: draw.integers(0, 10, len(images[part]), np.uint8) for part in images}
    mirror = tmp_path / "mirror"
    mirror.mkdir()
    files = []
    for part in images:
        for name, array in (
            (f"{part}-images-idx3-ubyte.gz", images[part]),
            (f"{part}-labels-idx1-ubyte.gz", labels[part]),
        ):
            head = struct.pack(">HBB", 0, 8, array.ndim) + struct.pack(f">{array.ndim}I", *array.shape)
            (mirror / name).write_bytes(gzip.compress(head + array.tobytes()))
            files.append(RawFile(f"MNIST/raw/{name}", hashlib.md5((mirror / name).read_bytes()).hexdigest()))
    monkeypatch.setattr(download, "raw_files", lambda _: files)
    folder = tmp_path / "mnist"
    download.download_dataset("MNIST", folder, folder / "manifest.json", mirrors=[mirror.as_uri()])
    prepare_dataset(DATASETS["mnist"], folder / "manifest.json", folder, tmp_path / "mnist.npz")
    dataset = load(tmp_path / "mnist.npz")
    assert (dataset.train.images[:, 0] == images["train"]).all()
    assert (dataset.test.labels == labels["t10k"]).all()


@pytest.mark.slow
@pytest.mark.skipif(not LABORATORY, reason="PAYOFF_DATA_ROOT names no data root")
@pytest.mark.parametrize(
    ("name", "train", "test", "mean"), [("mnist", 60_000, 10_000, 33.3), ("cifar10", 50_000, 10_000, 120.7)]
)
def test_the_real_data_sets_from_a_data_root(tmp_path, name, train, test, mean):
    """The means are the published ones: 0.1307 · 255 for MNIST, and CIFAR-10's three channels together."""
    folder = tmp_path / name
    download.download_dataset(DATASETS[name].torchvision, folder, folder / "manifest.json", data_root=LABORATORY)
    prepare_dataset(DATASETS[name], folder / "manifest.json", folder, tmp_path / f"{name}.npz")
    dataset = load(tmp_path / f"{name}.npz")
    assert (len(dataset.train), len(dataset.test)) == (train, test)
    assert dataset.train.images.mean() == pytest.approx(mean, abs=0.1)
    assert (np.bincount(dataset.test.labels) > 800).all()
