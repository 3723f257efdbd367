"""What kills, full disks and power cuts leave behind, and records that lie in another's place."""

import errno
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
from planted import RECIPE, cell, record

from payoff.files.contracts import ContractError
from payoff.files.damage import remove_damaged
from payoff.files.joblog import logged
from payoff.files.whole import DiskFullError, appearing_whole, clear_litter
from payoff.runs import records
from payoff.runs.records import write_records
from payoff.study.gathering import read_heat
from payoff.study.paths import heat_of
from payoff.study.study import contest_of

STUDY, SEED = "planted", 0  # of planted records


@contextmanager
def small_disk(folder: Path, kilobytes: int):
    """A file system of this size; root can make one."""
    folder.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", folder], capture_output=True)
    if made.returncode:
        pytest.skip("only root can make a small file system")
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


def test_a_full_disk_is_named_with_the_file_and_leaves_what_was_there(tmp_path):
    with small_disk(tmp_path / "small", 64) as disk:
        target = disk / "table.csv"
        with appearing_whole(target) as temporary:
            temporary.write_text("old")
        no_room = pytest.raises(DiskFullError, match=r"table.csv: found no room for it \(0\.\d MB are free\)")
        with no_room, appearing_whole(target) as temporary:
            temporary.write_bytes(bytes(200_000))
        assert target.read_text() == "old"
        assert list(disk.iterdir()) == [target]


def test_records_are_written_once_there_is_room(tmp_path, monkeypatch, capsys):
    """They took long to measure: the writer waits while someone makes room."""
    with small_disk(tmp_path / "small", 64) as disk:
        (disk / "filled").write_bytes(bytes(60_000))
        waited = []

        def make_room(seconds):
            waited.append(seconds)
            if len(waited) == 2:
                (disk / "filled").unlink()

        monkeypatch.setattr(records.time, "sleep", make_room)
        many = [record(cell("numpy_mlp", 8), repetition, 0.1) for repetition in range(1, 7)]
        write_records(many, disk / "heat.jsonl")
        assert waited == list(records.WAITS_S[:2])
        assert len((disk / "heat.jsonl").read_text().splitlines()) == 6


def test_records_are_given_up_when_the_disk_stays_full(tmp_path, monkeypatch):
    with small_disk(tmp_path / "small", 64) as disk:
        (disk / "filled").write_bytes(bytes(60_000))
        monkeypatch.setattr(records.time, "sleep", lambda _: None)
        with pytest.raises(DiskFullError, match=r"heat\.jsonl"):
            write_records([record(cell("numpy_mlp", 8), n, 0.1) for n in range(1, 7)], disk / "heat.jsonl")


def test_a_job_that_meets_a_full_disk_says_so_where_a_reader_looks(tmp_path):
    """Its log cannot hold the message."""
    with small_disk(tmp_path / "small", 64) as disk:
        code = (
            "from payoff.files.joblog import logged\n"
            f"with logged({str(disk / 'job.log')!r}):\n"
            f"    open({str(disk / 'big')!r}, 'wb').write(bytes(200_000))\n"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 1
    assert "found no room for it" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_content_is_on_the_disk_before_the_name(tmp_path, monkeypatch):
    """Else a power cut leaves an empty file under the name of a finished one."""
    done = []
    fsync, replace = os.fsync, Path.replace
    monkeypatch.setattr(os, "fsync", lambda file: (done.append(Path(f"/proc/self/fd/{file}").readlink()), fsync(file)))
    monkeypatch.setattr(Path, "replace", lambda path, to: (done.append("renamed"), replace(path, to))[1])
    with appearing_whole(tmp_path / "a.txt") as temporary:
        temporary.write_text("x")
    assert [Path(what).name for what in done] == ["a.txt", "renamed", tmp_path.name]


def test_what_a_killed_process_left_is_cleared_and_what_a_living_one_needs_is_not(tmp_path):
    code = (
        "import os, signal\nfrom payoff.files.whole import appearing_whole\n"
        f"with appearing_whole({str(tmp_path / 'deep' / 'a.npz')!r}) as temporary:\n"
        "    temporary.write_text('half')\n    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == -signal.SIGKILL
    with appearing_whole(tmp_path / "b.txt") as temporary:
        temporary.write_text("x")
        assert len(list(tmp_path.rglob(f".*-{socket.gethostname()}-*"))) == 2
        clear_litter(tmp_path)
        assert [path.name.split("-")[0] for path in tmp_path.rglob(".*")] == [".b.txt"]
    assert (tmp_path / "b.txt").read_text() == "x"


def test_empty_results_cut_records_and_empty_notes_are_removed(tmp_path):
    results, notes = tmp_path / "results", tmp_path / "metadata"
    kept = {"q/heats/a.jsonl": "{}\n", "q/report.html": "<p>", "q/logs/empty.log": "", "q/logs/run/empty.json": ""}
    kept |= {"q/tables/cells.parquet": "PAR1…PAR1", "q/tables/cells.csv": "a,b\n", "datasets/manifest.json": "[\n]\n"}
    lost = {"q/heats/b.jsonl": "", "q/heats/c.jsonl": '{"cut', "q/tables/runs.parquet": "", "datasets/digits.npz": ""}
    lost |= {"q/heats/d.jsonl": "\0" * 9, "q/tables/steps.parquet": "PAR1\0\0", "q/tables/turns.parquet": "\0" * 99}
    lost |= {
        "q/about.json": "\0" * 9,
        "datasets/mnist.npz": "<html>",
        "q/report.md": "# cut\0",
        "q/n.safetensors": "\0",
    }
    for name, text in (kept | lost).items():
        (results / name).parent.mkdir(parents=True, exist_ok=True)
        (results / name).write_text(text)
    (notes / "deep").mkdir(parents=True)
    (notes / "deep" / "note").write_text("")
    (notes / "zeros").write_text("\0\0")
    (notes / "cut").write_text('{"a": ')
    (notes / "other").write_text("{}")
    told = remove_damaged(results, notes)
    assert sorted(line.split(": ")[0] for line in told) == sorted(str(results / name) for name in lost)
    assert {str(path.relative_to(results)) for path in results.rglob("*") if path.is_file()} == set(kept)
    assert [path.name for path in notes.rglob("*") if path.is_file()] == ["other"]
    assert remove_damaged(tmp_path / "none", tmp_path / "none") == []


@pytest.mark.parametrize("content", ["", "<svg", "\0" * 9])
def test_of_a_figure_that_is_damaged_its_whole_folder_is_removed(tmp_path, content):
    """Snakemake knows the folder alone, so it would not miss a file in it."""
    for name in ("figures/scaling/a.svg", "figures/scaling/b.svg", "figures/why/a.svg"):
        (tmp_path / "q" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "q" / name).write_text("<svg></svg>")
    (tmp_path / "q/figures/why/a.png").write_bytes(b"\x89PNG IEND\xaeB`\x82")
    (tmp_path / "q/figures/scaling/a.svg").write_text(content)
    (told,) = remove_damaged(tmp_path, tmp_path / "none")
    assert told.startswith(str(tmp_path / "q/figures/scaling/a.svg"))
    assert sorted(path.name for path in (tmp_path / "q/figures").rglob("*")) == ["a.png", "a.svg", "why"]


@pytest.fixture
def heat(tmp_path):
    """A heat of two ways, where it belongs, and a function that reads it, or another file."""
    both = [record(cell(model, 8), 2, 0.1) for model in ("numpy_mlp", "torch_mlp")]
    path = tmp_path / heat_of(STUDY, contest_of(cell("numpy_mlp", 8)), "cpu", 2)
    write_records(both, path)
    usual = {"study": STUDY, "recipes": {"short": RECIPE}, "seed": SEED}
    return path, lambda path, **changed: read_heat(path, **usual | changed)


def test_a_heat_in_its_place_is_read(heat):
    path, read = heat
    assert len(read(path)) == 2


@pytest.mark.parametrize(("was", "becomes"), [("r2", "r3"), ("h8", "h16"), ("mlp", "cnn"), ("digits", "mnist")])
def test_a_copy_of_a_heat_in_another_s_place_is_refused(heat, was, becomes):
    path, read = heat
    copy = path.with_name(path.name.replace(was, becomes))
    shutil.copy(path, copy)
    with pytest.raises(ContractError, match=rf"{copy.name}: line 1: a record: found .*{path.name}.*; allowed: one of"):
        read(copy)


def test_a_heat_of_another_study_seed_or_recipe_is_refused(heat):
    path, read = heat
    with pytest.raises(ContractError, match="a record: found"):
        read(path, study="other")
    with pytest.raises(ContractError, match=rf"line 1: seed: found {SEED + 2}; allowed: {SEED + 3}, as the study says"):
        read(path, seed=SEED + 1)
    lines = path.read_text().splitlines()
    foreign = json.loads(lines[1])
    foreign["recipe"]["learning_rate"] = 0.7
    path.write_text("\n".join([lines[0], json.dumps(foreign), ""]))
    with pytest.raises(ContractError, match=r"line 2: learning_rate: found 0\.7; allowed: 0\.1"):
        read(path)


def test_any_other_fault_of_the_system_is_no_full_disk(tmp_path):
    with pytest.raises(OSError, match="busy"), appearing_whole(tmp_path / "a"):
        raise OSError(errno.EBUSY, "busy")
    with pytest.raises(SystemExit), logged(tmp_path / "job.log"):
        raise OSError(errno.EBUSY, "busy")
    assert "busy" in (tmp_path / "job.log").read_text()
