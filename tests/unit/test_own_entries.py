"""Entries of a user's data sets in config.yaml."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from drawn_images import draw_images
from own_data import CSV, FEATURES, LABELS, STUDIES, save, spec_of
from refusals import refused

from payoff.datasets.own import own_files
from payoff.files.contracts import ContractError
from payoff.study.configuration import configure


@pytest.fixture
def here(tmp_path, monkeypatch) -> Path:
    """A working directory with one of each kind."""
    monkeypatch.chdir(tmp_path)
    draw_images(tmp_path / "pets")
    (tmp_path / "mine.csv").write_text(CSV)
    save(tmp_path / "mine.npz", features=FEATURES, labels=LABELS)
    return tmp_path


def test_the_defaults(here):
    pets = spec_of(path="pets", image_size=[6, 4])
    assert pets.title == "mine"
    assert pets.options == {"image_size": [6, 4], "grey": False, "test_fraction": 0.2}
    table = spec_of(path="mine.csv", label="kind", title="My pets")
    assert table.title == "My pets"
    assert table.options == {"label": "kind", "target": "class", "test_fraction": 0.2}
    assert spec_of(path="mine.npz").options == {"target": "class", "test_fraction": 0.2}
    assert spec_of(path="mine.npz", target="number").classes == ()


@pytest.mark.parametrize(
    ("name", "entry", "key", "found", "allowed"),
    [
        ("Pets", {"path": "pets", "image_size": [6, 4]}, "datasets", "'Pets'", "a text like ^[a-z]"),
        ("mnist", {"path": "pets", "image_size": [6, 4]}, "datasets", "'mnist'", "no built-in data set has"),
        ("mine", "pets", "datasets.mine", "'pets'", "keys with values"),
        ("mine", {"image_size": [6, 4]}, "datasets.mine", "missing path", "found image_size"),
        ("mine", {"path": "pets"}, "datasets.mine", "missing image_size", "found path"),
        ("mine", {"path": "pest", "image_size": [6, 4]}, "datasets.mine.path", "'pest'", "an existing folder"),
        ("mine", {"path": "pets/cat/0.png", "image_size": [6, 4]}, "datasets.mine.path", "0.png", "an existing .csv"),
        ("mine", {"path": "yours.csv", "label": "kind"}, "datasets.mine.path", "'yours.csv'", "an existing .csv"),
        ("mine", {"path": 3, "label": "kind"}, "datasets.mine.path", "3", "a text"),
        ("mine", {"path": "pets", "image_size": [6]}, "datasets.mine.image_size", "[6]", "[height, width]"),
        ("mine", {"path": "pets", "image_size": [6, 4, 3]}, "datasets.mine.image_size", "[6, 4, 3]", "[height, width]"),
        ("mine", {"path": "pets", "image_size": [6, 0]}, "datasets.mine.image_size.1", "0", "at least 1"),
        ("mine", {"path": "pets", "image_size": 6}, "datasets.mine.image_size", "6", "a list"),
        ("mine", {"path": "pets", "image_size": [6, 4], "gray": True}, "datasets.mine.gray", "unknown", "mean grey?"),
        ("mine", {"path": "pets", "image_size": [6, 4], "label": "x"}, "datasets.mine.label", "unknown key", "grey"),
        ("mine", {"path": "mine.csv"}, "datasets.mine", "missing label", "found path"),
        ("mine", {"path": "mine.csv", "label": "kind", "grey": True}, "datasets.mine.grey", "unknown key", "label"),
        ("mine", {"path": "mine.npz", "label": "kind"}, "datasets.mine.label", "unknown key", "target"),
        ("mine", {"path": "mine.npz", "target": "clas"}, "datasets.mine.target", "'clas'", "class, number"),
        ("mine", {"path": "mine.npz", "test_fraction": 0}, "datasets.mine.test_fraction", "0", "more than 0"),
        ("mine", {"path": "mine.npz", "test_fraction": 1}, "datasets.mine.test_fraction", "1", "less than 1"),
    ],
)
def test_a_wrong_entry_is_named(here, name, entry, key, found, allowed):
    with refused(f"config.yaml: {key}: ", found, allowed):
        configure({"datasets": {name: entry}}, "config.yaml", STUDIES)


def test_a_study_may_name_it_and_a_misspelling_is_answered_with_it(here):
    study = STUDIES / "quick.yaml"
    (here / "mine.yaml").write_text(study.read_text().replace("[digits]", "[pets]").replace("{digits:", "{pets:"))
    entries = {"pets": {"path": "pets", "image_size": [6, 4]}}
    settings = configure({"study": "mine.yaml", "datasets": entries}, "config.yaml", STUDIES)
    assert settings.study.grids[0].datasets == ("pets",)
    assert {"pets", "digits", "mnist"} <= set(settings.datasets)
    (here / "mine.yaml").write_text(study.read_text().replace("[digits]", "[pest]"))
    with pytest.raises(ContractError, match=r"mine\.yaml: grids\.0\.datasets\.0: found 'pest'.*did you mean pets\?"):
        configure({"study": "mine.yaml", "datasets": entries}, "config.yaml", STUDIES)


def test_planning_reads_no_data_and_imports_nothing_heavy(here):
    """Data that cannot be read are not looked at before the job that prepares them."""
    shutil.rmtree(here / "pets/cat")
    (here / "pets/notes.txt").write_text("a note")
    (here / "mine.npz").write_bytes(b"")
    statements = """
import sys
from pathlib import Path
from payoff.study.configuration import configure
from payoff.datasets.own import own_files
entries = {"pets": {"path": "pets", "image_size": [6, 4]}, "numbers": {"path": "mine.npz"}}
settings = configure({"datasets": entries}, "config.yaml", Path(sys.argv[1]))
print(*(file for name in entries for file in own_files(settings.datasets[name])))
print(*{"numpy", "pandas", "PIL", "sklearn", "torch"} & set(sys.modules))
"""
    done = subprocess.run(
        [sys.executable, "-c", statements, str(STUDIES)], capture_output=True, text=True, check=True, cwd=here
    )
    files, heavy = done.stdout.splitlines()
    assert files.split() == [*(f"pets/dog/{index}.png" for index in range(5)), "pets/notes.txt", "mine.npz"]
    assert heavy == ""
    assert own_files(configure({}, "config.yaml", STUDIES).datasets["digits"]) == []


@pytest.mark.parametrize(
    ("entry", "key", "allowed"),
    [
        ({"path": "a.xlsx", "label": "kind"}, "path", "the sheet saved as CSV"),
        ({"path": "a.npy"}, "path", "a .npz, by numpy.savez"),
        ({"path": "A.csv", "label": "kind"}, "path", "did you mean a.csv?"),
        ({"path": "a.csv", "label": "kind", "test": "b.csv"}, "test", "an existing .csv"),
        ({"path": "a.csv", "label": "kind", "test": "a.csv", "test_fraction": 0.5}, "test_fraction", "either"),
        ({"path": "a.csv", "label": "kind", "ignore": ["id"], "features": ["x"]}, "ignore", "either"),
        ({"path": "a.csv", "label": "kind", "features": ["kind"]}, "features", "columns other than the label"),
        ({"path": "a.csv", "label": "kind", "unit": "kg"}, "unit", "beside `target: number`"),
        ({"path": "a.csv", "label": "kind", "encoding": "excel"}, "encoding", "cp1252"),
        ({"path": "a.csv", "label": "kind", "separator": ";"}, "separator", "semicolon"),
    ],
)
def test_a_wrong_entry_of_a_table_is_named(tmp_path, monkeypatch, entry, key, allowed):
    monkeypatch.chdir(tmp_path)
    for name in ("a.csv", "a.xlsx", "a.npy"):
        Path(name).write_text("kind,id,x\n")
    with refused(f"config.yaml: datasets.mine.{key}: ", allowed):
        configure({"datasets": {"mine": entry}}, "config.yaml", STUDIES)
