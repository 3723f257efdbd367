"""The gate before any comparison: twins agree, what is not equal work is told apart and named."""

import os
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from conftest import HOME
from planted import cell
from twin import RESULTS

from payoff.datasets.splits import PreparedDataset, Split, save
from payoff.equal_work.agreement import TOLERANCE
from payoff.equal_work.check import check_equal_work
from payoff.equal_work.pairs import pairs
from payoff.equal_work.table import TYPES, equal_work_tables
from payoff.machine.processes import ProgramFaultError
from payoff.models.registry import MODELS, ModelSpec
from payoff.recipes import Recipe

RECIPE = Recipe("unit", "cross_entropy", "sgd", learning_rate=0.1, batch_size=16, epochs=1)
BOOK = replace(
    RECIPE, loss="squared_error", output="sigmoid", activation="sigmoid", error_rule="book", batch_size=1, biases=False
)
NUMPY, TORCH, FUSED = cell("numpy_mlp", 8), cell("torch_mlp", 8), cell("torch_mlp", 8, mode="fused")

# Networks that do something else than their twin: each is a module of its own, as a user would add one.
WRONG = {
    "gradient": """
    def gradients(self, images, targets):
        loss, gradients = super().gradients(images, targets)
        return loss, [1.01 * gradient for gradient in gradients]
""",
    "order": """
    def train(self, images, targets, order, batch_size):
        return super().train(images, targets, order[::-1], batch_size)
""",
    "fewer": """
    def train(self, images, targets, order, batch_size):
        return super().train(images, targets, order[:-batch_size], batch_size)
""",
    "scores": """
    def scores(self, images):
        return super().scores(images) * 1.001
""",
    "one_draw": """
    def __init__(self, blueprint):
        super().__init__(blueprint)
        self.factor = 1.01 if blueprint.seed == 1 else 1

    def scores(self, images):
        return super().scores(images) * self.factor
""",
    "not_finite": """
    def scores(self, images):
        return super().scores(images) * float("nan")
""",
    "fewer_parameters": """
    def state(self):
        return dict(list(super().state().items())[1:])
""",
    "broken": """
    def gradients(self, images, targets):
        raise ValueError("nothing\\nbut words")
""",
    "crash": """
    def gradients(self, images, targets):
        import os
        os.abort()
""",
    "hang": """
    def gradients(self, images, targets):
        import time
        time.sleep(1000)
""",
}


@pytest.fixture
def plant(tmp_path, monkeypatch):
    """Add a wrong network to MODELS, as planted_mlp."""

    def add(fault: str) -> None:
        (tmp_path / "planted_network.py").write_text(
            "from payoff.models.numpy_mlp import NumpyMLP\n\n\n"
            f"class Planted(NumpyMLP):{WRONG[fault]}\n\ndef build(blueprint):\n    return Planted(blueprint)\n"
        )
        monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{HOME / 'src'}")
        monkeypatch.setitem(MODELS, "planted_mlp", ModelSpec("MLP, planted", "mlp", {"eager": "planted_network"}))

    return add


@pytest.fixture
def table(tmp_path):
    """The table of these cells' pairs, on 150 random images: not a whole number of batches, nor enough for 20."""
    draw = np.random.default_rng(0)
    split = Split(draw.integers(0, 256, (150, 1, 8, 8), dtype=np.uint8), draw.integers(0, 3, 150))
    save(PreparedDataset(split, split, 255, ("a", "b", "c")), tmp_path / "noise.npz")

    def make(*cells, recipe=RECIPE, limit_s=120) -> pd.DataFrame:
        cells = [replace(cell, dataset="noise") for cell in cells]
        where = {"noise": tmp_path / "noise.npz"}
        return check_equal_work(
            pairs(cells), {"short": recipe}, where, seed=1, threads=1, limit_s=limit_s, log=tmp_path / "log"
        )

    return make


@pytest.mark.parametrize(
    "recipe",
    [
        RECIPE,
        replace(RECIPE, batch_size=1),
        replace(RECIPE, optimizer="nesterov", dense=(1, 0.5)),
        replace(RECIPE, optimizer="adam", learning_rate=0.001),
    ],
    ids=["batches", "one image per step", "Nesterov", "Adam"],
)
def test_twins_do_equal_work(table, recipe):
    found = table(NUMPY, TORCH, FUSED, recipe=recipe)
    assert found["passed"].tolist() == [True] * 3
    assert found["reason"].isna().all()
    assert (found[["outputs_difference", "gradients_difference", "weights_difference"]].max() < TOLERANCE / 10).all()


def test_the_book_s_rule_is_checked_as_well(table):
    (row,) = table(NUMPY, FUSED, recipe=BOOK).to_dict("records")
    assert row["passed"]
    assert (row["second_mode"], row["steps"]) == ("fused", 20)


@pytest.mark.parametrize(
    ("fault", "differs", "agrees"),
    [
        ("gradient", {"gradients"}, {"outputs", "weights"}),  # the steps of this network do not ask for it
        ("order", {"weights"}, {"outputs", "gradients"}),
        ("fewer", {"weights"}, {"outputs", "gradients"}),
        ("scores", {"outputs"}, {"gradients", "weights"}),
        ("fewer_parameters", {"weights"}, {"outputs", "gradients"}),
        ("not_finite", {"outputs"}, {"gradients", "weights"}),
    ],
)
def test_other_work_does_not_pass_and_what_differs_is_named(table, plant, fault, differs, agrees):
    plant(fault)
    (row,) = table(NUMPY, cell("planted_mlp", 8)).to_dict("records")
    assert row["passed"] is False
    assert all(kind in row["reason"] for kind in differs)
    assert all(row[f"{kind}_difference"] <= TOLERANCE and kind not in row["reason"] for kind in agrees)
    assert not any(row[f"{kind}_difference"] <= TOLERANCE for kind in differs)


def test_a_gradient_that_is_off_by_a_hundredth_is_measured_as_that(table, plant):
    plant("gradient")
    (row,) = table(NUMPY, cell("planted_mlp", 8)).to_dict("records")
    assert row["gradients_difference"] == pytest.approx(0.01, rel=1e-3)
    assert row["reason"] == "the gradients differ by 1.0e-02 of their size"


def test_a_disagreement_from_one_draw_of_the_weights_is_a_kink_and_passes(table, plant):
    plant("one_draw")
    (row,) = table(NUMPY, cell("planted_mlp", 8)).to_dict("records")
    assert row["passed"]
    assert row["outputs_difference"] < TOLERANCE


@pytest.mark.parametrize(
    ("fault", "other", "reason"),
    [
        ("crash", cell("planted_mlp", 8), "planted_mlp eager cpu: it crashed (SIGABRT)"),
        ("hang", cell("planted_mlp", 8), "planted_mlp eager cpu: it took longer than 30 s"),
        (None, cell("torch_split_mlp", 8, "cuda"), "torch_split_mlp eager cuda: the device is not there: torch sees"),
        ("broken", cell("planted_mlp", 8), "planted_mlp eager cpu: ValueError: nothing but words"),
    ],
)
def test_what_cannot_be_checked_is_there_with_its_reason_and_stops_no_other(
    table, plant, monkeypatch, fault, other, reason
):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")  # so that it is missing on a machine that has one, too
    if fault:
        plant(fault)
    # while other tests run, torch alone has taken 15 s to import
    found = table(NUMPY, TORCH, other, **({"limit_s": 30} if fault == "hang" else {}))
    assert found["passed"].tolist() == [True, False, False]
    assert all(text.startswith(f"could not be checked: {reason}") for text in found["reason"][1:])
    assert found["outputs_difference"].isna().tolist() == [False, True, True]


def test_a_check_whose_time_is_over_before_it_began_says_so(table):
    with pytest.raises(
        ProgramFaultError, match="the check for equal work: was ended because it took longer than allowed"
    ):
        table(NUMPY, TORCH, limit_s=0.05)


def test_one_way_only_makes_an_empty_table_of_the_same_types(table, tmp_path):
    empty, full = table(cell("torch_cnn", 8)), table(NUMPY, TORCH)
    assert len(empty) == 0
    assert empty.dtypes.to_dict() == full.dtypes.to_dict() == {n: np.dtype(t) for n, t in TYPES.items()}
    assert equal_work_tables([]).dtypes.to_dict() == equal_work_tables([empty, full]).dtypes.to_dict()
    pd.testing.assert_frame_equal(equal_work_tables([full, empty, full]), pd.concat([full, full], ignore_index=True))
    empty.to_parquet(tmp_path / "empty.parquet")
    assert pd.read_parquet(tmp_path / "empty.parquet").columns.tolist() == list(TYPES)


def test_the_workflow_leaves_a_row_for_every_pair(tiny):
    found = pd.read_parquet(tiny / RESULTS / "tables/equal_work.parquet")
    ways = [
        tuple(row[f"{end}_{part}"] for end in ("first", "second") for part in ("model", "mode", "device"))
        for row in found.to_dict("records")
    ]
    numpy, torch, fused = ("numpy_mlp", "eager", "cpu"), ("torch_mlp", "eager", "cpu"), ("torch_mlp", "fused", "cpu")
    assert ways == [numpy + torch, numpy + fused, torch + fused]
    assert (found["hidden_size"] == 8).all()
    assert found["passed"].all()
    assert len(pd.read_csv(tiny / RESULTS / "tables/equal_work.csv")) == 3
