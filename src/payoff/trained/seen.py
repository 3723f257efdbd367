"""Show what a network saw of a picture: in letters on the console, or as one image of all pictures."""

from collections.abc import Sequence

import numpy as np

SHADES = " ░▒▓█"
LEAST_COLUMNS = 24  # on the console; smaller images are enlarged
ENLARGED = 4  # pixels of the sheet per pixel of an image
GAP = 4  # pixels between two images
GROUND = 90  # of the sheet: tells it from black and from white
MOST_BESIDE = 10


def in_letters(image: np.ndarray) -> str:
    """image: (channels, height, width), 0 black to 1 white. A letter, twice as high as wide, shows two rows."""
    grey = image.mean(axis=0)
    factor = -(-LEAST_COLUMNS // grey.shape[1])
    grey = grey.repeat(factor, axis=0).repeat(factor, axis=1)
    rows = grey[: len(grey) // 2 * 2].reshape(-1, 2, grey.shape[1]).mean(axis=1)
    return "\n".join("".join(SHADES[round(float(value) * (len(SHADES) - 1))] for value in row) for row in rows)


def sheet(images: Sequence[np.ndarray]) -> np.ndarray:
    """Images of one shape, (channels, height, width), side by side -> uint8 (height, width, 3)."""
    _, height, width = images[0].shape
    columns = min(len(images), MOST_BESIDE)
    rows = -(-len(images) // columns)
    high, wide = height * ENLARGED + GAP, width * ENLARGED + GAP
    pixels = np.full((rows * high + GAP, columns * wide + GAP, 3), GROUND, np.uint8)
    for number, image in enumerate(images):
        large = image.transpose(1, 2, 0).repeat(ENLARGED, axis=0).repeat(ENLARGED, axis=1)
        top, left = number // columns * high + GAP, number % columns * wide + GAP
        pixels[top : top + high - GAP, left : left + wide - GAP] = np.rint(large * 255)
    return pixels
