"""One timed run at a time on a machine: processes that really lock, wait, fork and die."""

import os
import signal
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from conftest import HOME, as_user

from payoff.errors import UserError
from payoff.machine import locks
from payoff.machine.locks import hold

# Takes the lock, says so, and keeps it until it is killed; `child` hands the open file to a process that outlives it.
HOLDER = """
import subprocess, sys, time
from payoff.machine.locks import hold
with hold(["machine"], tell=lambda message: print(message, flush=True)) as held:
    if "child" in sys.argv:
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], pass_fds=held.values())
        print(child.pid, flush=True)
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv(locks.FOLDER_VARIABLE, str(tmp_path))
    return tmp_path


@pytest.fixture
def holder():
    started = []

    def start(*words: str) -> subprocess.Popen:
        command = [sys.executable, "-c", HOLDER, *words]
        started.append(subprocess.Popen(command, env=as_user(HOME), stdout=subprocess.PIPE, text=True))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


def is_free() -> bool:
    descriptor = os.open(locks._path("machine"), os.O_RDONLY)
    try:
        return locks._taken(descriptor)
    finally:
        os.close(descriptor)


def test_the_second_waits_for_the_first_and_says_so(holder):
    first = holder()
    assert first.stdout.readline() == "held\n"
    second = holder()
    assert "another timed run is on this machine: waiting for" in second.stdout.readline()
    first.kill()  # a dead holder blocks nobody
    assert second.stdout.readline() == "held\n"


def test_a_measured_process_that_outlives_its_parent_still_holds_the_machine(holder):
    parent = holder("child")
    child = int(parent.stdout.readline())
    assert parent.stdout.readline() == "held\n"
    parent.kill()
    parent.wait()
    assert not is_free()
    os.kill(child, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while not is_free() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert is_free()


def test_a_lock_is_free_again_after_its_block():
    with hold(["machine"]):
        assert not is_free()
    assert is_free()


def test_of_several_the_first_that_is_free_is_held():
    with hold(["gpu-a", "gpu-b", "gpu-c"]) as one, hold(["gpu-a", "gpu-b", "gpu-c"], 2) as two:
        assert (list(one), list(two)) == (["gpu-a"], ["gpu-b", "gpu-c"])
    with hold([], 0) as none:
        assert none == {}


def test_any_user_can_lock_what_another_user_made(folder):
    """Whatever the first one's umask is: reading is enough."""
    before = os.umask(0o077)
    try:
        with hold(["machine"]):
            pass
    finally:
        os.umask(before)
    assert stat.S_IMODE((folder / "payoff-machine.lock").stat().st_mode) == 0o644
    (folder / "payoff-machine.lock").chmod(0o444)
    with hold(["machine"]):
        assert not is_free()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_another_user_waits_too(monkeypatch):
    with tempfile.TemporaryDirectory() as folder:  # in /tmp; pytest's own folders are closed to other users
        Path(folder).chmod(0o1777)
        monkeypatch.setenv(locks.FOLDER_VARIABLE, folder)
        with hold(["machine"]):
            pid = os.fork()
            if pid == 0:
                try:
                    os.setuid(65534)
                    os._exit(is_free())
                finally:  # nothing but the exit: this is a copy of the process that runs the tests
                    os._exit(2)
            assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
        assert is_free()


def test_a_folder_that_is_not_there_is_named(monkeypatch):
    monkeypatch.setenv(locks.FOLDER_VARIABLE, "/nowhere")
    with pytest.raises(UserError, match=f"/nowhere/payoff-machine.lock: No such file.*{locks.FOLDER_VARIABLE}"):
        hold(["machine"]).__enter__()


def test_a_link_in_place_of_a_lock_is_not_followed(folder):
    (folder / "payoff-machine.lock").symlink_to(folder / "elsewhere")
    with pytest.raises(UserError, match=r"payoff-machine\.lock"):
        hold(["machine"]).__enter__()


def test_a_pipe_in_place_of_a_lock_is_refused_without_waiting(folder):
    os.mkfifo(folder / "payoff-machine.lock")
    with pytest.raises(UserError, match=r"payoff-machine\.lock: found no file to lock"), hold(["machine"]):
        pass
