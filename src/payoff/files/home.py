"""The folder of this project, which holds the workflow with its schemas, and the notebooks."""

from pathlib import Path

HOME = next(folder for folder in Path(__file__).parents if (folder / "workflow" / "schemas").is_dir())
SCHEMAS = HOME / "workflow" / "schemas"
NOTEBOOKS = HOME / "notebooks"
