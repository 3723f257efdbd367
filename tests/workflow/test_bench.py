"""The benchmarks run; how fast they are is not a matter for a test."""

import json
import os
import subprocess
import sys

import pytest
from conftest import HOME


@pytest.mark.parametrize(
    ("words", "pairs"),
    [("one image per step, H = 200", 4), ("sgd, H = 32", 1), ("the simplest scan", 1)],
)
def test_pairs_are_raced_and_kept_as_json(words, pairs, tmp_path):
    target = tmp_path / "bench.json"
    environment = os.environ | {"PYTHONPATH": str(HOME / "src")}
    command = [sys.executable, str(HOME / "benchmarks/race.py"), str(target), words, "2"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    document = json.loads(target.read_text())
    assert document["threads"] == 1
    assert document["machine"]["cpu"]
    measured = [pair for pair in document["pairs"] if "ratio" in pair]
    assert len(measured) >= pairs
    for pair in measured:
        assert pair["ratio"]["n"] == 2
        assert pair["ours_s"] > 0
        assert pair["other_s"] > 0
        assert f"{pair['name']}: {pair['ratio']['median']:.2f}" in done.stdout
    for pair in document["pairs"]:
        assert "ratio" in pair or pair["not_measured"] == "no GPU here"
