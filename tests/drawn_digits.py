"""Digits in pen strokes, each of them other than the last, and images of them made as MNIST was."""

from functools import cache

import numpy as np
from PIL import Image, ImageDraw
from scipy import ndimage

from payoff.datasets.splits import PreparedDataset, Split

# The strokes of each digit: (x, y) from 0 to 1, y downwards.
ROUND = [(0.5 + 0.35 * np.sin(angle), 0.5 - 0.5 * np.cos(angle)) for angle in np.linspace(0, 2 * np.pi, 13)]
LOOP = [(0.4 + 0.3 * np.sin(angle), 0.72 - 0.28 * np.cos(angle)) for angle in np.linspace(0, 2 * np.pi, 11)]
STROKES = (
    [ROUND],
    [[(0.3, 0.15), (0.55, 0), (0.5, 1)]],
    [[(0.1, 0.2), (0.35, 0), (0.7, 0.05), (0.8, 0.3), (0.1, 1), (0.9, 0.97)]],
    [[(0.1, 0.05), (0.6, 0), (0.75, 0.2), (0.4, 0.45), (0.8, 0.65), (0.7, 0.95), (0.1, 1)]],
    [[(0.25, 0), (0.05, 0.6), (0.9, 0.55)], [(0.7, 0.1), (0.65, 1)]],
    [[(0.85, 0), (0.25, 0.05), (0.2, 0.45), (0.7, 0.45), (0.85, 0.75), (0.6, 1), (0.1, 0.95)]],
    [[(0.7, 0), (0.25, 0.35), (0.1, 0.72)], LOOP],
    [[(0.05, 0.05), (0.9, 0), (0.35, 1)]],
    [[(0.8, 0.15), (0.5, 0), (0.2, 0.2), (0.75, 0.7), (0.5, 1), (0.15, 0.8), (0.75, 0.3), (0.8, 0.15)]],
    [[(1 - x, 1 - y) for x, y in LOOP], [(0.88, 0.25), (0.8, 0.7), (0.65, 1)]],
)


def pen_strokes(draw: np.random.Generator, digit: int, side: int = 160) -> np.ndarray:
    """float (side, side), 0 paper to 1 ink: a digit of 0.7 of the side in the middle, by a hand that varies."""
    slant, stretch = draw.uniform(-0.25, 0.25), draw.uniform(0.75, 1.1)
    picture = Image.new("L", (side, side))
    pen = ImageDraw.Draw(picture)
    width = round(side * draw.uniform(0.06, 0.11))
    for stroke in STROKES[digit]:
        x, y = (np.array(stroke) + draw.normal(0, 0.02, (len(stroke), 2))).T
        x = 0.5 + 0.7 * stretch * (x - 0.5) + slant * (0.5 - y) * 0.7
        points = list(zip(x * side, (0.5 + 0.7 * (y - 0.5)) * side, strict=True))
        pen.line(points, 255, width, joint="curve")
        for point in (points[0], points[-1]):
            pen.circle(point, width / 2, 255)
    return np.asarray(picture) / 255


def as_in_mnist(ink: np.ndarray) -> np.ndarray:
    """uint8 (28, 28): the larger side of the ink 20 pixels, the centre of mass in the middle, to the next pixel."""
    rows, columns = (np.flatnonzero((ink > 0).any(axis=axis)) for axis in (1, 0))
    crop = Image.fromarray(np.uint8(255 * ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]))
    crop.thumbnail((20, 20), Image.Resampling.BOX)
    image = np.zeros((28, 28), np.uint8)
    image[4 : 4 + crop.height, 4 : 4 + crop.width] = np.asarray(crop)
    return ndimage.shift(image, np.rint(13.5 - np.array(ndimage.center_of_mass(image))), order=0)


@cache
def drawn_digits(n: int = 1500) -> PreparedDataset:
    """n images to train on, and 200 to test on."""
    parts = []
    for seed, count in enumerate((n, 200)):
        draw = np.random.default_rng(seed)
        images = [as_in_mnist(pen_strokes(draw, number % 10, 120)) for number in range(count)]
        parts.append(Split(np.array(images)[:, np.newaxis], np.arange(count) % 10))
    return PreparedDataset(*parts, 255, tuple("0123456789"))
