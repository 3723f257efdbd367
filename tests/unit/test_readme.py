"""What the README shows works: its examples in YAML, its commands, its files."""

import re
import shlex
import tomllib
from importlib import import_module
from itertools import chain
from pathlib import Path

import numpy as np
import yaml
from conftest import HOME
from drawn_images import draw_images

from payoff.commands.main import main
from payoff.datasets.prepare import prepare_dataset
from payoff.datasets.splits import load
from payoff.files.contracts import load_schema
from payoff.study.configuration import configure, read_study
from payoff.study.paths import NETWORK

README = (HOME / "README.md").read_text(encoding="utf-8")
STUDIES = HOME / "workflow/studies"
YAML = re.compile(r"^```yaml\n(.*?)^```$", flags=re.MULTILINE | re.DOTALL)
EXAMPLES = YAML.findall(README)

# A block of code is indented. Of a line, a comment follows the command, and in the tree of files what a file is for.
BLOCKS = re.findall(r"(?:^ {4}.*\S.*\n)+", YAML.sub("", README), flags=re.MULTILINE)
TREE = next(block for block in BLOCKS if "workflow/rules/" in block)
COMMANDS = [
    shlex.split(line, comments=True) for block in BLOCKS if block is not TREE for line in block.strip().splitlines()
]


def example(key: str) -> dict:
    """The one example that has this key."""
    (found,) = [document for document in map(yaml.safe_load, EXAMPLES) if key in document]
    return found


def commands(program: str) -> list[list[str]]:
    """The words after this program's name, for each of its calls."""
    found = [words for first, *words in COMMANDS if first == program]
    assert found
    return found


def test_every_example_and_every_command_is_held_to_something():
    held = [example(key) for key in ("datasets", "grids")]
    assert sorted(map(str, held)) == sorted(map(str, map(yaml.safe_load, EXAMPLES)))
    assert {first for first, *_ in COMMANDS} == {"make", "snakemake", "payoff"}


def test_a_user_s_own_data_are_read_as_the_example_names_them(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    draw_images(tmp_path / "photos/birds", size=(9, 7), classes=("finch", "owl"))
    for photo in (tmp_path / "photos/birds").rglob("*.png"):
        photo.rename(photo.with_suffix(".jpg"))
    (tmp_path / "echoes.csv").write_text("id,near,far,surface\n" + "1,1.5,2,rock\n2,3,-4,mud\n" * 10)
    features = np.random.default_rng(0).normal(size=(20, 3, 50))
    np.savez(tmp_path / "waves.npz", X=features, y=np.arange(20) % 2)
    entries = example("datasets")["datasets"]
    specs = configure({"datasets": entries}, "config.yaml", STUDIES).datasets
    found = {}
    for name in entries:
        prepare_dataset(specs[name], None, None, tmp_path / "prepared.npz")
        dataset = load(tmp_path / "prepared.npz")
        found[name] = (dataset.train.images.shape[1:], dataset.classes)
    assert found == {
        "birds": ((1, 28, 28), ("finch", "owl")),
        "echoes": ((1, 1, 2), ("mud", "rock")),
        "waves": ((3, 1, 50), ("0", "1")),
    }


def test_the_example_of_a_study_is_one(tmp_path):
    document = example("grids")
    path = tmp_path / "mine.yaml"
    path.write_text(next(text for text in EXAMPLES if "grids:" in text))
    study = configure({"study": str(path)}, "config.yaml", STUDIES).study
    assert study.title == document["title"]
    (grid,) = document["grids"]
    assert {cell.hidden_size for cell in study.cells(["cpu"], [1])} == set(grid["hidden_sizes"])
    assert study.targets == document["targets"]
    assert study.chapters == tuple(document["chapters"])
    assert study.until
    assert study.refine


def test_every_target_of_make_exists_and_so_do_its_variables():
    makefile = (HOME / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z-]+):", makefile, flags=re.MULTILINE))
    words = [*chain.from_iterable(commands("make")), *re.findall(r"`make ([a-z-]+)`", README)]
    for word in words:
        variable, given, value = word.partition("=")
        if not given:
            assert word in targets
        else:
            assert f"$({variable})" in makefile
        if variable == "STUDY":
            assert (STUDIES / f"{value}.yaml").is_file()


def test_every_call_of_snakemake_names_what_exists():
    settings = load_schema("config")["properties"]
    for words in commands("snakemake"):
        if "--profile" in words:
            assert (HOME / words[words.index("--profile") + 1] / "config.yaml").is_file()
        if "--config" in words:
            given = dict(word.split("=") for word in words[words.index("--config") + 1 :])
            assert set(given) <= set(settings)
            assert "study" not in given or (STUDIES / f"{given['study']}.yaml").is_file()
        for target in (word for word in words if word.startswith("results/")):
            cells = read_study(STUDIES / f"{target.split('/')[1]}.yaml").cells(["cpu"], [1])
            assert Path(target).name in {f"{NETWORK}.safetensors".format(**vars(cell)) for cell in cells}


def test_every_call_of_payoff_is_of_a_command_with_its_options(called):
    """The options of a comment, too."""
    calls = [line.split() for block in BLOCKS for line in block.splitlines() if line.strip().startswith("payoff ")]
    assert len(calls) == len(commands("payoff"))
    for _, command, *words in calls:
        told = called(command, "--help")
        assert told.returncode == 0, command
        options = {option for word in words for option in re.findall("^--[a-z]+", word)}
        assert options <= set(re.findall("--[a-z]+", told.stdout))


def test_the_console_command_is_the_one_that_is_installed():
    scripts = tomllib.loads((HOME / "pyproject.toml").read_text(encoding="utf-8"))["project"]["scripts"]
    module, _, function = scripts["payoff"].partition(":")
    assert getattr(import_module(module), function) is main


def test_everything_in_the_tree_of_files_exists():
    """A branch of it is a room of the library; a line goes on where its column of names is empty."""
    found = 0
    for line in TREE.splitlines():
        folder = HOME / "src/payoff" if "── " in line else HOME
        names, *_ = re.split(" {2,}", line.removeprefix("    ").removeprefix("├── ").removeprefix("└── "))
        for name in filter(None, re.split(", (?![^{]*})", names)):
            before, several, after = re.fullmatch(r"([^{]*)\{?([^}]*)\}?(.*)", name).groups()
            for one in several.split(","):
                assert (folder / f"{before}{one}{after}").exists(), name
                found += 1
    assert found > 20
