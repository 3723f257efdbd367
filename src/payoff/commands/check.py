"""`payoff check`: is this configuration right, and what would be measured?"""

import argparse
from pathlib import Path

from payoff.errors import MOST_NAMES, few

DESCRIPTION = """\
Check config.yaml of this folder, or another one, the study that it names and that study's claims, as the workflow does
before its first job, and say what would be measured. Nothing is measured, read or downloaded."""


def add_to(commands: argparse._SubParsersAction) -> None:
    command = commands.add_parser("check", help="is this configuration right?", description=DESCRIPTION)
    command.add_argument("study", nargs="?", help="a study's name or file, instead of that in the configuration")
    command.add_argument("--config", type=Path, default=Path("config.yaml"), help="another file than config.yaml")
    command.add_argument("--elsewhere", action="store_true", help="other machines measure, as on a cluster")
    command.set_defaults(run=_run)


def _run(asked: argparse.Namespace) -> int:
    from payoff.claims.claim import claims_of
    from payoff.datasets.own import own_files
    from payoff.files.home import HOME
    from payoff.study.configuration import configure, read_config
    from payoff.study.design import Design

    config = read_config(asked.config) | ({"study": asked.study} if asked.study else {})
    settings = configure(config, str(asked.config), HOME / "workflow" / "studies", asked.elsewhere)
    claims = claims_of(settings.study, HOME / "workflow" / "claims")
    design = Design(settings)
    for name in design.own_datasets:
        own_files(settings.datasets[name])
    runs = len(design.applicable) * settings.repetitions
    at_first = " at first" if settings.study.has_blocks else ""
    print(f"{settings.study.name}: {settings.study.title}")
    cells = f"{settings.repetitions:,} of each of {len(design.applicable):,} cells"
    print(f"  {runs:,} runs{at_first}: {cells}; and those of the control")
    print(f"  devices {', '.join(design.devices)}; data sets {few(design.datasets)}; {len(claims):,} claims")
    for remark in settings.remarks:
        print(f"  {remark}")
    for name in design.own_datasets[:MOST_NAMES]:
        spec = settings.datasets[name]
        options = ", ".join(f"{key} {value}" for key, value in spec.options.items())
        print(f"  {name}: {spec.path}; {options}; payoff look {name} says what is in it")
    reasons: dict[str, int] = {}
    for reason in filter(None, design.cells.values()):
        reasons[reason] = reasons.get(reason, 0) + 1
    for reason, number in reasons.items():
        print(f"  not applicable: {number:,} cells: {reason}")
    return 0
