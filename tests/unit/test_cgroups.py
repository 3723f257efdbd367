"""The quotas of containers, in planted files of both versions, and in a real control group where root can make one."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import HOME

from payoff.machine import cgroups
from payoff.machine.quiet import LIMITS, Counters, contention, why_contended

CODE = """
import json, sys, time
from payoff.machine.cgroups import cpu_quota, throttled_s, whole_cpus
from payoff.machine.description import describe_machine
from payoff.machine.quiet import Watch
watch, end = Watch(), time.monotonic() + 1
while time.monotonic() < end:
    pass
print(json.dumps({"quota": cpu_quota(), "whole": whole_cpus(8), "label": watch.stop([1.0, 1.0]),
                  "machine": describe_machine().get("cpu_quota")}))
"""


@pytest.fixture
def planted(tmp_path, monkeypatch):
    """A function that plants files under the mount point, and the lines by which the process finds its groups."""
    monkeypatch.setattr(cgroups, "MOUNT", tmp_path / "fs")
    monkeypatch.setattr(cgroups, "OF_THIS_PROCESS", tmp_path / "cgroup")

    def plant(lines: str, files: dict[str, str]) -> None:
        (tmp_path / "cgroup").write_text(lines)
        for name, text in files.items():
            (tmp_path / "fs" / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / "fs" / name).write_text(text)

    return plant


@pytest.mark.parametrize(
    ("lines", "files", "quota", "whole"),
    [
        ("0::/", {"cpu.max": "max 100000\n"}, None, 8),
        ("0::/", {"cpu.max": "150000 100000\n"}, 1.5, 1),
        ("0::/a/b", {"a/cpu.max": "400000 100000", "a/b/cpu.max": "max 100000"}, 4, 4),
        ("0::/of/the/host", {"cpu.max": "50000 100000"}, 0.5, 1),
        ("4:cpu,cpuacct:/x", {"cpu,cpuacct/x/cpu.cfs_quota_us": "-1", "cpu,cpuacct/x/cpu.cfs_period_us": "1"}, None, 8),
        ("4:cpu:/docker/x", {"cpu/cpu.cfs_quota_us": "250000", "cpu/cpu.cfs_period_us": "100000"}, 2.5, 2),
        ("4:memory:/x\n0::/", {"memory/x/memory.limit_in_bytes": "1"}, None, 8),
        ("", {}, None, 8),
    ],
)
def test_the_least_quota_of_all_groups_counts(planted, lines, files, quota, whole):
    planted(lines, files)
    assert cgroups.cpu_quota() == quota
    assert cgroups.whole_cpus(8) == whole


@pytest.mark.parametrize(
    ("lines", "files", "limit"),
    [
        ("0::/", {"memory.max": "max"}, None),
        ("0::/a", {"memory.max": "4294967296", "a/memory.max": "1073741824"}, 2**30),
        ("9:memory:/", {"memory/memory.limit_in_bytes": "9223372036854771712"}, None),
        ("9:memory:/", {"memory/memory.limit_in_bytes": "2147483648"}, 2**31),
    ],
)
def test_the_least_memory_counts(planted, lines, files, limit):
    planted(lines, files)
    assert cgroups.memory_limit_bytes() == limit


def test_throttling_makes_a_run_contended(planted):
    planted("0::/", {"cpu.stat": "usage_usec 5\nnr_throttled 110\nthrottled_usec 900000\n"})
    assert cgroups.throttled_s() == pytest.approx(0.9)
    planted("4:cpu:/", {"cpu/cpu.stat": "nr_periods 111\nthrottled_time 900000000"})
    assert cgroups.throttled_s() == pytest.approx(0.9)
    before, after = (Counters(at, 0, 0, 0, 0, throttled) for at, throttled in ((0, 1), (10, 1.9)))
    figures = contention(before, after, []) | {"gpus": []}
    assert figures["throttled"] == pytest.approx(0.09)
    assert why_contended(figures) == [LIMITS["throttled"][1]]
    quiet = contention(before, Counters(10, 0, 0, 0, 0, 1.01), []) | {"gpus": []}
    assert why_contended(quiet) == []


@pytest.fixture
def group():
    """A real control group with a third of a CPU."""
    folder = next((root for root in map(Path, ("/sys/fs/cgroup/cpu", "/sys/fs/cgroup")) if root.is_dir()), None)
    try:
        made = folder / f"payoff-test-{os.getpid()}"
        made.mkdir()
    except (OSError, TypeError):
        pytest.skip("no control group can be made here")
    try:
        if (made / "cpu.max").exists():
            (made / "cpu.max").write_text("33000 100000")
        elif (made / "cpu.cfs_quota_us").exists():
            (made / "cpu.cfs_quota_us").write_text("33000")
        else:
            pytest.skip("no quota can be given here")
        yield made
    finally:
        made.rmdir()


def test_a_process_in_a_real_group_knows_its_quota_and_that_it_was_stopped(group):
    done = subprocess.run(
        [sys.executable, "-c", CODE],
        preexec_fn=lambda: (group / "cgroup.procs").write_text(str(os.getpid())),
        env=os.environ | {"PYTHONPATH": str(HOME / "src")},
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(done.stdout)
    assert found["quota"] == found["machine"] == pytest.approx(0.33)
    assert found["whole"] == 1
    assert found["label"]["label"] == "contended"
    assert "the quota of the container stopped the run" in found["label"]["reasons"]
