"""Figures made of pixels: one function per figure, in the style of the others."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from payoff.page.figures.page_figure import NARROW, PageFigure, on_page

MOST_BESIDE = 4  # images in a row, on a phone


@on_page
def picture_row(images: Sequence[np.ndarray], titles: Sequence[str], *, width: float) -> PageFigure:
    """Images side by side, each under its title.

    images: (height, width) grey, 0 black to 1 white, or (height, width, 3) colour, of one shape; a value
    below 0 is shown as 0, one above 1 as 1.
    """
    columns = min(len(images), MOST_BESIDE) if width == NARROW else len(images)
    rows = -(-len(images) // columns)
    height, across = images[0].shape[:2]
    figure = PageFigure(width, rows * (width / columns * height / across + 0.4))
    grid = figure.subplots(rows, columns, squeeze=False).ravel()
    for axis in grid[len(images) :]:
        axis.set_axis_off()
    for axis, image, title in zip(grid, images, titles, strict=False):
        _picture(axis, image)
        axis.set_title(title, loc="left")
    return figure


@on_page
def picture_grid(images: Sequence[np.ndarray], columns: int = 16, *, width: float) -> PageFigure:
    """Images as one mosaic with `columns` of them per row. images: as for `picture_row`."""
    height, across = images[0].shape[:2]
    rows = -(-len(images) // columns)
    mosaic = np.ones((rows * (height + 1) - 1, columns * (across + 1) - 1, *images[0].shape[2:]))
    for number, image in enumerate(images):
        top, left = number // columns * (height + 1), number % columns * (across + 1)
        mosaic[top : top + height, left : left + across] = image
    figure = PageFigure(width, width * mosaic.shape[0] / mosaic.shape[1])
    _picture(figure.subplots(), mosaic)
    return figure


@on_page
def predictions_row(
    images: Sequence[np.ndarray], predicted: Sequence[str], actual: Sequence[str], *, width: float
) -> PageFigure:
    """Images side by side, each under the class it was given; where that is wrong, the actual class is below."""
    figure = picture_row(images, predicted, width=width)
    for axis, given, true in zip(figure.axes, predicted, actual, strict=False):
        axis.set_title(given, loc="left", fontsize=8)
        if given != true:
            axis.text(0, -0.05, f"is: {true}", transform=axis.transAxes, va="top", fontsize=8)
    return figure


def for_display(images: np.ndarray, max_value: float) -> list[np.ndarray]:
    """(n, channels, height, width), as stored -> what this module draws: grey or colour, 0 to 1."""
    channels_last = np.moveaxis(images / max_value, 1, -1)
    return list(channels_last if images.shape[1] == 3 else channels_last.mean(axis=-1))


def _picture(axis: Axes, image: np.ndarray) -> None:
    # not interpolated: the file holds each pixel once, and none of them is transparent
    axis.imshow(np.clip(image, 0, 1), cmap="gray", vmin=0, vmax=1, interpolation="none")
    axis.set_axis_off()
