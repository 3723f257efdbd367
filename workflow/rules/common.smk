# The checked configuration, the design of the study, and what only Snakemake knows. All else is in src/payoff.

import os
import re
import shlex
import sys
from functools import partial
from pathlib import Path

from payoff.cells import Contest
from payoff.errors import UserError
from payoff.files.code import code_of, hash_of_code
from payoff.files.damage import remove_damaged
from payoff.files.whole import clear_litter
from payoff.models.registry import MODELS
from payoff.study.configuration import configure, read_config
from payoff.study.design import Design
from payoff.study.ending import end_when_told
from payoff.study.lost_data import keep_finished_heats
from payoff.study.paths import DATASET, HEAT, HEAT_NAME, MANIFEST, NETWORK, PLAN, PUBLISHED_TABLES, prepared, tables_in
from payoff.study.snakemake_lock import share_lock

# The user's command, for the provenance. Jobs inherit it, because their own command is one of Snakemake's. It is no
# parameter, because a parameter would make a finished report stale.
if workflow.is_main_process:
    program = "snakemake" if Path(sys.argv[0]).name == "__main__.py" else Path(sys.argv[0]).name
    os.environ.update(PAYOFF_COMMAND=shlex.join([program, *sys.argv[1:]]))

# Whether jobs run on other machines than the one that submits them. Snakemake chooses its executor only after it has
# read this file, so the limits must tell: for other machines the number of jobs is limited, for this one the cores.
# A dry run also limits the cores, but only a profile for other machines has default resources.
limits = workflow.resource_settings
is_called_for_others = limits.nodes is not None and (limits.cores is None or limits.default_resources is not None)
ON_CLUSTER = workflow.remote_exec or is_called_for_others

HOME = Path(workflow.basedir)
CONFIG_FILE = "config.yaml"


def checked(read, *given):
    """What `read` returns. An error of the user becomes one of Snakemake's errors, with the same message."""
    try:
        return read(*given)
    except UserError as error:
        raise WorkflowError(str(error))


# Checked here because Snakemake's message about a file that is no YAML mapping names neither the file nor the line.
checked(read_config, Path(CONFIG_FILE))


configfile: CONFIG_FILE


# Only the main process checks that the configuration suits the machines. Its jobs have the same configuration.
elsewhere = ON_CLUSTER if workflow.is_main_process else None
SETTINGS = checked(configure, config, CONFIG_FILE, HOME / "workflow" / "studies", elsewhere)
for remark in SETTINGS.remarks:
    print(remark, file=sys.stderr)
STUDY = SETTINGS.study
DESIGN = Design(SETTINGS)

# code("scripts/x.py", ...): the source files on which the result of that script depends
code = partial(code_of, HOME)


def clear():
    """Remove what a killed workflow, a full disk or a power cut has left, unless this is a dry run."""
    if not any(re.fullmatch("-[a-zA-Z]*n[a-zA-Z]*|--dry-?run", word) for word in sys.argv):
        clear_litter(Path("results"))
        for line in remove_damaged(Path("results"), Path(".snakemake/metadata")):
            print(line, file=sys.stderr)


# The lock is held as long as this file is open, until this process ends.
LOCK = checked(partial(share_lock, Path(".snakemake"), remove_stale=not workflow.remote_exec, when_alone=clear))


wildcard_constraints:
    **DESIGN.constraints,


def plans(before=None):
    """The plans of further blocks. Snakemake calls this again each time that one more plan is made."""
    return DESIGN.plans(lambda block: checkpoints.plan_block.get(study=STUDY.name, block=block).output[0], before)


def measured(before=None):
    """The files of the heats, or those of the blocks before one."""
    return DESIGN.heats(plans(before))


def runs_of(wildcards):
    """(cell, whether it is the control) for each run of a heat. Raises WorkflowError if the study has no such heat."""
    asked, contest = HEAT.format(**vars(wildcards)), Contest.from_wildcards(wildcards)
    if not DESIGN.has(contest) or DESIGN.heat(contest, int(wildcards.repetition)) != asked:
        raise WorkflowError(f"{asked}: the study {STUDY.name} has no such heat")
    return DESIGN.runs_of(contest)


def module_of(wildcards):
    """The module of a run's model in its mode. Raises WorkflowError if the model cannot be trained in this way."""
    model = MODELS[wildcards.model]
    if reason := model.skip(wildcards.device, wildcards.mode, STUDY.recipes[wildcards.recipe]):
        raise WorkflowError(f"{wildcards.model} ({wildcards.mode}) on {wildcards.device}: {reason}")
    return model.modules[wildcards.mode]
