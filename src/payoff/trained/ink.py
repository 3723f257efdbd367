"""Find the ink in a picture of a drawing, on whatever paper and in whatever light.

All lengths are fractions of the picture's longer side.
"""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

COARSE = 64  # pixels of the longer side where light and paper are estimated
COARSER = 32  # where the local median is taken, whose cost grows with the fourth power
WIDEST = 0.33  # the light may change over this length; a stroke is narrower
GRAIN = 0.004  # finer detail is taken for noise
LEAST_CONTRAST = 0.2  # of ink to paper; a pencil has 0.3
LEAST_OF_NOISE = 10  # standard deviations
LEAST_SIZE = 0.02
DARKEST = 0.2  # brightness of paper below which contrast is not amplified further
LEAST_SLOPE = 0.15  # per pixel, of the way from paper to ink at its edge; a shadow's edge is flatter
SPECK = 0.02  # of the area of the largest part: no part of the drawing
APART = 0.08  # of the drawing's size: a wider gap separates two drawings
BELONGS = 0.25  # of the drawing's size: a small part this near, such as the dot of an i, belongs to it


@dataclass(frozen=True)
class Ink:
    """amount: (height, width), 0 paper to 1 full ink, of the largest drawing alone; drawings: how many there are;
    rest: the part of the picture's edges that is not the drawing's, from 0 to 1, by the squares of their slopes."""

    amount: np.ndarray
    drawings: int
    rest: float

    @property
    def box(self) -> tuple[slice, slice]:
        (found,) = ndimage.find_objects((self.amount >= 0.5).astype(np.int8))
        return found


def is_dark(picture: np.ndarray) -> bool:
    """Whether the ink is darker than its paper. picture: (height, width), 0 black to 1 white.

    Ink is what covers less than half of its surroundings: the differences from the local median are skewed to its side.
    """
    coarse = _reduced(picture, COARSER)
    window = max(3, round(0.64 * max(coarse.shape)))
    return float(((coarse - ndimage.median_filter(coarse, window, mode="nearest")) ** 3).sum()) < 0


def find_ink(picture: np.ndarray, *, dark: bool) -> Ink | None:
    """The ink in a picture, (height, width), 0 black to 1 white; None if nothing is drawn there.

    dark: whether the ink is darker than its paper.
    """
    if min(picture.shape) < 3:
        return None
    side = max(picture.shape)
    light = picture if dark else 1 - picture
    paper = _paper(light)
    contrast = (paper - light) / np.maximum(paper, DARKEST)
    noise = _noise(contrast)
    contrast = ndimage.gaussian_filter(contrast, GRAIN * side)
    slope = np.hypot(*np.gradient(contrast))
    # Halfway up the steepest edges lies the border of the ink. Shadows, and lines paler than the ink, do not count.
    steep = slope**4
    if not (total := steep.sum()):
        return None
    half = float((steep * contrast).sum() / total)
    if half * 2 < max(LEAST_CONTRAST, LEAST_OF_NOISE * noise):
        return None
    parts, _ = ndimage.label(contrast >= half, np.ones((3, 3)))
    kept, drawings = _drawing(parts)
    if kept is None:
        return None
    border = kept & ~ndimage.binary_erosion(kept, border_value=1)
    if np.median(slope[border]) < LEAST_SLOPE * half:
        return None
    around = ndimage.binary_dilation(kept, iterations=max(1, round(0.01 * side)))
    full = np.quantile(contrast[kept], 0.5)
    rest = float((slope[~around] ** 2).sum() / (slope**2).sum())
    return Ink(np.clip(contrast / max(full, half), 0, 1) * around, drawings, rest)


def _drawing(parts: np.ndarray) -> tuple[np.ndarray | None, int]:
    """(mask of the largest drawing, number of drawings). parts: the numbered parts of the ink."""
    boxes, areas = ndimage.find_objects(parts), np.bincount(parts.ravel())[1:]
    if not len(areas):
        return None, 0
    kept = [part for part in range(len(areas)) if areas[part] >= SPECK * areas.max()]
    # What leaves the picture, such as a table's edge, is not the drawing, unless nothing large lies within.
    inner = [part for part in kept if not _leaves(boxes[part], parts.shape)]
    if inner and areas[inner].max() >= 0.2 * areas.max():
        kept = inner
    largest = max(kept, key=lambda part: areas[part])
    size = _size(boxes[largest])
    if size < max(LEAST_SIZE * max(parts.shape), 3):
        return None, 0
    ink = np.isin(parts, np.array(kept) + 1)
    groups, _ = ndimage.label(ndimage.distance_transform_edt(~ink) <= APART / 2 * size, np.ones((3, 3)))
    groups *= ink
    main = groups[parts == largest + 1][0]
    size = _size(ndimage.find_objects(groups)[main - 1])
    distance = ndimage.distance_transform_edt(groups != main)
    mask, drawings = groups == main, 1
    for number, box in enumerate(ndimage.find_objects(groups), 1):
        if number != main and _size(box) >= size / 2:
            drawings += 1
        elif number != main and distance[groups == number].min() <= BELONGS * size:
            mask |= groups == number
    return mask, drawings


def _paper(light: np.ndarray) -> np.ndarray:
    """How bright the paper is at each pixel, under the ink too.

    A polynomial that lies on the brighter pixels follows the light from edge to edge; the morphological closing
    of what is left (a local maximum, then a local minimum) follows a shadow, and closes every stroke.
    """
    coarse = _reduced(light, COARSE)
    slope = _upper_polynomial(coarse)
    window = max(3, round(WIDEST * max(coarse.shape)))
    ratio = coarse / np.maximum(slope, 0.02)
    local = ndimage.grey_closing(ratio, (window, window), mode="nearest")
    paper = slope * ndimage.gaussian_filter(local, window / 8, mode="nearest")
    scale = np.array(paper.shape) / light.shape
    return ndimage.affine_transform(paper, scale, scale / 2 - 0.5, output_shape=light.shape, order=1, mode="nearest")


def _upper_polynomial(values: np.ndarray) -> np.ndarray:
    """The quadratic surface through the brighter values: least squares that let go of what lies below it."""
    y, x = np.meshgrid(*(np.linspace(-1, 1, side) for side in values.shape), indexing="ij")
    terms = np.stack([(y**i * x**j).ravel() for i in range(3) for j in range(3 - i)], axis=1)
    flat, weights = values.ravel(), np.ones(values.size)
    for step in range(20):
        root = np.sqrt(weights)[:, np.newaxis]
        fitted = terms @ np.linalg.lstsq(terms * root, flat * root[:, 0], rcond=None)[0]
        rest = flat - fitted
        if step < 8:  # the 90 % expectile
            weights = np.where(rest > 0, 0.9, 0.1)
        else:
            typical = np.median(np.abs(rest))
            deviation = 1.4826 * np.median(np.abs(rest[rest > -0.02 - typical]))
            weights = np.where(rest < -2.5 * max(0.01, deviation), 0.0004, 1.0)
    return fitted.reshape(values.shape)


def _noise(contrast: np.ndarray) -> float:
    """The standard deviation of the noise, from the quieter half of the differences between diagonal neighbours.

    For normal noise of deviation s, a + d - b - c has deviation 2 s, and a quarter of its values lie within 0.3186 of
    that.
    """
    crossed = contrast[1:, 1:] + contrast[:-1, :-1] - contrast[1:, :-1] - contrast[:-1, 1:]
    return float(np.quantile(np.abs(crossed), 0.25) / 0.3186 / 2)


def _reduced(picture: np.ndarray, side: int) -> np.ndarray:
    """Means over squares, so that the longer side has about `side` pixels; a smaller picture stays as it is."""
    step = max(1, -(-max(picture.shape) // side))
    height, width = (max(1, length // step) for length in picture.shape)
    if step == 1 or min(picture.shape) < step:
        return picture
    return picture[: height * step, : width * step].reshape(height, step, width, step).mean(axis=(1, 3))


def _leaves(box: tuple[slice, slice], shape: tuple[int, ...]) -> bool:
    return any(part.start == 0 or part.stop == side for part, side in zip(box, shape, strict=True))


def _size(box: tuple[slice, slice]) -> int:
    return max(part.stop - part.start for part in box)
