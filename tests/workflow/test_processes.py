"""Modules called in processes of their own."""

import json
import os
import time

import pytest

from payoff.errors import UserError
from payoff.machine.asking import ask
from payoff.machine.description import describe_machine
from payoff.machine.locks import FOLDER_VARIABLE, MACHINE, hold
from payoff.machine.processes import ProgramFaultError, call, started

ASKED = {"threads": 1, "what": "the test"}


@pytest.fixture
def module_that(tmp_path, monkeypatch):
    """A module that does what the test says with its request and the path of its result."""

    def write(body: str) -> str:
        start = "import json, os, sys, time\nrequest = json.load(open(sys.argv[1]))\nresult = sys.argv[2]\n"
        (tmp_path / "planted_worker.py").write_text(start + body)
        monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
        return "planted_worker"

    return write


def test_a_process_gets_its_request_its_threads_and_its_start(module_that, tmp_path):
    told = "{**request, 'threads': os.environ['OMP_NUM_THREADS'], 'more': os.environ['MORE'], 'now': time.monotonic()}"
    module, log = module_that(f"print('hello'); open(result, 'w').write(json.dumps({told}))"), tmp_path / "logs/log"
    before = time.monotonic()
    with started(module, {"asked": [1, 2]}, threads=3, log=log, variables={"MORE": "x"}) as process:
        called = process.end()
    written = json.loads(called.written)
    assert (called.status, log.read_text()) == (0, "hello\n")
    assert (written["asked"], written["threads"], written["more"]) == ([1, 2], "3", "x")
    assert before <= written["spawned_at"] == called.spawned_at < written["now"] < called.reaped_at < time.monotonic()


@pytest.mark.parametrize(
    ("end", "status", "limit_s"),
    [("sys.exit(3)", 3, None), ("os.kill(os.getpid(), 9)", -9, 60), ("time.sleep(60)", None, 5)],
)
def test_what_a_process_wrote_before_it_failed_is_kept(module_that, tmp_path, end, status, limit_s):
    log = tmp_path / "log"
    called = call(module_that(f"open(result, 'w').write('some')\n{end}"), {}, threads=1, log=log, limit_s=limit_s)
    assert (called.status, called.written) == (status, b"some")
    assert call(module_that(end), {}, threads=1, log=log, limit_s=limit_s).written == b""


def test_a_process_that_says_it_is_done_and_has_written_nothing_is_a_fault(module_that, tmp_path):
    with pytest.raises(FileNotFoundError):
        call(module_that(""), {}, threads=1, log=tmp_path / "log")


def test_an_answer_is_asked_for_alone_on_the_machine(module_that, tmp_path, monkeypatch):
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    look = (
        "import fcntl\n"
        f"lock = open({str(tmp_path / f'payoff-{MACHINE}.lock')!r})\n"
        "try:\n    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB); free = True\n"
        "except BlockingIOError:\n    free = False\n"
        "open(result, 'w').write(json.dumps({'free': free}))"
    )
    answer = ask(module_that(look), {}, log=tmp_path / "log", limit_s=60, **ASKED)
    assert answer["free"] is False
    assert answer["machine"] == describe_machine()
    with hold([MACHINE]):
        pass  # it is free again


@pytest.mark.parametrize(
    ("body", "limit_s", "error", "message"),
    [
        ("time.sleep(60)", 1, UserError, "the test took longer than 1 s; see .*log"),
        ("1 / 0", 60, ProgramFaultError, r"(?s)the test: ended with status 1; see .*ZeroDivisionError"),
        ("os.kill(os.getpid(), 15)", 60, ProgramFaultError, "the test: ended by SIGTERM"),
    ],
)
def test_a_question_without_an_answer_says_why(module_that, tmp_path, body, limit_s, error, message):
    with pytest.raises(error, match=message):
        ask(module_that(body), {}, log=tmp_path / "log", limit_s=limit_s, **ASKED)
