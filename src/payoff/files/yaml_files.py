"""YAML files: read only what every reader of YAML reads alike, and only what is small.

A text such as 017, 1:30, 12_500, 1e-3 or yes means one thing in YAML 1.1 (PyYAML, and so Snakemake) and another in YAML
1.2 (yaml.org/spec/1.2.2, "Core Schema"). A user who wrote it may have meant either, so it is refused.
"""

import re
from pathlib import Path
from typing import Any, NoReturn

import yaml

from payoff.errors import hidden_in
from payoff.files.contracts import ContractError

MOST_BYTES = 200_000
MOST_LEVELS = 50
MOST_NODES = 100_000  # with each alias counted as all that it stands for
UNDER_WAY = (0, 0)

INT_OF_1_2 = r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+"
FLOAT_OF_1_2 = r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"
KINDS_OF_1_2 = {
    "tag:yaml.org,2002:null": re.compile(r"~|null|Null|NULL|"),
    "tag:yaml.org,2002:bool": re.compile("true|True|TRUE|false|False|FALSE"),
    "tag:yaml.org,2002:int": re.compile(INT_OF_1_2),
    "tag:yaml.org,2002:float": re.compile(FLOAT_OF_1_2),
}
TEXT = "tag:yaml.org,2002:str"
MERGE = "tag:yaml.org,2002:merge"  # <<, which readers of YAML 1.2 know as well
WORDS = {"null": "nothing", "bool": "a truth value", "int": "a whole number", "float": "a number", "str": "a text"}
WORDS |= {"timestamp": "a date", "value": "a default"}


def read_yaml(path: Path) -> Any:
    """Read a YAML file. Raises ContractError that names the file, and the line of a mistake."""
    if path.is_fifo():
        raise ContractError(f"{path}: found a pipe, from which nothing may ever come; allowed: a text file")
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise ContractError(f"{path}: found more than {MOST_BYTES:,} bytes; allowed: at most as many")
        loader = _Loader(content.decode("utf-8"))
        try:
            return loader.get_single_data()
        finally:
            loader.dispose()
    except OSError as error:
        raise ContractError(f"{path}: {error.strerror}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ContractError(f"{path}: not valid YAML: {' '.join(str(error).split())}") from None


class _Loader(yaml.SafeLoader):
    """Refuses keys that are no text or stand twice in one mapping (YAML forbids it; PyYAML keeps the last),
    what two versions of YAML read differently, and what grows beyond the limits."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._level = 0

    def compose_node(self, parent, index):
        self._level += 1
        if self._level > MOST_LEVELS:
            _refuse(f"more than {MOST_LEVELS} levels", self.peek_event().start_mark)
        node = super().compose_node(parent, index)
        self._level -= 1
        return node

    def get_single_node(self):
        node = super().get_single_node()
        if node is not None:
            _measure(node, {})
        return node

    def compose_scalar_node(self, anchor):
        is_plain = self.peek_event().implicit[0]  # without quotes and without a tag
        node = super().compose_scalar_node(anchor)
        if hidden := hidden_in(re.sub("[\n\t]", "", node.value)):
            _refuse(f"the character {hidden}, which no page shows", node.start_mark)
        if is_plain and node.tag != MERGE:
            _refuse_two_meanings(node)
        return node

    def construct_mapping(self, node, deep=False):
        seen = set()
        for key_node, _ in node.value:
            if key_node.tag == MERGE:
                continue
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str):
                _refuse(f"the key {key!r} is no text", key_node.start_mark)
            if key in seen:
                _refuse(f"the key {key!r} twice", key_node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep)


def _refuse_two_meanings(node: yaml.ScalarNode) -> None:
    before, now = node.tag, next((tag for tag, form in KINDS_OF_1_2.items() if form.fullmatch(node.value)), TEXT)
    if before != now:
        words = [WORDS[tag.rpartition(":")[2]] for tag in (before, now)]
        meanings = f"{words[0]} in YAML 1.1 and {words[1]} in YAML 1.2"
    elif before == "tag:yaml.org,2002:int" and re.fullmatch("[-+]?0[0-9]+", node.value):
        meanings = "an octal number in YAML 1.1 and a decimal one in YAML 1.2"
    else:
        return
    _refuse(f"{node.value} is {meanings}: write a plain number, true or false, or put it in quotes", node.start_mark)


def _measure(node: yaml.Node, known: dict[int, tuple[int, int]]) -> tuple[int, int]:
    """How many nodes and levels there are, with each alias counted as all that it stands for. Refuses too many, and a
    node that contains itself."""
    if id(node) in known:
        if known[id(node)] == UNDER_WAY:
            _refuse("a part that contains itself", node.start_mark)
        return known[id(node)]
    known[id(node)] = UNDER_WAY
    parts: list[yaml.Node] = []
    if isinstance(node, yaml.SequenceNode):
        parts = node.value
    elif isinstance(node, yaml.MappingNode):
        parts = [part for pair in node.value for part in pair]
    sizes = [_measure(part, known) for part in parts]
    size, levels = 1 + sum(size for size, _ in sizes), 1 + max((levels for _, levels in sizes), default=0)
    if size > MOST_NODES or levels > MOST_LEVELS:
        _refuse(f"more than {MOST_NODES:,} entries or {MOST_LEVELS} levels", node.start_mark)
    known[id(node)] = size, levels
    return size, levels


def _refuse(what: str, mark: yaml.Mark | None) -> NoReturn:
    raise yaml.constructor.ConstructorError(None, None, what, mark)
