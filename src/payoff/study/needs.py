"""What a run needs, for a batch system to reserve it: GPUs, memory and minutes. Estimates, on the safe side.

Only a reservation hangs on them: locally nothing is limited by them, and another estimate makes no result stale.
"""

from math import ceil, prod

from payoff.failures import RunFailure
from payoff.models.shapes import ARCHITECTURES, ImageShape, seen_shape, units_per_image
from payoff.recipes import Recipe

# Of a run itself, beside its data and its network, in MB: the interpreter, the framework, and Snakemake, which runs
# twice around each job. On two cores torch alone was 0.6 GB; CUDA keeps several GB of its libraries on the host.
BASE_MB = {"cpu": 2_000}
BASE_ON_A_GPU_MB = 6_000

# A data set is stored in one byte a value, and is there as stored, as float32, scaled, and placed.
DATA_COPIES = 1 + 4 + 4 + 4
# Of each weight: itself, its gradient, a state kept aside, and the float64 from which it was drawn.
WEIGHT_COPIES = 5
OPTIMIZER_COPIES = {"sgd": 0, "nesterov": 2, "adam": 4}  # its arrays, and those of the state kept aside
UNIT_COPIES = 3  # of what a layer gives: before and after its activation, and one on the way
FLOAT_BYTES = 4
IMAGES_AT_ONCE = 2_000  # payoff.runs.training.EVALUATION_BATCH

# Of a table, of which only its file says how many columns it has.
UNKNOWN_SHAPE = (1, 1, 10_000)

# A run is ended after so many budgets (payoff.runs.attempt.HARD_LIMIT), and one that was disturbed is measured twice.
LIMIT_IN_BUDGETS = 2
TIMES_MEASURED = 2
START_S = 300  # to start Snakemake and Python from a slow file system, to wait for a lock, and to spare


def gpus(device: str, model_gpus: int) -> int:
    """How many GPUs a run on `device` reserves; model_gpus: on how many CUDA devices its model computes."""
    if device == "cpu":
        return 0
    return model_gpus if device == "cuda" else 1


def minutes(budget_s: float, quiet_wait_s: float = 0) -> int:
    """How long the job of a run may take whose budget is this and which waits so long for quiet; both in seconds."""
    return ceil((TIMES_MEASURED * (LIMIT_IN_BUDGETS * budget_s + quiet_wait_s) + START_S) / 60)


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

    architecture: mlp or cnn; shape: (channels, height, width) of an image, None if it is not known yet; data_mb: of
    the prepared data set's file.
    """
    weights, units = _size(architecture, recipe, shape or UNKNOWN_SHAPE, hidden_size)
    copies = WEIGHT_COPIES + OPTIMIZER_COPIES[recipe.optimizer]
    values = weights * copies + units * UNIT_COPIES * max(IMAGES_AT_ONCE, recipe.batch_size)
    network_mb = values * FLOAT_BYTES / 1e6
    return ceil(BASE_MB.get(device, BASE_ON_A_GPU_MB) + network_mb + data_mb * DATA_COPIES)


def _size(architecture: str, recipe: Recipe, shape: ImageShape, hidden_size: int) -> tuple[int, int]:
    """(weights, units per image) of a network, without its biases and its last layer, which are few.

    A network that does not fit its images is never built, so it has none.
    """
    seen = seen_shape(recipe, shape)
    try:
        layers = ARCHITECTURES[architecture](recipe, seen, hidden_size, 0)
        return sum(map(prod, layers.values())), units_per_image(architecture, recipe, seen, hidden_size)
    except RunFailure:
        return 0, 0
