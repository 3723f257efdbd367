"""What a batch system is asked to reserve for a run."""

import pytest

from payoff.recipes import OPTIMIZERS, Recipe
from payoff.runs import entrant, training
from payoff.study import needs

RECIPE = Recipe("unit", "cross_entropy", "sgd", 0.1, 32, 3)


def memory_mb(architecture="mlp", recipe=RECIPE, **others) -> int:
    usual = {"shape": (1, 8, 8), "hidden_size": 32, "device": "cpu", "data_mb": 0.1}
    return needs.memory_mb(architecture, recipe, **usual | others)


@pytest.mark.parametrize(
    ("device", "model_gpus", "gpus"), [("cpu", 1, 0), ("cpu", 2, 0), ("cuda", 1, 1), ("cuda", 2, 2), ("pretend", 2, 1)]
)
def test_gpus_are_for_whatever_is_not_the_cpu(device, model_gpus, gpus):
    assert needs.gpus(device, model_gpus) == gpus


def test_the_minutes_hold_the_longest_that_a_run_can_take():
    """Ended at its hard limit."""
    assert needs.LIMIT_IN_BUDGETS == entrant.HARD_LIMIT
    assert needs.minutes(600, 10) * 60 > 2 * 600 + 10
    assert needs.minutes(600, 10) < needs.minutes(660, 40)


def test_the_memory_grows_with_the_network_the_data_the_optimizer_and_a_gpu():
    least = memory_mb()
    assert memory_mb(data_mb=1000) > least + 1000
    assert memory_mb(device="cuda") > least
    # 3072 x 100,000 weights of 4 bytes are 1.2 GB: with their gradient 2.4, with Adam's two arrays 4.9
    large = memory_mb(shape=(3, 32, 32), hidden_size=100_000)
    assert large > least + 2_400
    adam = Recipe("unit", "cross_entropy", "adam", 0.1, 32, 3)
    assert memory_mb(recipe=adam, shape=(3, 32, 32), hidden_size=100_000) > large + 2_400
    assert memory_mb("cnn", shape=(3, 256, 256)) > memory_mb("cnn", shape=(3, 32, 32)) + 1_000
    assert memory_mb(shape=None, hidden_size=10_000) > least


def test_a_network_that_does_not_fit_its_images_needs_no_memory():
    """Its run ends before the network is built."""
    assert memory_mb("cnn", shape=(1, 3, 3), hidden_size=1_000_000) == memory_mb(hidden_size=0)
    assert memory_mb("cnn", shape=(1, 4, 4), hidden_size=1_000_000) > memory_mb(hidden_size=0)


def test_no_optimizer_and_no_batch_of_the_evaluation_is_forgotten():
    assert set(needs.OPTIMIZER_COPIES) == set(OPTIMIZERS)
    assert needs.IMAGES_AT_ONCE == training.EVALUATION_BATCH
