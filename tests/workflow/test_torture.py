"""A short torture; `make torture` is the long one, and test_check.py breaks a hundred configurations."""

import subprocess
import sys

from conftest import HOME, as_user


def test_twenty_kills_spoilt_files_and_wrong_configurations():
    command = [sys.executable, str(HOME / "benchmarks/torture.py"), "20", "12", "7"]
    done = subprocess.run(command, cwd=HOME, env=as_user(HOME), capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    figures = dict(line.split(": ", 1) for line in done.stdout.splitlines() if ": " in line)
    assert figures["the last call ended with"] == "0"
    assert figures["heats"] == "12"
    for never in ("lost or damaged in the end", "measured twice", "processes left"):
        assert figures[never] == "0"
    assert "ended in a traceback or a flood" not in figures
    assert int(figures["named on one screen"]) + int(figures.get("found right", 0)) == 12
