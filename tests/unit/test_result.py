"""What the measured process tells of a run."""

import json
import time

import yaml
from conftest import HOME

from payoff.machine.clock import PHASES, Stopwatch
from payoff.runs.result import Result, read_result, write_result


def test_what_is_written_is_read_and_its_writing_and_the_end_after_it_are_phases(tmp_path):
    started = time.monotonic()
    stopwatch = Stopwatch(started_at=started)
    result = Result(phases_s=stopwatch.phases_s, steps={"done": 1, "asked": 2}, step_losses=[0.5] * 100_000)
    write_result(result, stopwatch, tmp_path / "result")
    done = time.monotonic()
    read = read_result((tmp_path / "result").read_bytes(), reaped_at=done + 5)
    assert (read.steps, read.step_losses, read.failure) == (result.steps, result.step_losses, None)
    assert list(read.phases_s) == list(PHASES)
    assert 0 < read.phases_s["writing"] < done - started
    assert 5 <= read.phases_s["ending"] < 5 + done - started
    assert abs(sum(read.phases_s.values()) - (done + 5 - started)) < 1e-6


def test_an_empty_result_has_what_a_record_asks_for():
    schema = yaml.safe_load((HOME / "workflow/schemas/record.schema.yaml").read_text())
    assert set(vars(Result())) < set(schema["required"])
    assert json.loads(json.dumps(vars(Result()))) == vars(Result())
    assert Result().steps is not Result().steps
