"""Read an image file as the pixels of a data set, and write pixels into one."""

import io
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from payoff.errors import UserError

MOST_PIXELS = 100_000_000  # more than most cameras take; a small file may claim more, and would fill the memory

# Formats that Pillow knows only by name, or reads by running another program.
NOT_READ = {"BUFR", "EPS", "GRIB", "HDF5", "MPEG", "WMF"}


@cache
def suffixes() -> frozenset[str]:
    """The endings of the files that are read as images, in lower case, such as .jpg."""
    Image.init()
    readable = set(Image.OPEN) - NOT_READ
    return frozenset(suffix for suffix, kind in Image.registered_extensions().items() if kind in readable)


def read_pixels(content: bytes, file: Path, image_size: Sequence[int], *, grey: bool) -> np.ndarray:
    """The content of an image file -> uint8 (1 or 3, height, width), 0 black, 255 white.

    The image is rotated as viewers show it, transparent pixels are put on white, and only the first of several frames
    is read. It is resized to image_size, (height, width), whatever its proportions. Grey is 0.299 R + 0.587 G +
    0.114 B. Raises UserError that names the file.
    """
    height, width = image_size
    pixels = np.asarray(_opened(content, file).convert("L" if grey else "RGB").resize((width, height)))
    return pixels[np.newaxis] if grey else pixels.transpose(2, 0, 1)


def read_picture(content: bytes, file: Path, most: int) -> np.ndarray:
    """The content of an image file -> float32 (height, width), 0 black to 1 white, in its own proportions.

    As read_pixels, but the longer side has at most `most` pixels, and transparent pixels are black where what is not
    transparent is rather white than black.
    """
    image = _opened(content, file, contrasting=True).convert("L")
    scale = most / max(image.size)
    if scale < 1:
        width, height = (max(1, round(side * scale)) for side in image.size)
        image = image.resize((width, height), reducing_gap=3)
    return np.asarray(image, np.float32) / 255


def write_pixels(pixels: np.ndarray, file: Path) -> None:
    """pixels: uint8, (height, width) grey or (height, width, 3) colour. Raises UserError that names the file."""
    try:
        Image.fromarray(pixels).save(file)
    except OSError as error:
        raise UserError(f"{file}: {error.strerror or error}") from None
    except ValueError:
        raise UserError(f"{file}: found no suffix of an image; allowed: .png, .jpg") from None


def _opened(content: bytes, file: Path, *, contrasting: bool = False) -> Image.Image:
    """The image as viewers show it, without transparency."""
    try:
        with Image.open(io.BytesIO(content)) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                raise ValueError(f"{opened.width:,} by {opened.height:,} pixels, more than {MOST_PIXELS:,} in all")
            opened.load()
            image: Image.Image = ImageOps.exif_transpose(opened)
    except Exception as error:  # what a decoder raises on broken bytes is not documented
        reason = "of no known format" if isinstance(error, UnidentifiedImageError) else error
        raise UserError(f"{file}: found no readable image ({reason}); allowed: what Pillow opens") from None
    if image.mode.startswith(("I", "F")):  # 16 or 32 bits: a conversion would cut every value at 255
        raise UserError(f"{file}: found pixels of more than 8 bits (mode {image.mode}); allowed: 8 bits per channel")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        ground = "white"
        if contrasting:
            small = np.asarray(image.resize((min(image.width, 64), min(image.height, 64))), np.float32)
            opaque = small[..., 3]
            if (small[..., :3].mean(axis=2) * opaque).sum() > 127.5 * opaque.sum() and opaque.min() < 128:
                ground = "black"
        image = Image.alpha_composite(Image.new("RGBA", image.size, ground), image)
    return image
