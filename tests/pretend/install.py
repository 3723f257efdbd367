"""Add the pretend models and their device to a copy of the project, as the README tells a user to."""

import shutil
from pathlib import Path

TITLES = {
    "pretend_mlp": "Pretend MLP",
    "pretend_wrong_mlp": "Pretend MLP with a wrong gradient",
    "pretend_failing_mlp": "Pretend MLP that fails",
}


def install(project: Path) -> None:
    package = project / "src/payoff"
    for name, title in TITLES.items():
        shutil.copy(Path(__file__).with_name(f"{name}.py"), package / "models")
        entry = f'MODELS["{name}"] = ModelSpec("{title}", "mlp", {{"eager": "payoff.models.{name}"}})'
        append(package / "models/registry.py", entry)
    append(package / "machine/devices.py", 'DEVICES["pretend"] = lambda: True')


def append(file: Path, line: str) -> None:
    """A line more at the end of a file of the copy."""
    file.write_text(f"{file.read_text(encoding='utf-8')}\n{line}\n", encoding="utf-8")
