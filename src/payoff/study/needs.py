"""What a run needs, so that a batch system can reserve it: GPUs, memory and minutes. The estimates are rather high.

They are used only for reservations. On the local machine they limit nothing, and a new estimate makes no result stale.
"""

from math import ceil, prod

from payoff.failures import RunFailure
from payoff.models.shapes import ARCHITECTURES, ImageShape, seen_shape, units_per_image
from payoff.recipes import Recipe

# Memory of a run without its data and its network, in MB: the interpreter, the framework, and Snakemake, which has two
# processes around each job. Measured on two cores, torch alone takes 0.6 GB. On a GPU, CUDA also keeps several GB of
# its libraries in the host's memory.
BASE_MB = {"cpu": 2_000}
BASE_ON_A_GPU_MB = 6_000

# A data set is stored with one byte per value. Its copies in memory: as stored, as float32, scaled, and on the device.
DATA_COPIES = 1 + 4 + 4 + 4
# Of each weight: the weight, its gradient, a saved state, and the float64 from which it was drawn, which counts twice.
WEIGHT_COPIES = 5
OPTIMIZER_COPIES = {"sgd": 0, "nesterov": 2, "adam": 4}  # the optimiser's arrays, and those of the saved state
UNIT_COPIES = 3  # of a layer's outputs: before and after the activation, and a temporary array
FLOAT_BYTES = 4
IMAGES_AT_ONCE = 2_000  # payoff.runs.training.EVALUATION_BATCH

# Assumed for a table, since only its file says how many columns it has.
UNKNOWN_SHAPE = (1, 1, 10_000)

# A run is ended after this many budgets (payoff.runs.entrant.HARD_LIMIT).
LIMIT_IN_BUDGETS = 2
START_S = 300  # to start Snakemake and Python from a slow file system, to wait for a lock, for turns, and a reserve


def gpus(device: str, model_gpus: int) -> int:
    """How many GPUs a run on `device` reserves; model_gpus: how many CUDA devices its model uses."""
    if device == "cpu":
        return 0
    return model_gpus if device == "cuda" else 1


def minutes(budget_s: float, quiet_wait_s: float = 0) -> int:
    """How many minutes a job may take. budget_s: of its runs together; quiet_wait_s: its longest wait for quiet."""
    return ceil((LIMIT_IN_BUDGETS * budget_s + quiet_wait_s + START_S) / 60)


def memory_mb(
    architecture: str,
    recipe: Recipe,
    *,
    shape: ImageShape | None,
    hidden_size: int,
    device: str,
    data_mb: float,
) -> int:
    """Memory of the host for the job of a run, in MB of 10^6 bytes.

    architecture: mlp or cnn; shape: (channels, height, width) of an image, None if it is not known yet; data_mb: size
    of the prepared data set's file.
    """
    weights, units = _size(architecture, recipe, shape or UNKNOWN_SHAPE, hidden_size)
    copies = WEIGHT_COPIES + OPTIMIZER_COPIES[recipe.optimizer]
    values = weights * copies + units * UNIT_COPIES * max(IMAGES_AT_ONCE, recipe.batch_size)
    network_mb = values * FLOAT_BYTES / 1e6
    return ceil(BASE_MB.get(device, BASE_ON_A_GPU_MB) + network_mb + data_mb * DATA_COPIES)


def _size(architecture: str, recipe: Recipe, shape: ImageShape, hidden_size: int) -> tuple[int, int]:
    """(weights, units per image) of a network, without its biases and its last layer, which are small.

    A network that does not fit its images is never built, so both are 0.
    """
    seen = seen_shape(recipe, shape)
    try:
        layers = ARCHITECTURES[architecture](recipe, seen, hidden_size, 0)
        return sum(map(prod, layers.values())), units_per_image(architecture, recipe, seen, hidden_size)
    except RunFailure:
        return 0, 0
