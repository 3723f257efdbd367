"""Claims: what the framework really answers, and a user's own claims through the workflow."""

import json

import pytest
from conftest import snakemake
from planted_claims import CLAIMS, GOOD, THREADS, judged, plant

from payoff.claims.claim import questions
from payoff.claims.probe import probe, read_probe, write_probe
from payoff.claims.sites import own_site
from payoff.errors import UserError


def test_the_framework_itself_answers_on_this_machine(tmp_path):
    document = probe(questions(CLAIMS.values()), 1, 120, tmp_path / "log")
    write_probe(document, tmp_path / "probe.json")
    here = own_site(*plant({}, {}), THREADS, read_probe(tmp_path / "probe.json"))
    assert document["thread_count"] == 1
    derivative, sizes, check = (judged(CLAIMS[identity], here) for identity in ("R-6", "R-7", "D-1"))
    assert derivative["verdict"] == "reproduced"
    assert derivative["words"] == "PyTorch gives 9."
    assert sizes["verdict"] == "reproduced"
    assert "it gives 5." in sizes["words"]
    timed = next(answer for answer in document["answers"] if answer["kind"] == "device_check")
    assert len(timed["samples_s"]["cpu"]) == 10
    assert set(timed["samples_s"]) | set(timed["missing"]) == {"cpu", "cuda"}
    assert (check["verdict"] == "not measured") == ("cuda" in timed["missing"])


def test_a_probe_that_fails_or_hangs_ends_in_one_line(tmp_path):
    too_large = {"kind": "convolution", "input": 1, "kernel": 9, "stride": 1, "padding": 0}
    with pytest.raises(UserError, match=r"the probe: ended with status 1; see .*log\n"):
        probe([{"kind": "output_size", "asked": too_large}], 1, 60, tmp_path / "log")
    assert "Kernel size can't be greater" in (tmp_path / "log").read_text()
    with pytest.raises(UserError, match=r"the probe took longer than 0\.1 s; see .*log\Z"):
        probe([], 1, 0.1, tmp_path / "log")


STUDY = """
title: A study with claims
description: For a test.
claims: mine_claims.yaml
recipes:
  short: {scaling: unit, loss: cross_entropy, optimizer: sgd, learning_rate: 0.1, batch_size: 128, epochs: 1}
chapters: [accuracy]
grids:
  - {datasets: [digits], models: [numpy_mlp, torch_mlp], recipe: short, hidden_sizes: [8]}
"""


NINE = """
  - id: X-2
    source: X
    sentence: The derivative is 9.
    figures: "9"
    measures: {derivative: {derivative: {coefficients: [2, 5, 1], at: 2}, equals: 9}}
    words: {reproduced: "It is {derivative}", not reproduced: "It is {derivative}"}
"""


@pytest.fixture
def project(tmp_path):
    (tmp_path / "config.yaml").write_text(
        "{study: mine.yaml, devices: [cpu], repetitions: 1, threads: 1, quiet_wait_s: 0}\n"
    )
    (tmp_path / "mine.yaml").write_text(STUDY)
    (tmp_path / "mine_claims.yaml").write_text(GOOD.replace("train_s", "epoch_time_s") + NINE.lstrip("\n"))
    return tmp_path


def test_a_user_s_own_claims_are_judged_by_the_workflow(project):
    done = snakemake("--directory", str(project), "--cores", "all")
    assert done.returncode == 0, done.stdout
    first, second = json.loads((project / "results/mine/claims.json").read_text())
    assert (first["verdict"], second["verdict"]) == ("inconclusive", "reproduced")
    assert "1 run is too few for an interval" in first["words"]
    assert second["words"] == "It is 9."
    page = (project / "results/mine/report.html").read_text()
    assert "Of 2 claims, 1 is reproduced and 1 is inconclusive." in page
    logs = project / "results/mine/logs"
    assert (logs / "judge_claims.log").exists()
    assert "derivative" in (logs / "probe_frameworks/cpu.worker.log").read_text()


def test_a_study_that_asks_nothing_of_the_framework_has_no_probe(project):
    (project / "mine_claims.yaml").write_text(GOOD)
    done = snakemake("--directory", str(project), "--cores", "1", "-n")
    assert "judge_claims" in done.stdout
    assert "probe_frameworks" not in done.stdout


def test_malformed_claims_end_before_any_job(project):
    (project / "mine_claims.yaml").write_text(GOOD.replace("source: X", "source: Y"))
    done = snakemake("--directory", str(project), "--cores", "1")
    assert done.returncode != 0
    assert "mine_claims.yaml: claims.0.source: found 'Y' (a text); allowed: X" in done.stdout
    assert "Traceback" not in done.stdout
