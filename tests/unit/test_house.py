"""The shape of the project: which way imports go, what may import what, what the files promise."""

import ast
import json
import re
import subprocess
import sys
from graphlib import TopologicalSorter

import grimp
import pytest
from conftest import HOME
from fresh import loaded_by as loaded_by

from payoff.files.code import code_behind
from payoff.models.registry import MODELS

# The rooms, from the words that everyone speaks up to the commands: a room imports none that stands after it.
ROOMS = [
    *("errors", "failures", "recipes", "cells"),
    *("files", "statistics", "machine", "datasets", "models", "runs", "tables"),
    *("comparisons", "equal_work", "trained", "beside", "study", "answer"),
    *("claims", "regression", "lessons"),
    *("page.words", "page.figures", "page.html", "commands", "__main__"),
]

ADAPTERS = sorted((HOME / "scripts").glob("*.py"))
NOTEBOOKS = sorted((HOME / "notebooks").glob("*.ipynb"))


@pytest.fixture(scope="module")
def imports() -> grimp.ImportGraph:
    return grimp.build_graph("payoff", include_external_packages=True, cache_dir=None)


def room_of(module: str) -> str:
    """payoff.page.words.answer -> page.words, payoff.files.whole -> files, payoff.cells -> cells."""
    name = module.removeprefix("payoff.")
    return next((room for room in ROOMS if name == room or name.startswith(f"{room}.")), name)


def test_every_module_is_in_a_room(imports):
    modules = {module for module in imports.find_descendants("payoff") if module != "payoff.page"}
    assert {room_of(module) for module in modules} == set(ROOMS)


def test_imports_between_rooms_go_one_way(imports):
    upward = [
        (importer, imported)
        for importer in imports.find_descendants("payoff")
        for imported in imports.find_modules_directly_imported_by(importer)
        if imported.startswith("payoff.") and ROOMS.index(room_of(imported)) > ROOMS.index(room_of(importer))
    ]
    assert not upward


def test_no_modules_import_each_other_in_a_circle(imports):
    modules = imports.find_descendants("payoff")
    TopologicalSorter({module: imports.find_modules_directly_imported_by(module) for module in modules}).prepare()


@pytest.mark.parametrize(
    ("package", "allowed"),
    [
        ("snakemake", set()),
        ("papermill", set()),
        ("torch", {"claims.probe_worker", "machine.rates_worker"}),  # and models.torch_*
        ("torchvision", {"datasets.download", "datasets.prepare"}),
        ("sklearn", {"datasets.prepare"}),
        ("matplotlib", {"page.figures"}),
        ("pynvml", {"machine.nvml"}),
        ("jinja2", {"page.html.report", "page.html.chapters"}),
        ("mistune", {"page.html.chapters"}),
        ("safetensors", {"trained.file"}),
        ("onnx", {"trained.onnx_graph", "trained.export"}),
        ("onnxruntime", set()),
        ("h5py", {"trained.export"}),
        ("PIL", {"datasets.image_files"}),
    ],
)
def test_who_imports_what(imports, package, allowed):
    importers = imports.find_modules_that_directly_import(package) if package in imports.modules else set()
    found = {name.removeprefix("payoff.") for name in importers if not name.startswith(f"payoff.models.{package}_")}
    assert {name if name in allowed else room_of(name) for name in found} == allowed


def imports_of_payoff(source: str) -> str:
    """The statements of a script that import from the package."""

    def names(node) -> list[str]:
        if isinstance(node, ast.ImportFrom):
            return [node.module]
        return [alias.name for alias in node.names] if isinstance(node, ast.Import) else []

    nodes = ast.parse(source).body
    return "\n".join(ast.unparse(node) for node in nodes if any(name.startswith("payoff") for name in names(node)))


@pytest.mark.parametrize("adapter", [*ADAPTERS, *NOTEBOOKS], ids=lambda path: path.name)
def test_the_code_behind_an_adapter_is_complete(loaded_by, adapter):
    """What a fresh Python really loads for its imports is among the files that its rule names."""
    source = adapter.read_text()
    if adapter.suffix == ".ipynb":
        source = "\n".join("".join(c["source"]) for c in json.loads(source)["cells"] if c["cell_type"] == "code")
    statements = imports_of_payoff(source)
    assert statements or adapter.suffix == ".ipynb"
    assert loaded_by(statements) <= set(code_behind(adapter))


MODULES = [module for spec in MODELS.values() for module in spec.modules.values()]


@pytest.mark.parametrize("module", MODULES)
def test_the_code_behind_a_run_is_complete(loaded_by, module):
    statements = f"import payoff.runs.worker, payoff.runs.turns, payoff.datasets.splits, payoff.recipes, {module}"
    files = set(code_behind(HOME / "scripts/run_heat.py", modules=["payoff.runs.worker", module]))
    assert loaded_by(statements) <= files
    # What another framework is made of makes nothing stale.
    others = {"numpy_mlp", "torch_cnn", "torch_device", "jax_network"}
    strangers = {name for name in others if name.split("_")[0] not in module}
    assert strangers
    assert not strangers & {file.stem for file in files}


@pytest.mark.slow
@pytest.mark.parametrize("module", MODULES)
def test_the_code_behind_the_check_for_equal_work_is_complete(loaded_by, module):
    files = set(code_behind(HOME / "scripts/check_equal_work.py", modules=["payoff.equal_work.check_worker", module]))
    assert loaded_by(f"import payoff.equal_work.check_worker, {module}") <= files


def test_the_code_behind_a_network_is_complete_and_no_more(loaded_by):
    files = set(
        code_behind(HOME / "scripts/train_network.py", modules=["payoff.trained.trainer", "payoff.models.numpy_mlp"])
    )
    assert loaded_by("import payoff.trained.trainer, payoff.models.numpy_mlp") <= files
    # A new entry in a registry, another use of a network: no training is stale.
    assert not {"registry", "configuration", "export", "classify"} & {file.stem for file in files}


@pytest.mark.slow
def test_a_run_on_a_gpu_does_not_load_torch_s_compiler():
    """It would take seconds of each run's start, which no user's training pays."""
    probe = "from payoff.models.torch_device import set_up_accelerator; set_up_accelerator(); import sys, torch\n"
    probe += "print(torch.are_deterministic_algorithms_enabled(), 'torch._inductor' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "False"]


def test_a_dry_run_needs_nothing_heavy():
    """What the workflow imports to plan its jobs."""
    source = "\n".join(path.read_text() for path in sorted((HOME / "workflow/rules").glob("*.smk")))
    statements = "\n".join(re.findall(r"^from payoff.*$", source, flags=re.MULTILINE))
    assert statements
    probe = "import sys; print(*{'torch', 'jax', 'numpy', 'pandas', 'matplotlib', 'sklearn'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", f"{statements}\n{probe}"], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_every_rule_and_script_shares_its_name():
    rules = "\n".join(path.read_text() for path in (HOME / "workflow/rules").glob("*.smk"))
    for adapter in ADAPTERS:
        assert re.search(rf"^\s*(rule|checkpoint) {adapter.stem}:", rules, flags=re.MULTILINE)
        assert f"scripts/{adapter.name}" in rules


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.name)
def test_no_outputs_are_committed(notebook):
    cells = json.loads(notebook.read_text())["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert all(not cell["outputs"] and cell["execution_count"] is None for cell in code)
    assert ["parameters"] in [cell["metadata"].get("tags") for cell in code]


def test_the_lock_names_no_address_and_hashes_everything():
    lock = (HOME / "requirements.lock").read_text()
    assert "://" not in lock
    packages = [line for line in lock.splitlines() if "==" in line and not line.startswith((" ", "#"))]
    assert len(packages) > 100
    assert lock.count("--hash=sha256:") >= len(packages)


def test_the_lock_of_npm_names_no_address_and_hashes_everything():
    text = (HOME / "tests/npm/package-lock.json").read_text()
    assert "://" not in text
    packages = {name: package for name, package in json.loads(text)["packages"].items() if name}
    assert len(packages) >= 2
    assert all(package["integrity"].startswith("sha512-") for package in packages.values())


def test_the_readme_is_short_and_its_files_exist():
    readme = (HOME / "README.md").read_text()
    assert len(readme.splitlines()) < 120
    for target in [part.split(")")[0] for part in readme.split("](")[1:]]:
        assert target.startswith("http") or (HOME / target).exists(), target
