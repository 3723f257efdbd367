"""What comes from outside is bounded: numbers, YAML, the length of a message; each kind by several values."""

import os
import stat
import zipfile
from pathlib import Path

import numpy as np
import pytest
from conftest import HOME
from PIL import Image

from payoff.datasets import own_arrays, own_table
from payoff.datasets.labels import check_classes
from payoff.datasets.own import own_files, own_spec
from payoff.datasets.own_images import read_images
from payoff.datasets.own_table import read_table
from payoff.datasets.prepare import prepare_dataset
from payoff.errors import MOST_LETTERS, MOST_LINES, UserError, few
from payoff.files.contracts import ContractError
from payoff.files.yaml_files import MOST_BYTES, read_yaml
from payoff.machine.cpus import usable_cpus
from payoff.study.configuration import configure

STUDIES = HOME / "workflow" / "studies"
STUDY = """\
title: A study
description: What it is for.
recipes:
  mine: {scaling: unit, loss: cross_entropy, optimizer: sgd, learning_rate: 0.1, batch_size: 8, epochs: 1}
grids:
  - {datasets: [digits], models: [numpy_mlp], recipe: mine, hidden_sizes: [8]}
"""


def refusal_of(tmp_path: Path, text: str, **config) -> str:
    """Of a study with this text; it must fit on a screen."""
    (tmp_path / "mine.yaml").write_text(text)
    with pytest.raises(ContractError) as raised:
        configure({"study": str(tmp_path / "mine.yaml"), "devices": ["cpu"], **config}, "config.yaml", STUDIES)
    return on_one_screen(str(raised.value))


def on_one_screen(message: str) -> str:
    lines = message.splitlines()
    assert len(lines) <= MOST_LINES + 1
    assert all(len(line) <= MOST_LETTERS + 10 for line in lines)
    return message


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *(("threads", n) for n in (len(usable_cpus()) + 1, 1000, 10**30)),
        *(("seed", n) for n in (-1, 10**10, 10**30)),
        *(("repetitions", n) for n in (0, 1_000_000, 10**30)),
        *(("budget_s", n) for n in (0, 10**8)),
        *(("quiet_wait_s", n) for n in (-1, 10**6)),
        ("study", "x" * 5000),
        ("compare", ["x" * 5000]),
        ("datasets", {"x" * 245: {"path": "a.csv", "label": "b"}}),
        ("mirrors", {"digits": "no list"}),
    ],
)
def test_a_number_or_a_text_of_the_configuration_has_bounds(tmp_path, key, value):
    assert f"config.yaml: {key}" in refusal_of(tmp_path, STUDY, **{key: value})


@pytest.mark.parametrize(
    ("was", "becomes", "key"),
    [
        ("[8]", f"[{10**30}]", "hidden_sizes"),
        ("[8]", str(list(range(1, 100_001)))[:MOST_BYTES], ""),
        ("[8]", str(list(range(1, 1200))), "hidden_sizes"),
        ("batch_size: 8", f"batch_size: {10**12}", "batch_size"),
        ("epochs: 1", f"epochs: {10**9}", "epochs"),
        ("learning_rate: 0.1", "learning_rate: .inf", "learning_rate"),
        ("mine", "m" * 245, "recipes"),
        ("A study", "A" * 10_000, "title"),
        ("A study", '" "', "allowed: one line of text, not empty"),
        ("A study", r'"a\nb"', "allowed: one line of text, not empty"),
        ("epochs: 1", "epochs: 1, dense: [1.0e+20]", "dense"),
        ("[8]}", "[8], threads: [1000]}", "threads"),
        ("[digits], models: [numpy_mlp]", "[digits], models: [torch_cnn]", None),
    ],
)
def test_a_number_or_a_text_of_a_study_has_bounds(tmp_path, was, becomes, key):
    if key is None:
        pooled = STUDY.replace("epochs: 1", "epochs: 1, convolutions: [{channels: 2, kernel: 9}]")
        assert "images of 8×8 are used up by convolution 1" in refusal_of(tmp_path, pooled.replace(was, becomes))
    else:
        assert key in refusal_of(tmp_path, STUDY.replace(was, becomes))


def test_a_study_comes_to_a_number_of_runs_that_can_be_planned(tmp_path):
    sizes = STUDY.replace("[8]", str(list(range(1, 1001))))
    message = refusal_of(tmp_path, sizes, repetitions=201)
    assert message.endswith("allowed: at most 200,000 runs of a study; this one would come to 201,000")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        *(
            (f"a: {value}", f"{value} is ")
            for value in ("017", "1:30", "12_500", "1e-3", "yes", "off", "0b1", "1:30.5")
        ),
        ("a: 2026-11-27", "a date in YAML 1.1"),
        ("a: [064, 8]", "064 is an octal number"),
        ("a: &x [*x]", "contains itself"),
        ("a: &x {b: *x}", "contains itself"),
        ("[" * 5000, "more than 50 levels"),
        ("\n".join(f"{' ' * n}a{n}:" for n in range(400)), "more than 50 levels"),
        (
            "a0: &a0 [x]\n" + "\n".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9)),
            "more than",
        ),
        ("\n".join([f"a{n}: &a{n} [{f'*a{n - 1}' if n else 1}]" for n in range(200)]), "levels"),
        ("x" * (MOST_BYTES + 1), "more than 200,000 bytes"),
        ("a: \x00", "not valid YAML"),
        (r'a: "\e[2J"', "the character U+001B"),
        (r'a: "\u202egpj"', "the character U+202E"),
        (r'a: "\ud800"', "the character U+D800"),
        (r'"a\L": 1', "the character U+2028"),
    ],
)
def test_yaml_that_is_read_in_two_ways_or_grows_is_refused(tmp_path, text, found):
    (tmp_path / "a.yaml").write_text(text)
    with pytest.raises(ContractError) as raised:
        read_yaml(tmp_path / "a.yaml")
    assert found in on_one_screen(str(raised.value))
    assert str(raised.value).startswith(f"{tmp_path / 'a.yaml'}: ")


def test_yaml_from_a_pipe_is_refused(tmp_path):
    """Nobody may ever write into it."""
    os.mkfifo(tmp_path / "a.yaml")
    with pytest.raises(ContractError, match=r"a\.yaml: found a pipe"):
        read_yaml(tmp_path / "a.yaml")


def test_yaml_that_all_read_alike_is_read(tmp_path):
    text = "a: [1, -2, 0.5, 1.0e-3, true, null, 'yes', \"017\", 3 %, !!str 1:30]\nb: &x {c: d}\ne: {<<: *x, f: g}\n"
    text += "h: |\n  é\ta\u200cb\n"
    (tmp_path / "a.yaml").write_text(text)
    found = read_yaml(tmp_path / "a.yaml")
    assert found["a"] == [1, -2, 0.5, 0.001, True, None, "yes", "017", "3 %", "1:30"]
    assert found["e"] == {"c": "d", "f": "g"}


def test_60_000_unknown_keys_are_counted(tmp_path):
    many = STUDY + "\n".join(f"k{n}: 1" for n in range(15_000))
    message = refusal_of(tmp_path, many)
    assert "mine.yaml: k0: unknown key" in message
    assert "14,995 more unknown keys" in message


def test_a_message_is_one_screen_and_keeps_its_beginning_and_its_end():
    long = str(UserError(f"file.csv: found {'x' * 200_000}; allowed: less"))
    assert long.startswith("file.csv: found x")
    assert long.endswith("; allowed: less")
    on_one_screen(long)
    many = str(UserError("\n".join(map(str, range(1000)))))
    assert many.splitlines()[-1] == f"… and {1000 - MOST_LINES:,} lines more"
    assert few(["a", "b", "c"], 2) == "a, b and 1 more"
    assert few("ab") == "a, b"


@pytest.mark.slow
def test_a_misspelt_label_among_20_000_columns_names_the_nearest(tmp_path):
    path = tmp_path / "wide.csv"
    path.write_text(",".join([f"column{n}" for n in range(20_000)] + ["sort"]) + "\n")
    with pytest.raises(UserError) as raised:
        read_table(str(path), {"target": "class", "label": "sorte"})
    assert "did you mean sort?" in on_one_screen(str(raised.value))


def folder_of(root: Path, classes=("cat", "dog"), n: int = 3) -> Path:
    for name in classes:
        (root / name).mkdir(parents=True)
        for number in range(n):
            Image.new("L", (6, 6), number).save(root / name / f"{number}.png")
    return root


def test_stray_files_are_counted(tmp_path):
    root = folder_of(tmp_path / "pets")
    for number in range(3000):
        (root / "cat" / f"{number}.txt").write_text("")
    with pytest.raises(
        UserError, match=r"cat/0.txt: found a file that is no image \(and 2,999 more like it\)"
    ) as raised:
        read_images(str(root), [6, 6], True)
    on_one_screen(str(raised.value))


@pytest.mark.parametrize("target", ["/", "..", ".", "../.."])
def test_a_link_upwards_or_in_a_ring_is_refused_at_once(tmp_path, target):
    root = folder_of(tmp_path / "pets")
    (root / "dog" / "loop").symlink_to(target)
    with pytest.raises(UserError, match="found a folder"):
        own_files(own_spec("pets", {"path": str(root), "image_size": [6, 6], "grey": True}))


def test_what_is_no_file_to_read_is_refused_without_waiting(tmp_path):
    for number, make in enumerate((os.mkfifo, lambda path: path.symlink_to("gone"))):
        root = folder_of(tmp_path / f"pets{number}")
        make(root / "cat" / "9.png")
        with pytest.raises(UserError, match=r"9\.png: found no file to read"):
            read_images(str(root), [6, 6], True)
    assert stat.S_ISFIFO((tmp_path / "pets0/cat/9.png").stat().st_mode)


def test_a_picture_that_claims_to_be_huge_is_refused(tmp_path):
    root = folder_of(tmp_path / "pets")
    Image.new("1", (13_000, 13_000)).save(root / "cat" / "9.png")
    with pytest.raises(UserError, match=r"9\.png: found no readable image \(13,000 by 13,000 pixels"):
        read_images(str(root), [6, 6], True)


def test_only_the_two_arrays_of_an_npz_are_read(tmp_path):
    path = tmp_path / "many.npz"
    np.savez(path, features=np.arange(8.0).reshape(4, 2), labels=np.array([0, 0, 1, 1]))
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        for number in range(1000):
            archive.writestr(f"x{number}.npy", b"")
    read = read_table(str(path), {"target": "class"})
    assert len(read.splits[0].labels) == 4
    assert read.classes == ("0", "1")


@pytest.mark.parametrize("large", ["features", "labels"])
def test_a_small_npz_that_unpacks_to_more_than_the_memory_is_refused_unread(tmp_path, monkeypatch, large):
    arrays = {"features": np.zeros((4, 2)), "labels": np.array(["a", "b"] * 2)}
    arrays[large] = np.zeros((4, 10_000)) if large == "features" else np.array(["a" * 10_000, "b"] * 2)
    np.savez_compressed(tmp_path / "bomb.npz", **arrays)
    for module in (own_table, own_arrays):
        monkeypatch.setattr(module, "MOST_BYTES", 10_000)
    with pytest.raises(UserError, match=r"bomb\.npz: found no .* \([0-9,]+ bytes of numbers, more than 10,000\)"):
        read_table(str(tmp_path / "bomb.npz"), {"target": "class"})
    (tmp_path / "long.csv").write_text("a,b\n" * 5000)
    with pytest.raises(UserError, match=r"long\.csv: found 20,000 bytes; allowed: at most 10,000"):
        read_table(str(tmp_path / "long.csv"), {"target": "class", "label": "b"})


def test_images_that_become_more_than_the_memory_are_refused_unread(tmp_path):
    root = folder_of(tmp_path / "pets", n=20)
    with pytest.raises(UserError, match=r"pets: found 2,013,265,920 bytes of pixels; allowed: at most 2,000,000,000"):
        read_images(str(root), [4096, 4096], False)


NAMES = ['it\'s "q"', "-rf", "a*b?[c]", "$(touch x)", "a\\b", "&amp;", "é \U0001f600", "a\u200cb", " two  words "]
UNFIT = ["a{b}", "<word>", "a\x1b[2J", "a\nb", "a\u202egpj", "a\u2066b", "a\u2028b", os.fsdecode(b"caf\xe9")]


@pytest.mark.parametrize("name", NAMES)
def test_a_file_and_a_class_may_have_any_name_that_can_be_shown(tmp_path, name):
    root = folder_of(tmp_path / name, classes=("cat", name))
    assert len(own_files(own_spec("pets", {"path": str(root), "image_size": [6, 6], "grey": True}))) == 6
    check_classes("a.csv", ["cat", name])


@pytest.mark.parametrize("name", UNFIT)
@pytest.mark.parametrize("part", ["root", "class", "file"])
def test_a_name_that_cannot_be_shown_or_is_filled_in_is_refused(tmp_path, name, part):
    folder, other = (name if part == place else usual for place, usual in (("root", "pets"), ("class", "dog")))
    root = folder_of(tmp_path / folder, classes=("cat", other))
    if part == "file":
        (root / "cat" / "0.png").rename(root / "cat" / f"{name}.png")
    with pytest.raises(UserError, match=r"found a name with (one of < > { }|U[+][0-9A-F]{4}), which") as raised:
        own_files(own_spec("pets", {"path": str(root), "image_size": [6, 6], "grey": True}))
    assert on_one_screen(str(raised.value)).isprintable()


@pytest.mark.parametrize(
    ("classes", "found"),
    [
        (["a\x1b", "b"], r"U\+001B, which is no letter, in the class a"),
        (["a\u202e", "b"], r"U\+202E"),
        (["a", "b" * 101], "101 letters in the class"),
        ([str(number) for number in range(10_001)], "10,001 classes; allowed: at most 10,000"),
    ],
)
def test_classes_of_a_table_that_cannot_be_shown_are_refused(tmp_path, classes, found):
    rows = "".join(f'1,"{name}"\n' for name in classes for _ in range(2))
    (tmp_path / "a.csv").write_text(f"x,kind\n{rows}")
    spec = own_spec("a", {"path": str(tmp_path / "a.csv"), "label": "kind", "target": "class", "test_fraction": 0.5})
    with pytest.raises(UserError, match=rf"a\.csv: found {found}"):
        prepare_dataset(spec, None, tmp_path, tmp_path / "a.npz")
