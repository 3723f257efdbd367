"""The log of a job: what it printed, why it failed, how long it took."""

import time

import pytest

from payoff.errors import UserError
from payoff.files.joblog import logged, seconds_of_jobs


def test_the_log_of_a_job_that_ended_well_says_how_long_it_took(tmp_path):
    with logged(tmp_path / "logs/run_heat/a.log"):
        print("some words")
        time.sleep(0.02)
    ((rule, seconds),) = seconds_of_jobs(tmp_path / "logs")
    assert rule == "run_heat"
    assert 0.02 <= seconds < 30
    words, _ = (tmp_path / "logs/run_heat/a.log").read_text().splitlines()
    assert words == "some words"


@pytest.mark.parametrize(
    ("error", "told"), [(UserError("no such file"), "no such file"), (ValueError("x"), "Traceback")]
)
def test_the_log_of_a_job_that_failed_says_why_and_no_duration(tmp_path, error, told):
    log = tmp_path / "gather_runs.log"
    with logged(log):
        pass
    assert [rule for rule, _ in seconds_of_jobs(tmp_path)] == ["gather_runs"]
    with pytest.raises(SystemExit), logged(log):
        raise error
    assert log.read_text().startswith(told)
    assert seconds_of_jobs(tmp_path) == []


def test_a_job_that_has_not_ended_and_the_log_of_another_process_have_no_duration(tmp_path):
    (tmp_path / "run_heat").mkdir()
    (tmp_path / "run_heat/a.log").write_text("epoch 1/1: train_loss 0.1\n")
    (tmp_path / "run_heat/b.log").write_bytes(b"\xff")
    with logged(tmp_path / "render_report.log"):
        assert seconds_of_jobs(tmp_path) == []


def test_durations_of_some_names_only(tmp_path):
    for name in ("digits", "digits2", "own.digits"):
        with logged(tmp_path / f"prepare_dataset/{name}.log"):
            pass
    assert len(seconds_of_jobs(tmp_path)) == 3
    assert len(seconds_of_jobs(tmp_path, {"digits", "own.digits", "iris"})) == 2


def test_where_there_are_no_logs_there_are_no_durations(tmp_path):
    assert seconds_of_jobs(tmp_path / "logs") == []
