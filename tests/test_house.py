"""The shape of the project: which way imports go, what may import what, what the files promise."""

import json
import re
import subprocess
import sys
from pathlib import Path

import grimp
import pytest
from conftest import HOME

from payoff.code import code_behind
from payoff.models.registry import MODELS

# From the report down to the configuration: no module imports one that stands above it.
LAYERS = [
    {"page.report", "__main__"},
    {"page.drawing", "page.markup", "page.markdown", "page.embedded", "page.spreadsheet"},
    {"page.inventory", "page.provenance", "claims.verdicts"},
    {"machine_rates"},
    {"page.pictures"},
    {"page.figures", "page.answer", "page.captions", "page.learning", "page.precision", "claims.sites"},
    {"page.headlines"},
    {"page.plotting", "page.sentences", "disturbance", "published_tables", "regression.words"},
    {"comparisons", "control", "ledger", "claims.probe", "equal_work.check", "regression.verdicts"},
    {"ways", "effort", "time_to_accuracy", "breakeven", "beside", "page.identity"},
    {"naming"},
    {"tables"},
    {"statistics"},
    {"trained.classify", "trained.export", "trained.further"},
    {"trained.onnx_graph", "trained.trainer", "trained.making"},
    {"trained.file"},
    {"trained.network"},
    {"runs"},
    {"attempts", "worker", "claims.probe_worker", "claims.claim", "equal_work.check_worker", "machine_rates_worker"},
    {"asking", "about", "published"},
    {"processes", "quiet", "locks", "documents", "equal_work.agreement"},
    {"gpu_watch"},
    {"training"},
    {"models.torch_graph_mlp", "models.torch_split_mlp"},
    {"models.numpy_mlp", "models.torch_fused_mlp", "models.torch_mlp", "models.torch_cnn"},
    {"models.handwritten_mlp", "models.torch_network"},
    {"models.torch_device"},
    {"models.network"},
    {"models.optimizers"},
    {"needs"},
    {"recipes", "scaling"},
]

ADAPTERS = sorted((HOME / "scripts").glob("*.py"))
NOTEBOOKS = sorted((HOME / "notebooks").glob("*.ipynb"))


@pytest.fixture(scope="module")
def imports() -> grimp.ImportGraph:
    return grimp.build_graph("payoff", include_external_packages=True, cache_dir=None)


def test_data_flow_one_way(imports):
    layers = [{f"payoff.{name}" for name in layer} for layer in LAYERS]
    assert {name for layer in layers for name in layer} <= imports.modules
    illegal = imports.find_illegal_dependencies_for_layers(tuple(layers))
    assert not illegal, [(dependency.importer, dependency.imported) for dependency in illegal]


@pytest.mark.parametrize(
    ("package", "allowed"),
    [
        ("snakemake", set()),
        ("papermill", set()),
        ("nbconvert", set()),
        ("torch", {"claims.probe_worker", "machine_rates_worker"}),  # and models.torch_*
        ("torchvision", {"datasets.download", "datasets.prepare"}),
        ("sklearn", {"datasets.prepare"}),
        ("matplotlib", {"page.plotting", "page.figures", "page.pictures", "page.drawing"}),
        ("jinja2", {"page.report"}),
        ("safetensors", {"trained.file"}),
        ("onnx", {"trained.onnx_graph", "trained.export"}),
        ("onnxruntime", set()),
        ("h5py", {"trained.export"}),
        ("PIL", {"datasets.image_files"}),
    ],
)
def test_who_imports_what(imports, package, allowed):
    importers = imports.find_modules_that_directly_import(package) if package in imports.modules else set()
    assert {name for name in importers if not name.startswith(f"payoff.models.{package}_")} == {
        f"payoff.{name}" for name in allowed
    }


LOADED = "import sys; print(*sorted({m.__file__ for n, m in sys.modules.items() if n.split('.')[0] == 'payoff'}))"


def loaded_by(statements: str) -> set[Path]:
    """The files of the package that a fresh Python loads for these statements."""
    done = subprocess.run([sys.executable, "-c", f"{statements}\n{LOADED}"], capture_output=True, text=True, check=True)
    return {Path(file) for file in done.stdout.split()}


@pytest.mark.parametrize("adapter", [*ADAPTERS, *NOTEBOOKS], ids=lambda path: path.name)
def test_the_code_behind_an_adapter_is_complete(adapter):
    """What a fresh Python really loads for its imports is among the files that its rule names."""
    source = adapter.read_text()
    if adapter.suffix == ".ipynb":
        source = "\n".join("".join(c["source"]) for c in json.loads(source)["cells"] if c["cell_type"] == "code")
    lines = [line for line in source.splitlines() if line.startswith(("from payoff", "import payoff"))]
    assert lines or adapter.suffix == ".ipynb"
    assert loaded_by("\n".join(lines)) <= set(code_behind(adapter))


MODULES = [module for spec in MODELS.values() for module in spec.modules.values()]


@pytest.mark.parametrize("module", MODULES)
def test_the_code_behind_a_run_is_complete(module):
    statements = f"import payoff.worker, payoff.training, payoff.datasets.splits, payoff.recipes, {module}"
    files = set(code_behind(HOME / "scripts/train_run.py", modules=["payoff.worker", module]))
    assert loaded_by(statements) <= files
    # What another framework is made of makes nothing stale.
    others = {"numpy_mlp", "torch_cnn", "torch_device"}
    strangers = {name for name in others if name.split("_")[0] not in module}
    assert strangers
    assert not strangers & {file.stem for file in files}


@pytest.mark.parametrize("module", MODULES)
def test_the_code_behind_the_check_for_equal_work_is_complete(module):
    files = set(code_behind(HOME / "scripts/check_equal_work.py", modules=["payoff.equal_work.check_worker", module]))
    assert loaded_by(f"import payoff.equal_work.check_worker, {module}") <= files


def test_the_code_behind_a_network_is_complete_and_no_more():
    files = set(
        code_behind(HOME / "scripts/train_network.py", modules=["payoff.trained.trainer", "payoff.models.numpy_mlp"])
    )
    assert loaded_by("import payoff.trained.trainer, payoff.models.numpy_mlp") <= files
    # A new entry in a registry, another use of a network: no training is stale.
    assert not {"registry", "configuration", "trained.export", "trained.classify"} & {file.stem for file in files}


def test_a_dry_run_needs_nothing_heavy():
    """What the workflow imports to check its configuration."""
    modules = ("configuration", "claims.claim", "code", "study", "equal_work.pairs", "needs", "published")
    statements = "import " + ", ".join(f"payoff.{module}" for module in modules)
    probe = "import sys; print(*{'torch', 'numpy', 'pandas', 'matplotlib', 'sklearn'} & set(sys.modules))"
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
