"""Which size the result of a convolution has, and what a convolution does to a picture."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import ndimage

from payoff.models.shapes import convolved_side, kernel_reach

# Two kernels that show what a convolution does: the sum of a neighbourhood, and the discrete Laplacian.
BLUR = np.ones((3, 3))
EDGES = np.array([[0.0, 1.0, 0.0], [1.0, -4.0, 1.0], [0.0, 1.0, 0.0]])


def convolution_size(size: int, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> int:
    """The side of a convolution's result for a square image of side `size`, in pixels.

    stride: pixels from one position of the kernel to the next; padding: zeros added at each edge; dilation: pixels
    from one weight of the kernel to the next. The formula of torch.nn.Conv2d; Dumoulin and Visin (2016), "A guide
    to convolution arithmetic for deep learning". Raises ValueError if the kernel is larger than the padded image.
    """
    _at_least(1, size=size, kernel=kernel, stride=stride, dilation=dilation)
    _at_least(0, padding=padding)
    padded, reach = size + 2 * padding, kernel_reach(kernel, dilation)
    if reach > padded:
        raise ValueError(f"kernel: found one that reaches over {reach} pixels; allowed: at most the padded {padded}")
    return convolved_side(size, kernel, stride, padding, dilation)


def transposed_size(
    size: int, kernel: int, stride: int = 1, padding: int = 0, output_padding: int = 0, dilation: int = 1
) -> int:
    """The side of a transposed convolution's result for a square image of side `size`, in pixels.

    stride: pixels of the result from one position of the kernel to the next; padding: pixels cut off the result at
    each edge; output_padding: pixels added to it at one edge. The formula of torch.nn.ConvTranspose2d, of the same
    source as `convolution_size`. Raises ValueError if the padding leaves nothing of the result, or if the output
    padding is not below the stride or the dilation, as torch demands.
    """
    _at_least(1, size=size, kernel=kernel, stride=stride, dilation=dilation)
    _at_least(0, padding=padding, output_padding=output_padding)
    if output_padding >= max(stride, dilation):
        raise ValueError(f"output_padding: found {output_padding}; allowed: less than the stride or the dilation")
    whole = (size - 1) * stride + kernel_reach(kernel, dilation) + output_padding
    if 2 * padding >= whole:
        raise ValueError(f"padding: found {padding}; allowed: less than half of the result's {whole} pixels")
    return whole - 2 * padding


SIZES: dict[str, Callable[..., int]] = {"convolution": convolution_size, "transposed": transposed_size}


@dataclass(frozen=True)
class Example:
    """A worked example, with the size that its author states.

    kind: a key of SIZES; printed_padding: what the author's line of code says, where the text says otherwise.
    """

    kind: str
    size: int
    kernel: int
    stride: int
    padding: int
    stated: int
    printed_padding: int | None = None

    @property
    def computed(self) -> int:
        return SIZES[self.kind](self.size, self.kernel, self.stride, self.padding)

    @property
    def as_printed(self) -> "Example":
        """The example as the author's line of code has it."""
        return self if self.printed_padding is None else replace(self, padding=self.printed_padding)


# From Rashid's blog (2017-2020) on convolutions and transposed convolutions of square images.
EXAMPLES = (
    Example("convolution", size=6, kernel=2, stride=1, padding=0, stated=5),
    Example("convolution", size=6, kernel=2, stride=2, padding=0, stated=3),
    Example("convolution", size=6, kernel=2, stride=2, padding=1, stated=4, printed_padding=2),
    Example("convolution", size=5, kernel=2, stride=2, padding=0, stated=2),
    Example("transposed", size=3, kernel=2, stride=2, padding=0, stated=6),
    Example("transposed", size=5, kernel=2, stride=1, padding=0, stated=6),
    Example("transposed", size=3, kernel=2, stride=2, padding=1, stated=4),
)


def examples_table() -> pd.DataFrame:
    """One row per example: its parameters, the size that its author states, the computed size, and a remark."""
    return pd.DataFrame(
        {
            "example": number,
            "kind": example.kind,
            "input_size": example.size,
            "kernel_size": example.kernel,
            "stride": example.stride,
            "padding": example.padding,
            "stated_size": example.stated,
            "output_size": example.computed,
            "remark": _remark(example),
        }
        for number, example in enumerate(EXAMPLES, start=1)
    )


def there_and_back(sizes: range, kernel: int, strides: range) -> pd.DataFrame:
    """One row per stride and size of the input: the size after a convolution, and after a transposed one back.

    `lost_size` is what the way back loses; with it as output_padding the way back is exact.
    """
    rows = []
    for stride in strides:
        for size in sizes:
            output = convolution_size(size, kernel, stride)
            back = transposed_size(output, kernel, stride)
            row = {"kernel_size": kernel, "stride": stride, "input_size": size, "output_size": output}
            rows.append(row | {"back_size": back, "lost_size": size - back})
    return pd.DataFrame(rows)


def filtered(image: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """The image after a convolution with a kernel. It keeps its size: pixels beyond its edges count as zero.

    image: (height, width) or (height, width, channels), where each channel is convolved separately; kernel: (odd, odd).
    As in all neural networks the kernel is not flipped, so mathematics calls this a correlation. The result is not
    normalised: divide the result of BLUR by BLUR.sum() for a picture as bright as the original. Raises ValueError.
    """
    if kernel.ndim != 2 or not all(side % 2 for side in kernel.shape):
        raise ValueError(f"kernel: found the shape {kernel.shape}; allowed: two odd sides, so that it has a centre")
    if image.ndim not in (2, 3):
        raise ValueError(f"image: found the shape {image.shape}; allowed: (height, width) or with channels behind")
    weights = kernel.reshape(kernel.shape + (1,) * (image.ndim - 2))
    return ndimage.correlate(image.astype(float), weights, mode="constant", cval=0.0)


def _remark(example: Example) -> str:
    remarks = [] if example.computed == example.stated else ["the formula gives another size"]
    if example.printed_padding is not None:
        remarks.append(f"misprint: padding={example.printed_padding} would give {example.as_printed.computed}")
    return "; ".join(remarks) or "agrees"


def _at_least(least: int, **values: int) -> None:
    for name, value in values.items():
        if value < least:
            raise ValueError(f"{name}: found {value}; allowed: at least {least}")
