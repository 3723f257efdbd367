"""Pack CIFAR-10 without loss into two thirds of its size, and unpack it where it is needed.

    python benchmarks/carry_cifar10.py pack DATA_ROOT PACKED      writes PACKED/1, PACKED/2, …, at most 60 MiB each
    python benchmarks/carry_cifar10.py unpack PACKED/1 DATA_ROOT  restores the files of one part

For a machine without a network that takes only so much at a time, see gpu_check.py. A file of CIFAR-10 is a pickle that
holds all of its pixels in one piece. They become one picture in lossless WebP; the rest is compressed as it is. What
comes back is the same file, byte for byte, and its MD5 is checked. No pickle is opened.
"""

import argparse
import io
import json
import struct
import sys
import zlib
from math import prod
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pooch
from PIL import Image

from payoff.datasets.download import layouts
from payoff.errors import UserError
from payoff.files.whole import appearing_whole

MOST_BYTES = 60 * 2**20  # of one part
IMAGES, SHAPE = 10_000, (3, 32, 32)  # in each file that has any
ACROSS = 100  # images side by side in the picture
LIST = "files.json"


class Packed(NamedTuple):
    """A file in two pieces: the picture of its pixels, which begin at byte `at` of the file, and all other bytes."""

    picture: bytes
    rest: bytes
    at: int


def pack(root: Path, out: Path) -> None:
    """Write the files of CIFAR-10 in a data root into numbered folders. Raises UserError if one is missing."""
    part, size, listed = 0, MOST_BYTES + 1, []  # the first file begins a part
    for file in layouts("CIFAR10")[0]:
        source = root / file.path
        if not source.is_file():
            raise UserError(f"{source}: missing; allowed: a data root with CIFAR-10, unpacked")
        packed = _packed(source.read_bytes())
        if size + (added := len(packed.picture) + len(packed.rest)) > MOST_BYTES:
            part, size, listed = part + 1, 0, []
        size += added
        listed.append({"path": file.path, "md5": file.md5, "at": packed.at})
        folder = out / str(part)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{source.name}.webp").write_bytes(packed.picture)
        (folder / f"{source.name}.rest").write_bytes(packed.rest)
        (folder / LIST).write_text(json.dumps(listed, indent=2), encoding="utf-8")
        print(f"{folder}: {source.name}, {added / 2**20:.1f} MiB", flush=True)


def unpack(part: Path, root: Path) -> None:
    """Restore the files of one part in a data root. Raises UserError if one is not what it was."""
    for entry in json.loads((part / LIST).read_text(encoding="utf-8")):
        name, target = Path(entry["path"]).name, root / entry["path"]
        picture, rest = ((part / f"{name}.{kind}").read_bytes() for kind in ("webp", "rest"))
        with appearing_whole(target) as temporary:
            temporary.write_bytes(_unpacked(Packed(picture, rest, entry["at"])))
            if (found := pooch.file_hash(temporary, "md5")) != entry["md5"]:
                raise UserError(f"{part / name}: found md5 {found}; allowed: {entry['md5']}")
        print(target, flush=True)


def _packed(content: bytes) -> Packed:
    size = IMAGES * prod(SHAPE)
    # the opcode of a pickle's long string, and its length
    at = content.find(b"T" + struct.pack("<I", size)) + 5
    if at < 5:  # no pixels, as in batches.meta
        at, size = 0, 0
    picture = _picture(np.frombuffer(content, np.uint8, size, at).reshape(-1, *SHAPE)) if size else b""
    return Packed(picture, zlib.compress(content[:at] + content[at + size :], 9), at)


def _unpacked(packed: Packed) -> bytes:
    rest = zlib.decompress(packed.rest)
    pixels = _images(packed.picture).tobytes() if packed.picture else b""
    return rest[: packed.at] + pixels + rest[packed.at :]


def _picture(images: np.ndarray) -> bytes:
    """(n, 3, 32, 32) -> a picture with ACROSS of them in each row."""
    channels, _, width = SHAPE
    rows = images.reshape(-1, ACROSS, *SHAPE).transpose(0, 3, 1, 4, 2)
    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(rows).reshape(-1, ACROSS * width, channels)).save(
        buffer, "WEBP", lossless=True, quality=100, method=4
    )
    return buffer.getvalue()


def _images(picture: bytes) -> np.ndarray:
    """(n, 3, 32, 32), of what _picture made."""
    channels, height, width = SHAPE
    pixels = np.asarray(Image.open(io.BytesIO(picture)).convert("RGB"))
    rows = pixels.reshape(-1, height, ACROSS, width, channels).transpose(0, 2, 4, 1, 3)
    return np.ascontiguousarray(rows).reshape(-1, *SHAPE)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("pack", "unpack"))
    parser.add_argument("source", type=Path)
    parser.add_argument("target", type=Path)
    asked = parser.parse_args()
    try:
        {"pack": pack, "unpack": unpack}[asked.what](asked.source, asked.target)
    except UserError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
