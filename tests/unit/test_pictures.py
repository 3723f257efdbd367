"""Figures made of pixels, and what stands under them."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from planted import as_read, cell, record

from payoff.page.figures.learning import step_losses
from payoff.page.figures.page_figure import NARROW, WIDE
from payoff.page.figures.pictures import for_display, picture_grid, predictions_row
from payoff.page.figures.svg import figure_files
from payoff.page.words import learning
from payoff.tables.samples import steps_table


def drawn(figure, axis: int = 0) -> np.ndarray:
    return np.asarray(figure.axes[axis].images[0].get_array())


def test_a_grid_holds_each_image_once_in_its_place():
    images = [np.full((2, 3), number / 10) for number in range(5)]
    mosaic = drawn(picture_grid(images, columns=4))
    assert mosaic.shape == (2 * 2 + 1, 4 * 3 + 3)
    for number, image in enumerate(images):
        top, left = number // 4 * 3, number % 4 * 4
        assert (mosaic[top : top + 2, left : left + 3] == image).all()
    assert (mosaic[3:, 4:] == 1).all()  # the rest is paper


def test_a_grid_is_as_wide_as_the_page_and_as_a_phone_whatever_its_images(tmp_path):
    figure = picture_grid([np.zeros((28, 28))] * 5, columns=4)
    assert figure.get_size_inches().tolist() == pytest.approx([WIDE, WIDE * 57 / 115])
    assert figure.narrowed().get_figwidth() == NARROW
    figure_files(figure, "grid", tmp_path)
    with Image.open(tmp_path / "grid.png") as image:
        assert image.width == 1600


def test_colour_stays_colour_and_grey_grey():
    stored = np.zeros((2, 3, 4, 5), np.uint8)
    stored[:, 0] = 255
    (first, _) = for_display(stored, 255)
    assert first.shape == (4, 5, 3)
    assert first[0, 0].tolist() == [1, 0, 0]
    (grey,) = for_display(np.full((1, 1, 4, 5), 8, np.uint8), 16)
    assert grey.shape == (4, 5)
    assert (grey == 0.5).all()
    assert drawn(picture_grid([first] * 3)).shape[-1] == 3


def test_a_wrong_prediction_names_the_class_of_the_image():
    figure = predictions_row([np.zeros((4, 4))] * 2, ["cat", "dog"], ["cat", "ship"])
    assert [axis.get_title(loc="left") for axis in figure.axes] == ["cat", "dog"]
    assert [[text.get_text() for text in axis.texts] for axis in figure.axes] == [[], ["is: ship"]]


def steps() -> pd.DataFrame:
    records = [record(cell("torch_cnn", 8), repetition, 0.1) for repetition in (1, 2)]
    for entry in records:
        entry["step_losses"] = [2.0] * 10 + [1.0] * 80 + [0.5] * 10
    return as_read(steps_table([*records, record(cell("numpy_mlp", 8), 1, 0.1)]))


def test_the_losses_of_steps_are_a_row_each():
    table = steps()
    assert len(table) == 200
    assert table["model"].unique().tolist() == ["torch_cnn"]
    assert table["step"].tolist() == [*range(1, 101)] * 2


def test_the_losses_of_steps_are_told_by_their_ends():
    text = learning.losses_by_step(steps())
    assert (
        "CNN in torch, CPU, H = 8, the median loss of a step goes from 2.00 in the first tenth of 100 steps to 0.500"
        in text
    )
    (axis,) = step_losses(steps()).axes
    assert [len(line.get_xdata()) for line in axis.lines] == [100, 100]
    assert axis.lines[1].get_ydata()[50] == 1


def test_the_losses_of_two_sizes_are_kept_apart():
    other = steps().assign(hidden_size=16, step_loss=7.0)
    both = pd.concat([steps(), other])
    assert len(step_losses(both).axes) == 2
    assert "H = 16, the median loss of a step goes from 7.00 in the first tenth of 100" in learning.losses_by_step(both)


def test_no_steps_are_nothing_to_tell():
    assert learning.losses_by_step(steps().iloc[:0]) == ""
