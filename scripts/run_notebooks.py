"""Adapter of the rule run_notebooks: execute each chapter with papermill, and make HTML of it."""

import gc
import os
import sys
import tempfile
from pathlib import Path

import papermill
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from nbformat.v4 import new_output
from papermill.engines import Engine, NotebookExecutionManager, papermill_engines
from traitlets.config import Config

from payoff.errors import UserError
from payoff.files.joblog import logged
from payoff.files.whole import appearing_whole
from payoff.page.html.chapters import chapter_html


class InThisProcess(Engine):
    """Executes a notebook in this process instead of a Jupyter kernel: that would be a second process, twice the
    imports, and sockets whose paths must be short (docs/decisions/chapters.md)."""

    @classmethod
    def execute_managed_notebook(cls, nb_man: NotebookExecutionManager, kernel_name: str, **_) -> None:
        InteractiveShell.clear_instance()  # no chapter sees the names of another
        shell = InteractiveShell.instance(config=Config(HistoryManager={"enabled": False}), colors="nocolor")
        for index, cell in enumerate(nb_man.nb.cells):
            nb_man.cell_start(cell, index)
            try:
                if cell.cell_type == "code" and not cls.execute(shell, cell, index + 1):
                    nb_man.cell_exception(cell, index)
                    break
            finally:
                nb_man.cell_complete(cell, index)

    @staticmethod
    def execute(shell: InteractiveShell, cell, number: int) -> bool:
        """Execute a cell and keep its outputs in it. Whether there was no error."""
        with capture_output() as captured:
            result = shell.run_cell(cell.source)
        cell.execution_count = number
        printed = {"stdout": captured.stdout, "stderr": captured.stderr}
        cell.outputs = [new_output("stream", name=name, text=text) for name, text in printed.items() if text]
        cell.outputs += [new_output("display_data", out.data, metadata=out.metadata or {}) for out in captured.outputs]
        for text in printed.values():
            sys.stdout.write(text)
        if error := result.error_before_exec or result.error_in_exec:
            name, words = type(error).__name__, str(error)
            trace = shell.InteractiveTB.structured_traceback(type(error), error, error.__traceback__)
            cell.outputs.append(new_output("error", ename=name, evalue=words, traceback=trace))
        return error is None


papermill_engines.register("in-this-process", InThisProcess)

# A tenth of the time would go to looking for what could be freed, to save a sixth of the memory.
gc.disable()

with tempfile.TemporaryDirectory() as ipython:
    os.environ["IPYTHONDIR"] = ipython  # the user's own may be read-only
    for notebook, parameters, figures, executed, html, log in zip(
        snakemake.input.notebooks,
        snakemake.params.parameters,
        snakemake.output.figures,
        snakemake.log.notebooks,
        snakemake.output.html,
        snakemake.log.jobs,
        strict=True,
    ):
        with logged(log):
            declared = papermill.inspect_notebook(notebook)
            if unknown := sorted(set(parameters) - set(declared)):  # papermill itself would only warn
                raise UserError(f"{notebook}: unknown parameter {', '.join(unknown)}; allowed: {', '.join(declared)}")
            Path(figures).mkdir(parents=True, exist_ok=True)  # a chapter may have none
            done = papermill.execute_notebook(
                notebook, executed, parameters, "in-this-process", cwd=Path.cwd(), progress_bar=False
            )
            with appearing_whole(html) as temporary:
                temporary.write_text(chapter_html(done, Path(snakemake.input.template).parent), encoding="utf-8")

# In the end IPython collects garbage once for each chapter. What is there by now need not be looked at.
gc.freeze()
