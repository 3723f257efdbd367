"""A data set's look: what is planted is found, and said."""

import json

import numpy as np
import pytest
import yaml
from conftest import HOME
from planted import cell, study
from planted_tables import planted_context

from payoff.datasets.look import SENTINELS, look_at
from payoff.datasets.splits import PreparedDataset, Split
from payoff.page.html.data import data_sets
from payoff.page.html.report import render
from payoff.page.words import learning
from payoff.page.words.look import doubts, facts, lines

N = 60
DRAW = np.random.default_rng(0)
VALUES = DRAW.normal(size=(N, 3)).astype(np.float32)
LABELS = np.arange(N) % 3
NAMES = ("a", "b", "c")


def dataset_of(values: np.ndarray, labels=LABELS, features=NAMES, test: int = 15) -> PreparedDataset:
    images = values.reshape(len(values), 1, 1, -1) if values.ndim == 2 else values
    labels = np.asarray(labels)
    classes = ("x", "y", "z") if labels.ndim == 1 else ()
    labels = labels.astype(np.int64 if classes else np.float32)
    parts = Split(images[test:], labels[test:]), Split(images[:test], labels[:test])
    return PreparedDataset(*parts, 1.0, classes, features=features)


def with_column(column, index: int = 1) -> np.ndarray:
    values = VALUES.copy()
    values[:, index] = column
    return values


def test_of_sound_data_nothing_is_suspected_and_all_is_counted():
    look = look_at(dataset_of(VALUES))
    assert (look.train, look.test, look.shape) == (45, 15, (1, 1, 3))
    assert look.counts == {"x": (15, 5), "y": (15, 5), "z": (15, 5)}
    assert look.majority == pytest.approx(1 / 3)
    assert look.scales["b"].mean == pytest.approx(VALUES[15:, 1].mean(), rel=1e-4)
    assert doubts(look) == []
    assert json.loads(json.dumps(look.document()))["train"] == 45


def test_a_column_that_never_changes_is_named():
    assert look_at(dataset_of(with_column(7))).constant == ("b",)
    assert "1 of 3 columns (b) never change." in doubts(look_at(dataset_of(with_column(7))))
    only_in_test = with_column(np.where(np.arange(N) < 15, np.arange(N), 7))
    assert look_at(dataset_of(only_in_test)).constant == ()


@pytest.mark.parametrize(
    ("column", "is_counted"),
    [
        (np.arange(N), True),
        (DRAW.permutation(N) + 1000, True),
        (DRAW.permutation(N) * 7 + 842_302, True),
        (np.arange(N) / 2, False),
        (np.arange(N) // 2, False),
        (VALUES[:, 0], False),
    ],
)
def test_an_index_or_an_identifier_is_named(column, is_counted):
    look = look_at(dataset_of(with_column(column)))
    assert look.counted == (("b",) if is_counted else ())
    assert any("`ignore:`" in text for text in doubts(look)) == is_counted


@pytest.mark.parametrize("value", SENTINELS)
@pytest.mark.parametrize("times", [1, 9])
def test_a_number_that_means_none_is_found(value, times):
    column = VALUES[:, 2].copy()
    column[3 : 3 + times] = value
    (found,) = look_at(dataset_of(with_column(column))).sentinels
    assert (np.float32(found.value), found.count, found.columns) == (np.float32(value), times, ("b",))


@pytest.mark.parametrize("column", [np.arange(N) + 45, 10 * np.arange(N) - 99, np.where(np.arange(N) % 2, 99, 95)])
def test_a_number_among_others_is_none(column):
    """99 is a year, a temperature, or a percentage there."""
    assert 99 in column or -99 in column
    assert look_at(dataset_of(with_column(column))).sentinels == ()


def test_scales_that_differ_are_named_with_what_to_do():
    (text,) = doubts(look_at(dataset_of(with_column(5000 * VALUES[:, 1]))))
    assert "b varies 4," in text or "b varies 5," in text
    assert "`scaling: standard`" in text


def test_examples_that_are_there_twice_are_counted():
    values, labels = VALUES.copy(), LABELS.copy()
    values[20], labels[20] = values[30], labels[30]
    values[21], labels[21] = values[31], labels[31] + 1 if labels[31] < 2 else 0
    values[:4] = values[40:44]
    look = look_at(dataset_of(values, labels))
    assert (look.repeated, look.contradicted, look.in_both) == (2, 1, 4)
    assert len(doubts(look)) == 2


def test_uneven_and_alike_classes_are_named():
    labels = np.where(np.arange(N) < 57, 0, np.arange(N) - 57)
    assert "The classes are uneven: 43 training examples of x, 1 of y." in doubts(look_at(dataset_of(VALUES, labels)))
    assert "No test example is of y, z." in doubts(look_at(dataset_of(VALUES, labels)))
    alike = dataset_of(VALUES)
    alike = PreparedDataset(alike.train, alike.test, 1.0, ("Cat", "cat", "dog"), features=NAMES)
    assert "Cat and cat are classes of their own, although they differ in case only." in doubts(look_at(alike))


def test_of_a_target_the_unit_the_scale_and_the_error_of_its_mean_are_told():
    target = DRAW.normal(150, 40, (N, 1))
    look = look_at(dataset_of(VALUES, target))
    expected = np.sqrt(np.square(target[:15] - target[15:].mean()).mean())
    assert look.target.error_of_mean == pytest.approx(expected, rel=1e-5)
    (text,) = [text for text in facts(look, "mg/dl") if "target" in text]
    assert "mg/dl (standard deviation " in text
    assert "whose error on the test examples is " in text
    target[7] = -9999
    (found,) = look_at(dataset_of(VALUES, target)).sentinels
    assert found.columns == ("the target",)


def test_images_have_pixels_and_no_columns():
    images = DRAW.integers(0, 256, (N, 3, 4, 4), np.uint8)
    images[:, 1, 2, :3] = 9
    look = look_at(dataset_of(images, features=()))
    assert (len(look.constant), look.scales, look.sentinels) == (3, {}, ())
    pixels = images[15:]
    exact = (pixels.min(), pixels.max(), pixels.mean(), pixels.std())
    assert list(vars(look.scale).values()) == pytest.approx(exact, rel=1e-9)
    assert doubts(look) == ["3 of 48 pixels never change."]


def test_the_page_and_the_terminal_say_the_same():
    look = look_at(dataset_of(with_column(np.arange(N))))
    (told,) = data_sets([("Mine", look, "")])
    text = " ".join(" ".join(lines("Mine", look)).split())
    assert told["doubts"]
    assert all(sentence in text.replace(" - ", " ") for sentence in (*told["facts"], *told["doubts"]))
    assert [len(table["rows"]) for table in told["tables"]] == [3, 3]


def test_the_page_has_a_section_about_the_data(tmp_path):
    wide = dataset_of(np.tile(VALUES, 80), features=tuple(f"<{index}>" for index in range(240)))
    values = planted_context(tmp_path, *study({cell("numpy_mlp", 10): 0.1}), looks=[("Mine", look_at(wide), "")])
    page = render(HOME / "report", values)
    section = page[page.index('<section id="data">') :].partition("</section>")[0]
    assert "45 training and 15 test examples: rows of 240 numbers." in section
    assert "&lt;0&gt;" in section
    assert "And 40 more." in section


@pytest.mark.parametrize(
    ("error", "judged"), [(7.0, "every cell beats it."), (70.0, "1 of 2 cells do not beat it."), (71.0, "1 of 2 cells")]
)
def test_the_error_of_numbers_is_told_against_that_of_the_mean(error, judged):
    runs, _, cells = study({cell("numpy_mlp", 10): 0.1, cell("numpy_mlp", 20): 0.1})
    for end in ("median", "low", "high"):
        cells[f"test_error_{end}"] = [6.5, error]
    target = {str(runs["dataset"].iloc[0]): {"error_of_mean": 70.0, "unit": "mg/dl"}}
    told = learning.error_of_numbers(cells, target)
    assert "the lowest error is 6.50 [6.50, 6.50] mg/dl (MLP in numpy, CPU, H = 10, n = 6)." in told.replace(
        "\xa0", " "
    )
    assert f"has an error of 70.0 mg/dl; {judged}" in told
    without = learning.error_of_numbers(cells, {})
    assert "mean" not in without
    assert "mg/dl" not in without


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "mine.csv").write_text("id;size;kind\n" + "".join(f"{i};{i % 7},5;{i % 2}\n" for i in range(40)))
    entry = {"path": "mine.csv", "label": "kind", "title": "My table"}
    (tmp_path / "config.yaml").write_text(yaml.safe_dump({"datasets": {"mine": entry}}))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_command_looks_at_one_s_own_data(folder, called):
    done = called("look", "mine")
    assert done.returncode == 0
    assert done.stdout.startswith("My table\n  - 32 training and 8 test examples: rows of 2 numbers")
    assert "id: another whole number in each example" in done.stdout
    assert "Its numbers have decimal commas." in done.stdout
    assert json.loads(called("look", "mine", "--json").stdout)["counted"] == ["id"]
    assert not (folder / "results").exists()


def test_the_command_names_what_it_does_not_find(folder, called):
    done = called("look", "mnie")
    assert (done.returncode, done.stdout) == (2, "")
    assert "config.yaml: datasets: found no 'mnie'; allowed: " in done.stderr
    assert "did you mean mine?" in done.stderr
    done = called("look", "mnist")
    assert "--data-root FOLDER" in done.stderr
    assert "data root" in called("look", "mnist", "--data-root", folder).stderr


@pytest.mark.slow
def test_looking_at_one_s_own_data_loads_no_framework(folder, command):
    done = command("payoff", "look", "mine", loaded="torch")
    assert done.stdout.splitlines()[-1] == "torch: False"
