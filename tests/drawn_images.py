"""Image files of random pixels, in a folder for each class."""

from pathlib import Path

import numpy as np
from PIL import Image

DRAW = np.random.default_rng(0)


def draw_images(folder: Path, n: int = 5, *, size=(6, 4), classes=("cat", "dog")) -> Path:
    """n colour images of (height, width) = size a class."""
    for name in classes:
        (folder / name).mkdir(parents=True)
        for index in range(n):
            pixels = DRAW.integers(0, 256, (*size, 3), np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{index}.png")
    return folder
