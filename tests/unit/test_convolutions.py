"""Sizes and pictures of convolutions, and the derivative of one number, each held to torch."""

import json
import subprocess
import sys
from itertools import product

import numpy as np
import pytest
import torch
from conftest import HOME
from sklearn.datasets import load_sample_image

from payoff.lessons.convolutions import (
    BLUR,
    EDGES,
    EXAMPLES,
    convolution_size,
    examples_table,
    filtered,
    there_and_back,
    transposed_size,
)
from payoff.lessons.differentiation import EXAMPLE_AT, EXAMPLE_STATED, Number, differentiate, example
from payoff.page.figures.pictures import picture_row
from payoff.page.figures.svg import inline_svg

SWEEP = {"size": (1, 2, 5, 6, 11), "kernel": (1, 2, 3), "stride": (1, 2, 3), "padding": (0, 1, 2), "dilation": (1, 2)}


def cases(**more):
    """Every combination of the sweep, as keyword arguments."""
    ranges = SWEEP | more
    return [dict(zip(ranges, values, strict=True)) for values in product(*ranges.values())]


def torch_size(layer, size: int, **options) -> int | None:
    """The side of what torch's layer makes of an image; None if it refuses to."""
    try:
        height, width = layer(1, 1, bias=False, kernel_size=options.pop("kernel"), **options)(
            torch.zeros(1, 1, size, size)
        ).shape[2:]
    except (RuntimeError, ValueError):
        return None
    assert height == width
    return height


def our_size(function, **options) -> int | None:
    try:
        return function(**options)
    except ValueError:
        return None


def assert_equal_sizes(function, layer, all_options):
    ours = [our_size(function, **options) for options in all_options]
    assert None in ours  # the sweep crosses what is possible
    assert len(set(ours)) > 5
    assert ours == [torch_size(layer, **options) for options in all_options]


def test_a_convolution_is_as_large_as_torch_s_or_as_impossible():
    assert_equal_sizes(convolution_size, torch.nn.Conv2d, cases())


def test_a_transposed_convolution_is_as_large_as_torch_s_or_as_impossible():
    assert_equal_sizes(transposed_size, torch.nn.ConvTranspose2d, cases(output_padding=(0, 1, 2)))


@pytest.mark.parametrize(
    ("function", "options", "message"),
    [
        (convolution_size, {"size": 0, "kernel": 1}, "size: found 0; allowed: at least 1"),
        (convolution_size, {"size": 3, "kernel": 0}, "kernel: found 0; allowed: at least 1"),
        (convolution_size, {"size": 3, "kernel": 1, "stride": 0}, "stride: found 0; allowed: at least 1"),
        (convolution_size, {"size": 3, "kernel": 1, "padding": -1}, "padding: found -1; allowed: at least 0"),
        (convolution_size, {"size": 3, "kernel": 1, "dilation": 0}, "dilation: found 0; allowed: at least 1"),
        (convolution_size, {"size": 2, "kernel": 3, "dilation": 2, "padding": 1}, "over 5 pixels; .* padded 4"),
        (transposed_size, {"size": 0, "kernel": 1}, "size: found 0; allowed: at least 1"),
        (transposed_size, {"size": 1, "kernel": 2, "padding": 1}, "padding: found 1; .* half of the result's 2"),
        (transposed_size, {"size": 3, "kernel": 2, "output_padding": 1}, "output_padding: found 1; .* less than"),
    ],
)
def test_an_impossible_size_says_why(function, options, message):
    with pytest.raises(ValueError, match=message):
        function(**options)


LAYERS = {"convolution": torch.nn.Conv2d, "transposed": torch.nn.ConvTranspose2d}


@pytest.mark.parametrize("worked", EXAMPLES, ids=lambda worked: f"{worked.kind}-{worked.size}-{worked.stride}")
def test_the_seven_examples_hold_in_torch(worked):
    options = {"kernel": worked.kernel, "stride": worked.stride, "padding": worked.padding}
    assert worked.stated == worked.computed == torch_size(LAYERS[worked.kind], worked.size, **options)


def test_the_printed_padding_of_the_third_example_is_a_misprint():
    third = EXAMPLES[2]
    assert (third.padding, third.computed) == (1, 4)
    assert (third.as_printed.padding, third.as_printed.computed) == (2, 5)
    assert torch_size(torch.nn.Conv2d, 6, kernel=2, stride=2, padding=2) == 5
    remarks = list(examples_table()["remark"])
    assert remarks.pop(2) == "misprint: padding=2 would give 5"
    assert remarks == ["agrees"] * 6


def test_the_size_that_the_way_back_loses_is_the_output_padding_that_restores_it():
    sizes = there_and_back(range(2, 13), 2, range(1, 4))
    assert set(sizes["lost_size"]) == {0, 1, 2}
    for row in sizes.itertuples():
        options = {"kernel": 2, "stride": row.stride}
        assert torch_size(torch.nn.Conv2d, row.input_size, **options) == row.output_size
        restored = torch_size(torch.nn.ConvTranspose2d, row.output_size, output_padding=row.lost_size, **options)
        assert restored == row.input_size


@pytest.fixture(scope="module")
def photo():
    """Part of a real photo: (height, width, channels) from 0 to 1, height and width not alike."""
    return load_sample_image("china.jpg")[20:120, 50:200] / 255


LOPSIDED = np.arange(15.0).reshape(3, 5)  # neither square nor symmetrical: a kernel turned round would show


@pytest.mark.parametrize("kernel", [BLUR, EDGES, LOPSIDED], ids=["blur", "edges", "lopsided"])
def test_a_filtered_photo_is_what_torch_makes_of_it(photo, kernel):
    padding = tuple(side // 2 for side in kernel.shape)
    images = torch.tensor(photo).permute(2, 0, 1)[:, None]
    expected = torch.nn.functional.conv2d(images, torch.tensor(kernel)[None, None], padding=padding)[:, 0]
    result = filtered(photo, kernel)
    assert result.shape == photo.shape
    np.testing.assert_allclose(result, expected.permute(1, 2, 0).numpy(), atol=1e-12)
    np.testing.assert_array_equal(filtered(photo[..., 0], kernel), result[..., 0])


def test_whole_numbers_do_not_overflow_in_a_filter():
    image = np.full((3, 3), 200, dtype=np.uint8)
    assert filtered(image, BLUR)[1, 1] == 1800
    assert filtered(image, EDGES)[0, 0] == -400


@pytest.mark.parametrize(
    ("image", "kernel", "message"),
    [
        (np.zeros((4, 4)), np.ones((2, 3)), r"kernel: found the shape \(2, 3\); allowed: two odd sides"),
        (np.zeros((4, 4)), np.ones(3), r"kernel: found the shape \(3,\)"),
        (np.zeros(4), BLUR, r"image: found the shape \(4,\); allowed: \(height, width\)"),
    ],
)
def test_what_is_no_image_or_no_kernel_is_named(image, kernel, message):
    with pytest.raises(ValueError, match=message):
        filtered(image, kernel)


def test_a_row_of_pictures_holds_every_pixel_and_a_title_as_text(photo):
    svg = inline_svg(picture_row([photo, photo[..., 0]], ["In colour", "In grey"]), "row", "two pictures")
    assert svg.count('href="data:image/png;base64,') == 2
    assert "In colour" in svg
    assert "In grey" in svg
    figure = picture_row([photo * 3 - 1], ["Beyond black and white"])
    drawn = figure.axes[0].images[0].get_array()
    assert drawn.shape == photo.shape
    assert (drawn.min(), drawn.max()) == (0, 1)


def by_torch(function, at: float) -> float:
    x = torch.tensor(float(at), dtype=torch.float64, requires_grad=True)
    function(x).backward()
    return x.grad.item()


def by_hand(function, at: float) -> float:
    """The derivative that our own chain gives, at its first step."""
    return differentiate(function(Number(at, "x"))).iloc[0]["derivative"]


def test_the_derivative_of_the_example_is_nine():
    assert EXAMPLE_AT == 2
    assert by_torch(example, EXAMPLE_AT) == by_hand(example, EXAMPLE_AT) == EXAMPLE_STATED == 9
    for nudge in (1.0, 1e-3):
        quotient = (example(EXAMPLE_AT + nudge) - example(EXAMPLE_AT - nudge)) / (2 * nudge)
        assert quotient == pytest.approx(9, rel=1e-9)


def power(x):
    return x * x * x * x


def shared(x):
    y = x * x + 1
    return y * y + y * x


@pytest.mark.parametrize("function", [example, power, shared, lambda x: x * 3, lambda x: (x + 1) * (2 + x * 3)])
@pytest.mark.parametrize("at", [-3, 0, 0.5, 2])
def test_the_small_chain_agrees_with_torch(function, at):
    assert by_hand(function, at) == pytest.approx(by_torch(function, at), rel=1e-12)


def test_the_chain_shows_every_step_of_the_example():
    steps = differentiate(example(Number(2, "x")))
    assert list(steps["operation"]) == ["x", "x · x", "5 · x", "x · x + 5 · x", "x · x + 5 · x + 2"]
    assert list(steps["value"]) == [2, 4, 10, 14, 16]
    assert list(steps["derivative"]) == [9, 1, 1, 1, 1]
    assert steps["chain"].iloc[0] == "5 · 1 + 2 · 1 + 2 · 1"
    assert differentiate((Number(2, "x") + 1) * Number(3, "z"))["operation"].iloc[-1] == "(x + 1) · z"


@pytest.mark.slow
def test_the_chapter_does_without_torch():
    cells = json.loads((HOME / "notebooks/convolutions.ipynb").read_text())["cells"]
    lines = [line for cell in cells if cell["cell_type"] == "code" for line in cell["source"]]
    imports = "".join(line.rstrip() + "\n" for line in lines if line.startswith(("import ", "from ")))
    assert "payoff.lessons.convolutions" in imports
    probe = "import sys; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", imports + probe], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
