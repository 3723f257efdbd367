"""A wrong configuration ends before any job, with the file, the key, what was found and what is allowed."""

from dataclasses import MISSING, fields, replace

import pytest
import yaml
from conftest import HOME
from refusals import refused

from payoff.files import contracts
from payoff.files.contracts import ContractError
from payoff.files.yaml_files import read_yaml
from payoff.machine.cpus import usable_cpus
from payoff.machine.devices import DEVICES
from payoff.recipes import Recipe
from payoff.study import configuration
from payoff.study.configuration import REGISTRIES, Settings, configure, read_config, read_study

STUDIES = HOME / "workflow" / "studies"

GOOD_STUDY = """
title: A study
description: For a test.
recipes:
  short: {scaling: unit, loss: cross_entropy, optimizer: sgd, learning_rate: 0.1, batch_size: 8, epochs: 1}
grids:
  - {datasets: [digits], models: [numpy_mlp], recipe: short, hidden_sizes: [8]}
"""


def configured(**values) -> Settings:
    return configure(values, "config.yaml", STUDIES)


def test_the_shipped_configuration_holds_the_schema_s_defaults():
    properties = contracts.load_schema("config")["properties"]
    assert read_yaml(HOME / "config.yaml") == {key: schema["default"] for key, schema in properties.items()}
    assert {field.name for field in fields(Settings)} == {*properties, "cpu_threads", "remarks"}


def test_auto_is_resolved():
    settings = configured(devices="auto", threads="auto")
    assert "cpu" in settings.devices
    assert settings.threads == max(1, len(usable_cpus()) - 1)


@pytest.mark.parametrize(("cores", "numbers"), [(1, (1,)), (2, (1,)), (16, (15, 1))])
def test_auto_on_many_cores_is_all_but_one_and_one_as_well(monkeypatch, cores, numbers):
    monkeypatch.setattr(configuration, "usable_cpus", lambda: set(range(cores)))
    settings = configured(devices=["cpu", "cuda"], threads="auto")
    assert (settings.threads, settings.cpu_threads) == (numbers[0], numbers)
    cells = settings.study.cells(settings.devices, settings.cpu_threads)
    assert {cell.threads for cell in cells if cell.device == "cpu"} == set(numbers)
    assert {cell.threads for cell in cells if cell.device == "cuda"} == {numbers[0]}
    replayed = replace(settings.study, grids=tuple(replace(grid, systems=("X",)) for grid in settings.study.grids))
    assert {cell.threads for cell in replayed.cells(settings.devices, settings.cpu_threads)} == {numbers[0]}
    assert configured(threads=cores).cpu_threads == (cores,)


def test_auto_is_refused_where_other_machines_measure():
    with pytest.raises(ContractError) as raised:
        configure({"devices": "auto"}, "config.yaml", STUDIES, elsewhere=True)
    devices, threads = str(raised.value).splitlines()
    assert devices.startswith("config.yaml: devices: found 'auto' (a text); allowed: on a cluster a list")
    assert threads.startswith("config.yaml: threads: found 'auto' (a text); allowed: on a cluster a number")
    assert configure({"devices": ["cpu"], "threads": 3}, "config.yaml", STUDIES, elsewhere=True).threads == 3


@pytest.mark.parametrize("path", sorted(STUDIES.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_shipped_study_is_valid(path):
    assert read_study(path).cells(["cpu", "cuda"], [1])


@pytest.mark.parametrize(
    ("values", "key", "found", "allowed"),
    [
        ({"studdy": "quick"}, "studdy", "unknown key", "did you mean study?"),
        ({"study": "quik"}, "study", "'quik'", "did you mean quick?"),
        ({"study": "nowhere.yaml"}, "study", "'nowhere.yaml'", "a path to an existing"),
        ({"study": 3}, "study", "3", "a text"),
        ({"devices": ["cdua"]}, "devices.0", "'cdua'", "did you mean cuda?"),
        ({"devices": []}, "devices", "[]", "at least one"),
        ({"devices": 3}, "devices", "3", "auto, or a list of devices"),
        ({"devices": ["cpu", "cpu"]}, "devices", "['cpu', 'cpu']", "each entry once"),
        ({"repetitions": 0}, "repetitions", "0", "at least 1"),
        ({"repetitions": -1}, "repetitions", "-1", "at least 1"),
        ({"repetitions": "six"}, "repetitions", "'six'", "a whole number"),
        ({"repetitions": 6.0}, "repetitions", "6.0", "a whole number"),
        ({"repetitions": True}, "repetitions", "True", "a whole number"),
        ({"threads": 0}, "threads", "0", "at least 1"),
        ({"seed": -1}, "seed", "-1", "at least 0"),
        ({"budget_s": 0}, "budget_s", "0", "at least 1"),
        ({"data_root": "/no/such/folder"}, "data_root", "'/no/such/folder'", "an existing folder"),
        ({"prices": {"gpu": 2.9}}, "prices.gpu", "unknown key", "cpu, cuda, currency"),
        ({"prices": {"cpu": 0}}, "prices.cpu", "0", "more than 0"),
        ({"prices": {"cuda": "2.9 EUR"}}, "prices.cuda", "'2.9 EUR'", "a number"),
        ({"mirrors": {"mnits": ["http://a/"]}}, "mirrors", "'mnits'", "did you mean mnist?"),
        ({"mirrors": {"mnist": ["ftp://a/"]}}, "mirrors.mnist.0", "'ftp://a/'", "https"),
    ],
)
def test_a_wrong_value_is_named(values, key, found, allowed):
    with refused(f"config.yaml: {key}: ", found, allowed):
        configured(**values)


@pytest.mark.parametrize(
    ("was", "becomes", "key", "found", "allowed"),
    [
        ("numpy_mlp", "nunpy_mlp", "grids.0.models.0", "'nunpy_mlp'", "did you mean numpy_mlp?"),
        ("[digits]", "[digit]", "grids.0.datasets.0", "'digit'", "did you mean digits?"),
        ("recipe: short", "recipe: shirt", "grids.0.recipe", "'shirt'", "did you mean short?"),
        ("hidden_sizes: [8]", "hidden_sizes: [0]", "grids.0.hidden_sizes.0", "0", "at least 1"),
        ("hidden_sizes: [8]", "hidden_sizes: [-8]", "grids.0.hidden_sizes.0", "-8", "at least 1"),
        ("hidden_sizes: [8]", "hidden_sizes: []", "grids.0.hidden_sizes", "[]", "at least one"),
        ("hidden_sizes: [8]", "hidden_sizes: 8", "grids.0.hidden_sizes", "8", "a list"),
        ("hidden_sizes: [8]", "hidden_size: [8]", "grids.0.hidden_size", "unknown key", "did you mean hidden_sizes?"),
        ("epochs: 1", "epochs: 1.5", "recipes.short.epochs", "1.5", "a whole number"),
        ("hidden_sizes: [8]", "hidden_sizes: [8.0]", "grids.0.hidden_sizes.0", "8.0", "a whole number"),
        ("learning_rate: 0.1", "learning_rate: .inf", "recipes.short.learning_rate", "inf", "a number"),
        ("learning_rate: 0.1", "learning_rate: 0", "recipes.short.learning_rate", "0", "more than 0"),
        ("optimizer: sgd", "optimizer: sdg", "recipes.short.optimizer", "'sdg'", "did you mean sgd?"),
        ("grids:", "chapters: [scalling]\ngrids:", "chapters.0", "'scalling'", "did you mean scaling?"),
        ("grids:", "chapters: []\ngrids:", "chapters", "[]", "at least one"),
        ("grids:", "chapters: [scaling, scaling]\ngrids:", "chapters", "['scaling', 'scaling']", "each entry once"),
        ("grids:", "targets: {digit: 0.9}\ngrids:", "targets", "'digit'", "did you mean digits?"),
        ("grids:", "targets: {digits: 90}\ngrids:", "targets.digits", "90", "less than 1"),
        ("grids:", "targets: {}\ngrids:", "targets", "{}", "at least one"),
        ("grids:", "targets: {mnist: 0.9}\ngrids:", "targets", "'mnist'", "data sets of a grid: digits"),
        (
            "loss: cross_entropy, optimizer: sgd, learning_rate: 0.1, batch_size: 8, epochs: 1}\ngrids:\n"
            "  - {datasets: [digits]",
            "loss: squared_error, optimizer: sgd, learning_rate: 0.1, batch_size: 8, epochs: 1}\n"
            "targets: {noise: 0.9}\ngrids:\n  - {datasets: [noise]",
            "targets.noise",
            "0.9",
            "its labels are numbers",
        ),
        (", epochs: 1", "", "recipes.short", "missing epochs", "learning_rate"),
        (", epochs: 1", ", epochs: 1, biasses: true", "recipes.short.biasses", "unknown key", "did you mean biases?"),
        (", epochs: 1", ", epochs: 1, output: sigmoid", "recipes.short.output", "'sigmoid'", "scores, where the loss"),
        (", epochs: 1", ", epochs: 1, error_rule: book", "recipes.short.error_rule", "'book'", "exact, unless"),
        (", epochs: 1", ", epochs: 1, validation: 1.5", "recipes.short.validation", "1.5", "less than 1"),
        (", epochs: 1", ", epochs: 1, momentum: 1", "recipes.short.momentum", "1", "less than 1"),
        (", epochs: 1", ", epochs: 1, targets: [0]", "recipes.short.targets", "[0]", "2 entries"),
        (
            ", epochs: 1",
            ", epochs: 1, schedule: [{from_epoch: 2, learning_rate: 1}]",
            "recipes.short.schedule",
            "[2]",
            "ascending epochs from 2 to 1",
        ),
        ("[digits]", "[noise]", "recipes.short.loss", "'cross_entropy'", "labels of noise are numbers"),
        ("hidden_sizes: [8]", "hidden_sizes: [8], modes: [fast]", "grids.0.modes.0", "'fast'", "eager, fused, graph"),
        ("title: A study", "title: ''", "title", "''", "not empty"),
        *(
            (
                "grids:",
                f"until: {found}\ngrids:",
                "until",
                found,
                "a percentage such as 3 %, more than 0 and at most 50",
            )
            for found in ("3", "0.03", "'3'", "'-3 %'", "'0 %'", "'50.1 %'", "'three %'", "[]")
        ),
        ("grids:", "refine: 0 %\ngrids:", "refine", "0 %", "a percentage such as 25 %, more than 0 and at most 50"),
        ("grids:", "until: 3 %\nuntil_s: 0\ngrids:", "until_s", "0", "at least 1"),
        ("grids:", "until_s: 60\ngrids:", "until_s", "60", "beside until or refine only"),
        ("title: A study", "title: [", "not valid YAML", "line", ""),
        ("title: A study", "title: A\ntitle: B", "not valid YAML", "'title' twice", "line 3"),
        ("title: A study", "? [a]\n: b", "not valid YAML", "is no text", "line 2"),
        ("title: A study", "- title", "not valid YAML", "line", ""),
    ],
)
def test_a_wrong_study_is_named(tmp_path, was, becomes, key, found, allowed):
    assert was in GOOD_STUDY
    path = tmp_path / "mine.yaml"
    path.write_text(GOOD_STUDY.replace(was, becomes))
    with pytest.raises(ContractError) as caught:
        configured(study=str(path))
    message = str(caught.value)
    assert message.startswith(f"{path}: {key}")
    assert found in message
    assert allowed in message


def test_a_study_names_its_chapters_or_has_the_schema_s(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(GOOD_STUDY)
    default = contracts.load_schema("study")["properties"]["chapters"]["default"]
    assert read_study(path).chapters == tuple(default)
    path.write_text(GOOD_STUDY + "chapters: [accuracy, scaling]\n")
    assert read_study(path).chapters == ("accuracy", "scaling")


@pytest.mark.parametrize(("text", "until"), [("3 %", 0.03), ("0.5%", 0.005), ("50 %", 0.5), ("07.50 %", 0.075)])
def test_a_study_may_ask_for_a_precision(tmp_path, text, until):
    path = tmp_path / "mine.yaml"
    path.write_text(GOOD_STUDY + f"until: {text}\n")
    default = contracts.load_schema("study")["properties"]["until_s"]["default"]
    study = configured(study=str(path), repetitions=6).study
    assert (study.until, study.refine, study.until_s) == (until, None, default)
    path.write_text(GOOD_STUDY + f"refine: {text}\nuntil_s: 5\n")
    study = configured(study=str(path), repetitions=6).study
    assert (study.until, study.refine, study.until_s) == (None, until, 5)
    path.write_text(GOOD_STUDY)
    study = configured(study=str(path), repetitions=1).study
    assert (study.until, study.refine, study.until_s, study.has_blocks) == (None, None, default, False)


@pytest.mark.parametrize("asks", ["until", "refine"])
@pytest.mark.parametrize("repetitions", [1, 5, 101])
def test_a_precision_takes_repetitions_for_an_interval(tmp_path, repetitions, asks):
    path = tmp_path / "mine.yaml"
    path.write_text(GOOD_STUDY + f"{asks}: 3 %\n")
    with pytest.raises(
        ContractError, match=rf"config\.yaml: repetitions: found {repetitions}; allowed: 6 to 100, beca"
    ):
        configured(study=str(path), repetitions=repetitions)


def test_a_study_s_targets_are_read(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(GOOD_STUDY)
    assert read_study(path).targets == {}
    path.write_text(GOOD_STUDY + "targets: {digits: 0.9}\n")
    assert read_study(path).targets == {"digits": 0.9}


def test_recipes_may_share_what_they_have_in_common(tmp_path):
    """YAML's own way, an anchor and a merge key."""
    path = tmp_path / "mine.yaml"
    path.write_text(
        GOOD_STUDY.replace("short: {", "short: &base {").replace("grids:", "  long: {<<: *base, epochs: 9}\ngrids:")
    )
    recipes = read_study(path).recipes
    assert (recipes["short"].epochs, recipes["long"].epochs) == (1, 9)
    assert recipes["long"].batch_size == recipes["short"].batch_size


def test_what_was_chosen_for_a_replayed_source_is_the_study_s_and_not_the_recipe_s(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(GOOD_STUDY)
    plain = read_study(path)
    path.write_text(GOOD_STUDY.replace("epochs: 1}", "epochs: 1, chosen: [batch_size]}"))
    study = read_study(path)
    assert (plain.chosen, study.chosen) == ({}, {"short": ("batch_size",)})
    assert study.recipes == plain.recipes
    path.write_text(GOOD_STUDY.replace("epochs: 1}", "epochs: 1, chosen: [batchsize]}"))
    with pytest.raises(ContractError, match=r"recipes\.short\.chosen\.0: found 'batchsize' .*batch_size"):
        read_study(path)


def test_a_grid_s_own_devices_and_threads_come_before_those_of_the_configuration(tmp_path):
    path = tmp_path / "mine.yaml"
    grid = "models: [torch_mlp], hidden_sizes: [8], devices: [cpu, cuda], threads: [1, 2], recipe: short"
    path.write_text(GOOD_STUDY.replace("models: [numpy_mlp], recipe: short, hidden_sizes: [8]", grid))
    study = configured(study=str(path), devices=["cpu"]).study
    cells = study.cells(["cpu"], [4])
    assert {(cell.device, cell.threads) for cell in cells} == {("cpu", 1), ("cpu", 2), ("cuda", 1), ("cuda", 2)}
    assert {reason for cell, reason in cells.items() if cell.device == "cpu"} == {None}
    reasons = {reason for cell, reason in cells.items() if cell.device == "cuda"}
    assert reasons == ({"config.yaml leaves cuda out"} if DEVICES["cuda"]() else {"no cuda device is here"})


def test_a_cell_has_the_largest_budget_of_its_grids_within_the_configuration_s(tmp_path):
    path = tmp_path / "mine.yaml"
    grids = "grids:\n  - {datasets: [digits], models: [numpy_mlp], recipe: short, hidden_sizes: [8, 9], budget_s: 20}\n"
    path.write_text(GOOD_STUDY.replace("grids:\n", grids))
    study = configured(study=str(path)).study
    for configured_s, budgets in ((60, {8: 60, 9: 20}), (10, {8: 10, 9: 10})):
        found = study.budgets_s(["cpu"], [1], configured_s)
        assert {cell.hidden_size: seconds for cell, seconds in found.items()} == budgets


@pytest.mark.parametrize(
    ("grid", "control"),
    [
        ("models: [torch_mlp, numpy_mlp], recipe: short, hidden_sizes: [64, 8, 16]", ("torch_mlp", "cpu", 16, 1)),
        ("models: [numpy_mlp], recipe: short, hidden_sizes: [8, 64, 16, 32]", ("numpy_mlp", "cpu", 32, 1)),
        (
            "models: [numpy_mlp, torch_mlp], recipe: short, devices: [cuda, cpu], threads: [2, 1], hidden_sizes: [9]",
            ("numpy_mlp", "cpu", 9, 2),  # numpy computes on the CPU only
        ),
        (
            "models: [torch_mlp], recipe: short, devices: [cuda], hidden_sizes: [8]}\n"
            "  - {datasets: [digits], models: [torch_mlp], recipe: short, hidden_sizes: [7]",
            ("torch_mlp", "cpu", 7, 1),  # the first grid cannot be measured here
        ),
    ],
)
def test_the_control_is_the_middle_cell_that_can_be_measured(tmp_path, grid, control):
    path = tmp_path / "mine.yaml"
    path.write_text(GOOD_STUDY.replace("models: [numpy_mlp], recipe: short, hidden_sizes: [8]", grid))
    study = configured(study=str(path), devices=["cpu"]).study
    cell = study.control_cell(["cpu"], [1])
    assert (cell.model, cell.device, cell.hidden_size, cell.threads) == control
    assert study.cells(["cpu"], [1])[cell] is None


def test_a_study_without_a_cell_that_can_be_measured_is_refused(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(GOOD_STUDY)
    with pytest.raises(ContractError, match=r"config\.yaml: devices: found \['cuda'\].*numpy computes on the CPU only"):
        configured(study=str(path), devices=["cuda"])


@pytest.mark.parametrize("text", ["", "- study", "quick"])
def test_a_config_file_that_is_no_mapping_is_named(tmp_path, text):
    (tmp_path / "config.yaml").write_text(text)
    with pytest.raises(ContractError, match=r"config\.yaml: \(top level\): found .*; allowed: keys with values"):
        read_config(tmp_path / "config.yaml")


def test_every_fault_is_named_at_once():
    with pytest.raises(ContractError) as caught:
        configured(repetitions=0, studdy="quick", seed="x")
    assert len(str(caught.value).splitlines()) == 3


def test_the_recipe_s_schema_and_class_agree():
    recipe = contracts.load_schema("study")["$defs"]["recipe"]
    names = {field.name for field in fields(Recipe)}
    assert set(recipe["properties"]) == names | {"chosen"}  # which readers are told, and no training
    without_default = {field.name for field in fields(Recipe) if field.default is MISSING}
    assert set(recipe["required"]) == without_default


@pytest.mark.parametrize("schema", sorted(contracts.SCHEMAS.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_registry_in_a_schema_exists_and_every_field_is_described(schema):
    def walk(node):
        if isinstance(node, dict):
            yield node
            for child in node.values():
                yield from walk(child)
        elif isinstance(node, list):
            for child in node:
                yield from walk(child)

    nodes, elsewhere = list(walk(yaml.safe_load(schema.read_text()))), ("failures", "architectures", "rates")
    assert {node["registry"] for node in nodes if "registry" in node} <= {*REGISTRIES, *elsewhere}
    assert "description" in nodes[0]
