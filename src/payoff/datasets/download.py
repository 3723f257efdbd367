"""Bring a data set's raw files into one folder, every file verified by its checksum."""

import io
import json
import os
import shutil
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from pathlib import Path
from typing import Any, BinaryIO

import pooch

from payoff.datasets.data_root import existing, files_near
from payoff.errors import UserError, few, printable
from payoff.files.whole import appearing_whole

TIMEOUT_S = 30  # the longest wait for a byte; the whole download may take longer
# A server that sends less than SLOWEST bytes per second, PATIENCE_S seconds after its first, keeps the next one from
# being asked.
PATIENCE_S, SLOWEST = 30, 10_000
MOST_BYTES = 2_000_000_000
CHUNK = 65_536
BUSY = (429, 502, 503, 504)  # a server says so by one of these, and may not be so a moment later
WAITS_S = (1, 4, 15)  # before it is asked again
LONGEST_WAIT_S = 60

# MD5 of each file of MNIST as it is downloaded -> MD5 of what is in it, which was computed from those files.
UNPACKED = {
    "f68b3c2dcbeaaa9fbdd348bbdeb94873": "6bbc9ace898e44ae57da46a324031adb",
    "d53e105ee54ea40749a09fcbcd1e9432": "a25bea736e30d166cdddb491f175f624",
    "9fb629c4189551a2d022fa330f9573f3": "2646ac647ad5339dbf082846283269ea",
    "ec29112dd5afa0611ce80d1b7f02629c": "27ae3e4e09519cfbb04c329615203637",
}


class DownloadError(UserError):
    """No source had the file; the message names each address that was tried, and why it failed."""


@dataclass(frozen=True)
class RawFile:
    """path: of the file in a data root of torchvision's layout; addresses: from which it can be downloaded."""

    path: str
    md5: str
    addresses: tuple[str, ...] = ()


def download_dataset(
    torchvision_class: str,
    folder: Path,
    manifest: Path,
    *,
    data_root: str | None = None,
    mirrors: Sequence[str] = (),
) -> None:
    """Bring the raw files of a data set into `folder` and list them, with their origin, in `manifest`.

    With a data root, all files are copied from there and nothing is downloaded. Otherwise the mirrors (base addresses)
    are tried in their order, then the addresses of the data set. Complete files that are already in `folder` are kept.
    Raises DownloadError.
    """
    origins: Mapping[RawFile, str]
    if data_root is None:
        origins = {file: fetch(file, folder, mirrors) for file in raw_files(torchvision_class)}
    else:
        root = existing(data_root)
        if root is None:
            raise DownloadError(f"data_root: found {data_root}; allowed: an existing folder")
        origins = copy_from(root, folder, layouts(torchvision_class))
    listing = [{"path": file.path, "md5": file.md5, "origin": origin} for file, origin in origins.items()]
    with appearing_whole(manifest) as temporary:
        temporary.write_text(json.dumps(listing, indent=2) + "\n", encoding="utf-8")


def fetch(file: RawFile, folder: Path, mirrors: Sequence[str] = ()) -> str:
    """Bring one file into `folder` from the first address where it is complete; return that address.

    Nothing reads the file before its checksum is verified: it is downloaded under a temporary name, and deleted if it
    fails the check. Raises DownloadError.
    """
    name = Path(file.path).name
    addresses = [f"{mirror.rstrip('/')}/{name}" for mirror in mirrors] + list(file.addresses)
    reasons = []
    for address in addresses:
        try:
            pooch.retrieve(
                address,
                f"md5:{file.md5}",
                name,
                (folder / file.path).parent,
                downloader=_stream,
                progressbar=False,
            )
        except (OSError, HTTPException, ValueError) as error:
            reason = printable(_reason(error))
            reasons.append(f"  {address}: {reason}")
            print(f"not from {address}: {reason}", flush=True)
        else:
            return address
    raise DownloadError(
        f"{name} could not be downloaded from any of {len(addresses)} addresses:\n"
        + "\n".join(reasons)
        + "\nIf you have the data set, name its folder: --config data_root=FOLDER "
        + f"(torchvision's layout: the file is looked for at FOLDER/{file.path}). Or give `mirrors` in config.yaml."
    )


def copy_from(root: Path, folder: Path, layouts: Sequence[Sequence[RawFile]]) -> Mapping[RawFile, str]:
    """Copy a data set from a data root, in the first layout that is complete there; return the origin of each file.

    A layout that is nearly in place is taken as well, and it is said where: deeper in the root, beside it, or under
    names of another case. Raises DownloadError if no layout is complete or a checksum fails.
    """
    complete = [layout for layout in layouts if all((root / file.path).is_file() for file in layout)]
    if complete:
        places = {file: root / file.path for file in complete[0]}
    else:
        places = _nearly_in_place(root, layouts)
        moved = {str(place.parent) for place in places.values()}
        print(f"{root}: its files are not in torchvision's layout; they were found in {few(sorted(moved))}", flush=True)
    for file, place in places.items():
        if (found := pooch.file_hash(place, "md5")) != file.md5:
            raise DownloadError(f"{place}: found md5 {found}; allowed: {file.md5}")
        with appearing_whole(folder / file.path) as temporary:
            shutil.copyfile(place, temporary)
    return {file: f"data root, {os.path.relpath(place, root)}" for file, place in places.items()}


def _nearly_in_place(root: Path, layouts: Sequence[Sequence[RawFile]]) -> dict[RawFile, Path]:
    """The place of each file of the first layout that is complete near the root. Raises DownloadError."""
    known: dict[Path, str] = {}
    misfits: list[str] = []
    for layout in layouts:
        candidates = files_near(root, [file.path for file in layout])
        places = {}
        for file in layout:
            for place in candidates[file.path]:
                if known.setdefault(place, pooch.file_hash(place, "md5")) == file.md5:
                    places[file] = place
                    break
                misfits.append(f"{os.path.relpath(place, root)} (md5 {known[place]})")
        if len(places) == len(layout):
            return places
    missing = few([file.path for file in min(layouts, key=len)], 2)
    where = "looked for in the folder, below it and beside it"
    also = f"; of these names, with another checksum: {few(dict.fromkeys(misfits), 1)}" if misfits else ""
    raise DownloadError(f"{root}: missing {missing} ({where}; a data root is given, so nothing is downloaded){also}")


def raw_files(torchvision_class: str) -> list[RawFile]:
    """The files that torchvision downloads for a data set, with its addresses and md5s."""
    import torchvision

    dataset = getattr(torchvision.datasets, torchvision_class)
    if hasattr(dataset, "tgz_md5"):  # one archive, as in CIFAR
        return [RawFile(dataset.filename, dataset.tgz_md5, (dataset.url,))]
    return [  # one file for images and one for labels, as in MNIST
        RawFile(f"{torchvision_class}/raw/{name}", md5, tuple(mirror + name for mirror in dataset.mirrors))
        for name, md5 in dataset.resources
    ]


def layouts(torchvision_class: str) -> list[list[RawFile]]:
    """The layouts of a data set in a data root: unpacked (the members of CIFAR's archive), as downloaded, or with each
    file unpacked, if its checksum is known."""
    import torchvision

    dataset = getattr(torchvision.datasets, torchvision_class)
    downloaded = raw_files(torchvision_class)
    if not hasattr(dataset, "tgz_md5"):
        unpacked = [
            RawFile(file.path.removesuffix(".gz"), UNPACKED[file.md5]) for file in downloaded if file.md5 in UNPACKED
        ]
        return [downloaded, *([unpacked] if len(unpacked) == len(downloaded) else [])]
    members = [*dataset.train_list, *dataset.test_list, (dataset.meta["filename"], dataset.meta["md5"])]
    return [[RawFile(f"{dataset.base_folder}/{name}", md5) for name, md5 in members], downloaded]


def _stream(address: str, output_file: str, _pooch) -> None:
    """Download `address` to `output_file`. Unlike pooch's downloaders, this has limits in time and size, tries again
    where a server asks for patience, and reads file: addresses."""
    request = urllib.request.Request(address, headers={"User-Agent": "payoff"})
    if request.type == "file" and not Path(urllib.request.url2pathname(request.selector)).is_file():
        raise OSError("No such file")  # also for a pipe, which would never end
    for wait_s in (*WAITS_S, None):
        try:
            with OPENER.open(request, timeout=TIMEOUT_S) as response, Path(output_file).open("wb") as output:
                _copy(response, output)
            return
        except urllib.error.HTTPError as error:
            if error.code not in BUSY or wait_s is None:
                raise
            time.sleep(_asked_s(error, wait_s))


class _Patient(io.RawIOBase):
    """What a server sends. Raises OSError where too few bytes come in a second, in headers as in the file itself."""

    def __init__(self, received: io.RawIOBase) -> None:
        self._received = received
        self._came = 0
        self._began: float | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        count = self._received.readinto(buffer)
        now = time.monotonic()
        self._came += count or 0
        self._began = self._began or now
        took_s = now - self._began
        if took_s > PATIENCE_S and self._came / took_s < SLOWEST:
            raise OSError(f"only {self._came / took_s:,.0f} bytes came in a second")
        return count

    def close(self) -> None:
        self._received.close()
        super().close()


class _Response(HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp = io.BufferedReader(_Patient(self.fp.detach()))


class _Connection(HTTPConnection):
    response_class = _Response


class _SecureConnection(HTTPSConnection):
    response_class = _Response


class _Handler(urllib.request.HTTPHandler):
    def http_open(self, request: urllib.request.Request) -> HTTPResponse:
        return self.do_open(_Connection, request)


class _SecureHandler(urllib.request.HTTPSHandler):
    def https_open(self, request: urllib.request.Request) -> HTTPResponse:
        return self.do_open(_SecureConnection, request)


OPENER = urllib.request.build_opener(_Handler, _SecureHandler)


def _copy(response: HTTPResponse, output: BinaryIO) -> None:
    """Raises OSError for a page instead of a file, too many bytes or too few."""
    if response.headers.get_content_type() == "text/html":
        raise OSError("an HTML page came instead of the file")
    expected = response.headers.get("Content-Length")
    while chunk := response.read1(CHUNK) if hasattr(response, "read1") else response.read(CHUNK):
        output.write(chunk)
        if output.tell() > MOST_BYTES:
            raise OSError(f"more than {MOST_BYTES:,} bytes came, more than any data set here has")
    if expected is not None and output.tell() != int(expected):
        raise OSError(f"truncated: {output.tell()} of {expected} bytes came")


def _asked_s(error: urllib.error.HTTPError, wait_s: float) -> float:
    """How long to wait before the next try: as long as the server asks, within bounds."""
    asked = error.headers.get("Retry-After", "")
    return min(int(asked), LONGEST_WAIT_S) if asked.isdecimal() else wait_s


def _reason(error: Exception) -> str:
    if isinstance(error, urllib.error.URLError) and isinstance(error.reason, socket.gaierror):
        return "the host's name is not known here"
    if "hash of downloaded file" in str(error):  # words of pooch's ValueError
        return f"wrong checksum ({error})"
    words = str(getattr(error, "reason", None) or error) or type(error).__name__
    return f"HTTP {error.code} {words}" if isinstance(error, urllib.error.HTTPError) else words
