"""Image files of random pixels, in a folder for each class."""

from pathlib import Path
from zlib import crc32

import numpy as np
from PIL import Image


def draw_images(folder: Path, n: int = 5, *, size=(6, 4), classes=("cat", "dog")) -> Path:
    """n colour images per class, each of size (height, width). The same file names hold the same pixels every time."""
    for name in classes:
        (folder / name).mkdir(parents=True)
        for index in range(n):
            draw = np.random.default_rng(crc32(f"{folder.name}/{name}/{index}".encode()))
            pixels = draw.integers(0, 256, (*size, 3), np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{index}.png")
    return folder
