"""The geometry of networks: how large each layer is, from the recipe and the images.

No numpy or torch here: the workflow imports this module.
"""

from collections.abc import Callable
from math import prod

from payoff.failures import RunFailure
from payoff.recipes import Recipe

# Of an image, or of a convolution's maps: (channels, height, width).
ImageShape = tuple[int, int, int]
# A layer's name -> the shape of its weight, (outputs, inputs, …), in order from the images to the outputs.
LayerShapes = dict[str, tuple[int, ...]]


def seen_shape(recipe: Recipe, stored_shape: ImageShape) -> ImageShape:
    """The shape of an image as the network sees it: that in the data set, but a grey recipe turns 3 colours into 1."""
    channels, height, width = stored_shape
    return (1 if recipe.grey and channels == 3 else channels), height, width


def hidden_widths(recipe: Recipe, hidden_size: int) -> list[int]:
    """Units of each hidden dense layer."""
    return [max(1, round(share * hidden_size)) for share in recipe.dense]


def kernel_reach(kernel: int, dilation: int = 1) -> int:
    """Pixels from the first to the last weight of a kernel, both included."""
    return dilation * (kernel - 1) + 1


def convolved_side(side: int, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> int:
    """Pixels of one side of an image after a convolution; less than 1 if nothing is left.

    stride: pixels from one place of the kernel to the next; padding: zeros added at each edge; dilation: pixels
    from one weight of the kernel to the next. The formula of torch.nn.Conv2d.
    """
    return (side + 2 * padding - kernel_reach(kernel, dilation)) // stride + 1


def convolution_maps(recipe: Recipe, image_shape: ImageShape) -> list[tuple[ImageShape, ImageShape]]:
    """The maps of each convolution, before and after its pooling. Raises RunFailure("does_not_fit") if none are left.

    image_shape: of an image as the network sees it, here and below.
    """
    maps: list[tuple[ImageShape, ImageShape]] = []
    _, height, width = image_shape
    for number, layer in enumerate(recipe.convolutions, 1):
        before = [convolved_side(side, layer.kernel, padding=layer.padding) for side in (height, width)]
        height, width = (side // layer.pool for side in before)
        if min(height, width) < 1:
            detail = f"images of {image_shape[1]}×{image_shape[2]} are used up by convolution {number}"
            raise RunFailure("does_not_fit", detail)
        maps.append(((layer.channels, before[0], before[1]), (layer.channels, height, width)))
    return maps


def mlp_layers(recipe: Recipe, image_shape: ImageShape, hidden_size: int, outputs: int) -> LayerShapes:
    """dense1 (h, d), dense2 and so on, up to the outputs; d pixels, h units."""
    return _dense_layers(recipe, prod(image_shape), hidden_size, outputs)


def cnn_layers(recipe: Recipe, image_shape: ImageShape, hidden_size: int, outputs: int) -> LayerShapes:
    """conv1 (k, channels, s, s), …, dense1, …. Raises RunFailure("does_not_fit") if the convolutions leave nothing."""
    shapes = [image_shape, *(pooled for _, pooled in convolution_maps(recipe, image_shape))]
    convolutions = {
        f"conv{number}": (layer.channels, shapes[number - 1][0], layer.kernel, layer.kernel)
        for number, layer in enumerate(recipe.convolutions, 1)
    }
    return convolutions | _dense_layers(recipe, prod(shapes[-1]), hidden_size, outputs)


# architecture -> the function that gives a network's layers, which are the same for every framework
ARCHITECTURES: dict[str, Callable[[Recipe, ImageShape, int, int], LayerShapes]] = {"mlp": mlp_layers, "cnn": cnn_layers}


def weights(architecture: str, recipe: Recipe, image_shape: ImageShape, hidden_size: int, outputs: int) -> int:
    """How many weights a network has, biases left out. Raises RunFailure as `cnn_layers` does."""
    return sum(map(prod, ARCHITECTURES[architecture](recipe, image_shape, hidden_size, outputs).values()))


def operations(
    architecture: str, recipe: Recipe, image_shape: ImageShape, hidden_size: int, outputs: int
) -> tuple[int, int]:
    """The multiplications and additions of a forward pass for one image, of all layers and of the first one.

    A weight is used once, a kernel at each place of its map. Raises RunFailure as `cnn_layers` does.
    """
    layers = ARCHITECTURES[architecture](recipe, image_shape, hidden_size, outputs)
    maps = convolution_maps(recipe, image_shape) if architecture == "cnn" else []
    places = {f"conv{number}": prod(before[1:]) for number, (before, _) in enumerate(maps, 1)}
    of_layers = [2 * prod(shape) * places.get(name, 1) for name, shape in layers.items()]
    return sum(of_layers), of_layers[0]


def units_per_image(architecture: str, recipe: Recipe, image_shape: ImageShape, hidden_size: int) -> int:
    """How many numbers the hidden layers give for one image, before pooling. Raises RunFailure as `cnn_layers` does."""
    maps = convolution_maps(recipe, image_shape) if architecture == "cnn" else []
    return sum(prod(convolved) for convolved, _ in maps) + sum(hidden_widths(recipe, hidden_size))


def _dense_layers(recipe: Recipe, inputs: int, hidden_size: int, outputs: int) -> LayerShapes:
    widths = [inputs, *hidden_widths(recipe, hidden_size), outputs]
    return {f"dense{i}": (widths[i], widths[i - 1]) for i in range(1, len(widths))}
