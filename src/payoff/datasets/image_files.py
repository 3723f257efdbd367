"""Read an image file as the pixels of a data set."""

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
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    pixels = np.asarray(image.convert("L" if grey else "RGB").resize((width, height)))
    return pixels[np.newaxis] if grey else pixels.transpose(2, 0, 1)
