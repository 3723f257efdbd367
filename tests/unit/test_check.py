"""`payoff check`: what would be measured, and what is wrong, before anything is."""

import random
import runpy
from collections import Counter
from copy import deepcopy
from pathlib import Path

import pytest
import yaml
from conftest import HOME

from payoff.claims.claim import claims_of
from payoff.commands.main import main
from payoff.files.contracts import ContractError
from payoff.study.configuration import read_study

CLAIMS = HOME / "workflow" / "claims"
SOURCES = HOME / "workflow" / "studies" / "sources.yaml"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A working folder with a configuration that measures on the CPU only."""
    (tmp_path / "config.yaml").write_text("devices: [cpu]\nrepetitions: 3\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_it_says_what_would_be_measured(folder, capsys):
    assert main(["check"]) == 0
    told = capsys.readouterr().out
    assert told.startswith("quick: Small networks on small images\n  39 runs: 3 of each of 13 cells; ")
    assert main(["check", "sources"]) == 0
    assert "20 claims\n" in capsys.readouterr().out


def test_a_mistake_ends_it_with_status_2_and_its_place(folder, capsys):
    (folder / "config.yaml").write_text("devices: [cpu]\nrepetitions: 0\nseeed: 3\n")
    assert main(["check"]) == 2
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 2
    assert all(line.startswith("config.yaml: ") for line in told)
    assert main(["check", "--config", "gone.yaml"]) == 2
    assert capsys.readouterr().err == "gone.yaml: No such file or directory\n"


def test_a_hundred_configurations_with_one_broken_value_end_in_words(folder, capsys):
    """Some of them are right all the same. `make torture` asks a process of its own for each."""
    break_one, draw = runpy.run_path(str(HOME / "benchmarks/torture.py"))["break_one"], random.Random(3)
    parts = {"study": HOME / "workflow/studies/quick.yaml", "config": HOME / "config.yaml"}
    whole = {part: yaml.safe_load(path.read_text()) for part, path in parts.items()}
    whole["config"] |= {"study": "broken.yaml", "devices": ["cpu"]}
    ended = Counter()
    for _ in range(100):
        broken = deepcopy(whole)
        where = break_one(broken, draw)
        for part, name in (("study", "broken.yaml"), ("config", "config.yaml")):
            Path(name).write_text(yaml.safe_dump(broken[part], allow_unicode=True))
        status = main(["check"])
        told = capsys.readouterr().err
        assert bool(told) == bool(status), where
        assert len(told) < 5000, where
        ended[status] += 1
    assert set(ended) == {0, 2}
    assert ended[2] > 60


def test_auto_devices_are_refused_for_other_machines(folder, capsys):
    (folder / "config.yaml").write_text("devices: auto\n")
    assert main(["check", "--elsewhere"]) == 2
    assert "on a cluster a list" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("part", "becomes", "allowed"),
    [
        ("recipe", "r_exakt", "did you mean r_exact?"),
        ("hidden_size", 201, "200"),
        ("dataset", "cifar10", "what a grid of sources trains"),
    ],
)
def test_claims_about_what_the_study_does_not_train_are_refused_before_it_begins(tmp_path, part, becomes, allowed):
    document = yaml.safe_load((CLAIMS / "sources.yaml").read_text())
    claim = next(claim for claim in document["claims"] if claim.get("cells"))
    name, cell = next(iter(claim["cells"].items()))
    study = read_study(SOURCES)
    assert len(claims_of(study, CLAIMS)) == len(document["claims"])
    cell[part] = becomes
    (tmp_path / "sources.yaml").write_text(yaml.safe_dump(document, allow_unicode=True))
    with pytest.raises(ContractError) as raised:
        claims_of(study, tmp_path)
    assert f"the cell {name} of {claim['id']}" in str(raised.value)
    assert allowed in str(raised.value)
