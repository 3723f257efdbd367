"""Pictures of ink as people send them: on paper, in some light, in a photograph."""

import io

import numpy as np
from PIL import Image

Draw = np.random.Generator


def on_page(ink: np.ndarray, size: tuple[int, int], corner: tuple[int, int]) -> np.ndarray:
    page = np.zeros(size)
    (top, left), (height, width) = corner, ink.shape
    page[top : top + height, left : left + width] = ink
    return page


def cut_at_the_edges(ink: np.ndarray) -> np.ndarray:
    """Without the paper around the ink: the strokes touch all four edges."""
    rows, columns = (np.flatnonzero((ink > 0.5).any(axis=axis)) for axis in (1, 0))
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def uneven_light(draw: Draw, size: tuple[int, int]) -> np.ndarray:
    """From 1 on one side down to 0.4 on the other, and a soft shadow across the page."""
    y, x = np.meshgrid(*(np.linspace(-0.5, 0.5, side) for side in size), indexing="ij")
    angle, shadow = draw.uniform(0, 2 * np.pi, 2)
    ramp = np.cos(angle) * y + np.sin(angle) * x
    ramp = (ramp - ramp.min()) / np.ptp(ramp)
    beyond = np.cos(shadow) * y + np.sin(shadow) * x - draw.uniform(-0.3, 0.3)
    return (0.4 + 0.6 * ramp) * (1 - 0.3 / (1 + np.exp(-beyond / 0.05)))


def photographed(draw: Draw, ink: np.ndarray, paper: float, pen: float, light=1.0, noise: float = 0.01) -> np.ndarray:
    """uint8: the paper's and the pen's brightness in this light, with the sensor's noise."""
    values = (paper * (1 - ink) + pen * ink) * light + draw.normal(0, noise, ink.shape)
    return np.clip(np.rint(values * 255), 0, 255).astype(np.uint8)


def through_jpeg(picture: np.ndarray, quality: int = 75) -> np.ndarray:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file))


def small(ink: np.ndarray) -> np.ndarray:
    """A picture as small as the images of the data set, by means over squares."""
    return np.asarray(Image.fromarray(np.float32(ink)).resize((28, 28), Image.Resampling.BOX))


def off_centre(draw: Draw, ink: np.ndarray) -> np.ndarray:
    """A small drawing, turned a little, somewhere on a large grey page in uneven light."""
    turned = Image.fromarray(np.float32(ink)).rotate(draw.uniform(-8, 8)).resize((150, 150))
    page = on_page(np.asarray(turned), (400, 560), tuple(draw.integers(10, 240, 2)))
    return through_jpeg(photographed(draw, page, 0.8, 0.15, uneven_light(draw, page.shape)))


def squared(draw: Draw, ink: np.ndarray) -> np.ndarray:
    """On paper with printed squares, paler than the pen."""
    lines = np.arange(len(ink)) % 37 < 2
    return photographed(draw, np.maximum(ink, 0.3 * (lines | lines[:, np.newaxis])), 0.95, 0.1)


KINDS = {
    "white on black": lambda draw, ink: photographed(draw, ink, 0, 1, noise=0),
    "dark on white": lambda draw, ink: photographed(draw, ink, 1, 0.05, noise=0),
    "dark on white, small": lambda draw, ink: photographed(draw, small(ink), 1, 0, noise=0),
    "grey paper": lambda draw, ink: through_jpeg(photographed(draw, ink, draw.uniform(0.45, 0.8), 0.2)),
    "grey paper, small": lambda draw, ink: photographed(draw, small(ink), draw.uniform(0.45, 0.8), 0.2),
    "uneven light": lambda draw, ink: photographed(draw, ink, 0.95, 0.1, uneven_light(draw, ink.shape)),
    "cut at its edges": lambda draw, ink: photographed(draw, cut_at_the_edges(ink), 1, 0.1),
    "chalk": lambda draw, ink: photographed(draw, ink, 0.2, 0.8),
    "pencil": lambda draw, ink: photographed(draw, ink, 0.85, 0.6),
    "off centre": off_centre,
    "squared paper": squared,
}


def blanks(draw: Draw) -> dict[str, np.ndarray]:
    nothing = np.zeros((300, 400))
    return {
        "white": np.full((300, 400), 255, np.uint8),
        "black": np.zeros((300, 400), np.uint8),
        "small": np.full((28, 28), 200, np.uint8),
        "grey with noise": photographed(draw, nothing, 0.6, 0, noise=0.04),
        "uneven light": through_jpeg(photographed(draw, nothing, 0.9, 0, uneven_light(draw, nothing.shape), 0.02)),
        "noise": draw.integers(0, 256, (200, 300), np.uint8),
    }
