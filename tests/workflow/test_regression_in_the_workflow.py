"""Is one study slower than another? Real results, and a changed copy of them."""

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from planted_tables import said
from twin import RESULTS


@pytest.fixture
def again(tiny, tmp_path) -> tuple[Path, Path]:
    """The real results of the tiny twin, and a copy of them that says to be of another day."""
    ours, other = tiny / RESULTS, tmp_path / "other"
    shutil.copytree(ours / "tables", other / "tables")
    path = other / "tables/about.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"first_start": "2030-01-01T00:00:00.000+00:00"}))
    runs = pd.read_parquet(other / "tables/runs.parquet")
    runs.assign(started_at="2030" + runs["started_at"].str[4:]).to_parquet(other / "tables/runs.parquet")
    return ours, other


def test_two_runs_per_cell_are_too_few_even_for_a_tenfold_slowdown(again, command):
    ours, other = again
    runs = pd.read_parquet(other / "tables/runs.parquet")
    runs["epoch_time_s"] *= 10
    runs.to_parquet(other / "tables/runs.parquet")
    done = command("payoff", "compare", ours, other)
    assert (done.returncode, done.stderr) == (2, "")
    assert sum(line.endswith("2, 2  too few runs") for line in done.stdout.splitlines()) == 6
    assert "with 2 runs per cell even the clearest slowdown has p = 1, corrected for 6 cells" in said(done.stdout)
    assert "raise `repetitions` to 5 or more" in said(done.stdout)


def test_what_failed_in_a_copy_of_real_results_is_found(again, command):
    ours, other = again
    runs = pd.read_parquet(other / "tables/runs.parquet")
    cnn = runs["model"] == "torch_cnn"
    runs.loc[cnn, ["failure", "epoch_time_s"]] = ["out_of_memory", np.nan]
    runs.to_parquet(other / "tables/runs.parquet")
    done = command("payoff", "compare", ours, other)
    assert done.returncode == 1, done.stderr
    assert "1 cell with a time in A fails in B." in said(done.stdout)
    assert "CAUTION" not in done.stdout
