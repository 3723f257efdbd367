"""The lock that Snakemake leaves behind when it is killed."""

import os

import pytest

from payoff.errors import UserError
from payoff.study.snakemake_lock import share_lock


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "locks").mkdir()
    (tmp_path / "locks/0.input.lock").touch()
    return tmp_path


def is_locked(folder) -> bool:
    return any((folder / "locks").iterdir())


def test_the_lock_of_a_dead_workflow_is_removed(folder):
    share_lock(folder, remove_stale=True).close()
    assert not is_locked(folder)


def test_the_lock_of_a_workflow_at_work_stays_until_its_last_process_ends(folder):
    with share_lock(folder, remove_stale=False):
        with share_lock(folder, remove_stale=True):
            assert is_locked(folder)
        share_lock(folder, remove_stale=True).close()
        assert is_locked(folder)
    share_lock(folder, remove_stale=True).close()
    assert not is_locked(folder)


def test_a_job_on_another_machine_removes_none(folder):
    share_lock(folder, remove_stale=False).close()
    assert is_locked(folder)


def test_the_first_workflow_in_a_folder_makes_snakemake_s_own(tmp_path):
    share_lock(tmp_path / ".snakemake", remove_stale=True).close()
    assert (tmp_path / ".snakemake/payoff.lock").exists()


def test_a_pipe_in_its_place_or_a_file_in_that_of_the_folder_is_refused_without_waiting(tmp_path):
    os.mkfifo(tmp_path / "payoff.lock")
    (tmp_path / "file").touch()
    for folder in (tmp_path, tmp_path / "file"):
        with pytest.raises(UserError, match=r"payoff\.lock: "):
            share_lock(folder, remove_stale=True)
