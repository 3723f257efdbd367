"""The hash of the code behind a job."""

from payoff.files.code import code_of, hash_of_code

SCRIPT = "from payoff.cells import Cell\n"


def hash_in(folder, text: str, **kwargs) -> str:
    folder.mkdir()
    (folder / "script.py").write_text(text)
    return hash_of_code(folder, "script.py", **kwargs)


def test_it_is_of_the_text_and_not_of_the_place(tmp_path):
    here = hash_in(tmp_path / "here", SCRIPT)
    assert hash_in(tmp_path / "elsewhere", SCRIPT) == here
    assert hash_in(tmp_path / "edited", SCRIPT + "# edited\n") != here


def test_it_is_of_all_files_behind_the_script(tmp_path):
    alone = hash_in(tmp_path / "alone", SCRIPT)
    assert len(code_of(tmp_path / "alone", "script.py")) > 1
    assert hash_in(tmp_path / "with", SCRIPT, modules=("payoff.failures",)) != alone
