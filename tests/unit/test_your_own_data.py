"""docs/your-own-data.md: each of its examples is run as a reader would, and does what the page says."""

import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import yaml
from conftest import HOME
from PIL import Image

from payoff.files.contracts import load_schema

PAGE = (HOME / "docs" / "your-own-data.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (.*)\n((?:(?!^## ).*\n)*)", PAGE, flags=re.MULTILINE))


def blocks(language: str, text: str = PAGE) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)


YAML = [yaml.safe_load(block) for block in blocks("yaml")]
DATASETS = {name: entry for block in YAML for name, entry in block.get("datasets", {}).items()}
# data set -> what the page says that `payoff look` says of it
SAID = {
    name: re.findall(r"^> (.*)$", section, flags=re.MULTILINE)
    for section in SECTIONS.values()
    for block in blocks("yaml", section)
    for name in yaml.safe_load(block).get("datasets", {})
}


@pytest.fixture(scope="module")
def desk(tmp_path_factory) -> Path:
    """A reader's folder, with the files of all examples."""
    folder = tmp_path_factory.mktemp("desk")
    for file in re.findall(r"^ {4}(photos/.*)$", PAGE, flags=re.MULTILINE):
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        draw = np.random.default_rng(len(list(folder.rglob("*"))))
        Image.fromarray(draw.integers(0, 256, (40, 60, 3), np.uint8)).save(folder / file)
        for number in range(4):
            copy = Path(shutil.copy(folder / file, (folder / file).with_stem(f"{Path(file).stem} copy {number}")))
            Image.fromarray(draw.integers(0, 256, (40, 60, 3), np.uint8)).save(copy)
    (table,) = blocks("csv")
    (folder / DATASETS["animals"]["path"]).write_text(table, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for program in blocks("python"):
            exec(program, {})
    (study,) = [block for block in blocks("yaml") if "grids:" in block]
    (folder / "mine.yaml").write_text(study, encoding="utf-8")
    (folder / "config.yaml").write_text(yaml.safe_dump({"devices": ["cpu"], "datasets": DATASETS}), encoding="utf-8")
    return folder


@pytest.mark.parametrize("name", DATASETS)
def test_each_example_is_read_and_looks_as_the_page_says(desk, monkeypatch, called, name):
    monkeypatch.chdir(desk)
    done = called("look", name)
    assert done.returncode == 0, done.stderr
    text = re.sub(r"\s+(- )?", " ", done.stdout)
    assert SAID[name]
    for sentence in SAID[name]:
        assert sentence in text


def test_the_study_names_every_example_and_is_right(desk, monkeypatch, called):
    monkeypatch.chdir(desk)
    done = called("check", "mine.yaml")
    assert done.returncode == 0, done.stderr
    for name, entry in DATASETS.items():
        assert f"{name}: {entry['path']}" in done.stdout
    (study,) = [block for block in YAML if "grids" in block]
    assert {name for grid in study["grids"] for name in grid["datasets"]} == set(DATASETS)


def test_every_option_of_an_entry_is_on_the_page():
    for kind in ("folder", "csv", "npz"):
        for key in load_schema("config")["$defs"][kind]["properties"]:
            assert re.search(rf"\b{key}\b", PAGE), key
