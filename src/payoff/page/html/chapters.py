"""An executed notebook as a part of the page."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import mistune
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

# papermill's tags of the cells that only tell a notebook where its tables are
PARAMETERS = {"parameters", "injected-parameters"}

# HTML within Markdown stays HTML: the notebooks are ours, and escape what comes from elsewhere.
_html = mistune.create_markdown(escape=False, plugins=["table", "url"])


def chapter_html(notebook: Mapping[str, Any], templates: Path) -> str:
    """The texts, the code and the outputs of an executed notebook, which is one of nbformat 4.

    templates: the folder of chapter.html.j2.
    """
    environment = Environment(
        loader=FileSystemLoader(templates), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.filters |= {"markdown": _markdown, "shown": _shown}
    cells = [cell for cell in notebook["cells"] if PARAMETERS.isdisjoint(cell["metadata"].get("tags", []))]
    return environment.get_template("chapter.html.j2").render(cells=cells)


def _markdown(source: str) -> Markup:
    return Markup(_html(source))


def _shown(output: Mapping[str, Any]) -> Markup:
    """An output as HTML: what a cell displayed, in its richest form, or what it printed."""
    data = output.get("data", {})
    if "text/html" in data:
        return Markup(data["text/html"])
    if "text/markdown" in data:
        return _markdown(data["text/markdown"])
    return Markup("<pre>{}</pre>").format(data.get("text/plain", output.get("text", "")))
