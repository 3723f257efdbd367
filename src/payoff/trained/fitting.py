"""Fit a picture of a drawing to the training images: their ink, its size and its place in the image."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from payoff.datasets.drawings import Drawings, box_of
from payoff.trained.ink import find_ink, is_dark

SMALL = 1 / 3  # a drawing that fills less of the picture's longer side is looked at again, alone
MARGIN = 0.3  # of the drawing's size, around it, when it is looked at again
FINE = 8  # pixels of a picture per pixel of an image, before it is averaged


@dataclass(frozen=True)
class Fitted:
    """image: (height, width), bright ink from 0 to 1; drawings: how many the picture shows, of which this is the
    largest; rest: the part of the picture's edges that is not this drawing's, from 0 to 1."""

    image: np.ndarray
    drawings: int
    rest: float


def fit(picture: np.ndarray, drawings: Drawings, shape: tuple[int, int], *, dark: bool | None = None) -> Fitted | None:
    """The drawing in a picture as the training images would show it; None if there is none.

    picture: (height, width), 0 black to 1 white; shape: (height, width) of an image; dark: whether the ink is darker
    than its paper; None: find out. A picture that is such an image already stays as it is.
    """
    first = is_dark(picture) if dark is None else dark
    if picture.shape == shape:
        bright = 1 - picture if first else picture
        if bright.max() >= 0.5 and not drawings.unusual(bright):
            return Fitted(bright, 1, 0.0)
    found = [_fit(picture, drawings, shape, dark=first)]
    if dark is None and not _is_usual(found[0], drawings):
        found.append(_fit(picture, drawings, shape, dark=not first))
    return next((each for each in found if _is_usual(each, drawings)), None) or found[0] or found[-1]


def _is_usual(found: Fitted | None, drawings: Drawings) -> bool:
    return found is not None and found.drawings == 1 and not drawings.unusual(found.image)


def _fit(picture: np.ndarray, drawings: Drawings, shape: tuple[int, int], *, dark: bool) -> Fitted | None:
    ink = find_ink(picture, dark=dark)
    if ink is None:
        return None
    amount = ink.amount
    extent = max(part.stop - part.start for part in ink.box)
    if extent < SMALL * max(picture.shape):
        around = tuple(
            slice(max(0, round(part.start - MARGIN * extent)), round(part.stop + MARGIN * extent)) for part in ink.box
        )
        closer = find_ink(picture[around], dark=dark)
        amount = amount[around] if closer is None else closer.amount
    return Fitted(placed(amount, drawings, shape), ink.drawings, ink.rest)


def placed(amount: np.ndarray, drawings: Drawings, shape: tuple[int, int]) -> np.ndarray:
    """The ink scaled to the size of the training drawings, and moved to their place.

    amount: (height, width), 0 paper to 1 ink, with a value of at least 0.5
    """
    scale = np.ptp(box_of(amount), axis=1).max() / drawings.size
    if scale < FINE:  # else an image's pixel would be the average of few
        factor = int(np.ceil(FINE / scale))
        amount = np.clip(ndimage.zoom(amount, factor, order=3, mode="grid-constant", grid_mode=True), 0, 1)
        scale = np.ptp(box_of(amount), axis=1).max() / drawings.size
    amount = np.pad(amount, int(np.ceil(scale)))  # what is averaged beyond the picture's edges is paper
    middle = drawings.point_of(amount) - scale * np.array(drawings.centre)
    averaged = ndimage.uniform_filter(amount, max(1, round(scale)), mode="constant")
    image = ndimage.affine_transform(averaged, [scale, scale], middle, output_shape=shape, order=1, mode="constant")
    return image / image.max()
