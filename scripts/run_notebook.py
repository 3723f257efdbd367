"""Adapter of the rule run_notebook: execute with papermill, convert with nbconvert."""

import os
import tempfile
from pathlib import Path

import nbconvert
import papermill
from nbconvert import HTMLExporter
from traitlets.config import Config

from payoff.errors import UserError
from payoff.files.joblog import logged
from payoff.files.whole import appearing_whole

# If the packages are in a folder that only PYTHONPATH names, nbconvert does not find its own templates.
beside = [folder / "share/jupyter" for folder in Path(nbconvert.__file__).parents]
known = os.environ.get("JUPYTER_PATH", "").split(os.pathsep)
os.environ["JUPYTER_PATH"] = os.pathsep.join(
    [*filter(None, known), *(str(folder) for folder in beside if folder.is_dir())]
)

with logged(snakemake.log[0]):
    notebook, parameters = snakemake.input.notebook, snakemake.params.parameters
    declared = papermill.inspect_notebook(notebook)
    if unknown := sorted(set(parameters) - set(declared)):  # papermill itself would only warn
        raise UserError(f"{notebook}: unknown parameter {', '.join(unknown)}; allowed: {', '.join(declared)}")
    Path(snakemake.output.figures).mkdir(parents=True, exist_ok=True)  # a chapter may have none
    # Named sockets instead of ports: two kernels that start at the same time may choose the same free port.
    with tempfile.TemporaryDirectory() as sockets:
        papermill.execute_notebook(
            notebook,
            snakemake.log.notebook,
            parameters,
            cwd=Path.cwd(),
            progress_bar=False,
            log_output=True,
            config=Config(KernelManager={"transport": "ipc", "ip": f"{sockets}/kernel"}),
        )
    # Our template extends `basic`, which is only the body: nbconvert's other templates load scripts from the Internet.
    template = Path(snakemake.input.template[0]).parent
    body, _ = HTMLExporter(
        template_name=template.name,
        extra_template_basedirs=[str(template.parent)],
        exclude_output_prompt=True,
        exclude_anchor_links=True,
    ).from_filename(snakemake.log.notebook)
    with appearing_whole(snakemake.output.html) as temporary:
        temporary.write_text(body, encoding="utf-8")
