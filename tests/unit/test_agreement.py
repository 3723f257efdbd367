"""Which ways are checked against each other for equal work, and when two results agree."""

import numpy as np
import pytest
from planted import cell

from payoff.equal_work.agreement import difference, disagreement
from payoff.equal_work.pairs import by_device, modules_behind, pairs


def test_the_pairs_are_all_of_one_network_at_its_smallest_shared_size():
    cells = [cell("torch_mlp", h) for h in (32, 8)] + [cell("numpy_mlp", h) for h in (16, 32)]
    cells += [cell("torch_mlp", 32, "cuda"), cell("torch_mlp", 32, threads=2), cell("torch_cnn", 8)]
    cells += [cell("torch_mlp", 64, mode="fused"), cell("numpy_mlp", 8, dataset="mnist")]
    found = [
        (p["dataset"], p["first_model"], p["first_device"], p["second_model"], p["second_device"], p["hidden_size"])
        for p in pairs(cells)
    ]
    assert found == [
        ("digits", "numpy_mlp", "cpu", "torch_mlp", "cpu", 32),
        ("digits", "numpy_mlp", "cpu", "torch_mlp", "cuda", 32),
        ("digits", "torch_mlp", "cpu", "torch_mlp", "cuda", 32),
    ]
    numbers = {device: [found.index(one) for one in found if one[4] == device] for device in ("cpu", "cuda")}
    assert by_device(pairs(cells)) == {device: [pairs(cells)[i] for i in own] for device, own in numbers.items()}
    assert modules_behind(pairs(cells)) == ("payoff.models.numpy_mlp", "payoff.models.torch_mlp")


def test_a_difference_is_a_share_of_the_size_and_never_passes_unseen():
    ones = {"a": np.ones(4, np.float32), "noise": np.full(4, 1e-9, np.float32)}
    assert difference(ones, ones | {"a": np.full(4, 1.25, np.float32)}) == pytest.approx(0.25)
    assert difference(ones, ones | {"noise": np.zeros(4, np.float32)}) < 1e-5, "rounding where nothing should be"
    assert np.isnan(difference(ones, ones | {"a": np.full(4, np.inf, np.float32)}))
    assert difference(ones, {"a": ones["a"]}) == difference({"a": ones["a"]}, ones) == np.inf
    assert difference({"a": np.zeros(2)}, {"a": np.zeros(2)}) == 0
    assert difference({"a": np.zeros(2)}, {"a": np.ones(2)}) > 1
    assert disagreement({"outputs": 0.5, "weights": 0.1}, 0.1) == "the outputs differ by 5.0e-01 of their size"
    assert "not finite" in disagreement({"outputs": np.nan}, 0.1)
