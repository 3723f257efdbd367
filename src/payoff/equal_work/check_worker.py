"""The process that checks: `python -m payoff.equal_work.check_worker REQUEST RESULT` (see payoff.equal_work.check)."""

import json
import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from itertools import groupby
from pathlib import Path
from typing import Any

from payoff.datasets import splits
from payoff.datasets.examples import Examples, image_shape, make_examples
from payoff.equal_work.agreement import DRAWS, KINDS, STEPS, TOLERANCE, Work, differences, disagreement, work_of
from payoff.failures import RunFailure
from payoff.models.blueprint import Blueprint
from payoff.recipes import Recipe


class Unchecked(Exception):
    """A way that could not be tried here; the message says why."""


def main(request_path: str, result_path: str) -> None:
    request = json.loads(Path(request_path).read_text(encoding="utf-8"))
    told = Path(result_path)
    for (dataset, recipe), pairs in groupby(request["pairs"], key=lambda pair: (pair["dataset"], pair["recipe"])):
        path, how = Path(request["datasets"][dataset]), Recipe.from_document(request["recipes"][recipe])
        bench = Bench.of(path, how, request["seed"], partial(tell, told, "trying"))
        for pair in pairs:
            row = checked(bench, pair, request["seed"])
            print(pair, row, flush=True)
            tell(told, "row", row)


def tell(path: Path, what: str, value: Any) -> None:
    """Write a line to the file at once, because the next way may end this process."""
    with path.open("a", encoding="utf-8") as lines:
        lines.write(json.dumps({what: value}) + "\n")


def checked(bench: "Bench", pair: Mapping[str, Any], seed: int) -> dict[str, Any]:
    """The result of a pair: of the first draw for which both ways agree, or of the last draw if they never agree."""
    reason: str | None = None
    found: Mapping[str, float | None] = dict.fromkeys(KINDS)
    try:
        for draw in range(seed, seed + DRAWS):
            agreed = differences(bench.work(pair, "first", draw), bench.work(pair, "second", draw))
            found, reason = agreed, disagreement(agreed)
            if reason is None:
                break
    except Unchecked as why:
        found, reason = dict.fromkeys(KINDS), f"could not be checked: {why}"
    figures = {f"{kind}_difference": value for kind, value in found.items()}
    return {"steps": STEPS, **figures, "tolerance": TOLERANCE, "passed": reason is None, "reason": reason}


@dataclass
class Bench:
    """Tries networks for one data set and recipe. Each way is tried once per draw, for all its pairs."""

    recipe: Recipe
    train: Examples
    outputs: int
    before_trying: Callable[[list[str]], None]
    tried: dict[tuple, Work | Unchecked] = field(default_factory=dict)

    @classmethod
    def of(cls, dataset: Path, recipe: Recipe, seed: int, before_trying: Callable[[list[str]], None]) -> "Bench":
        loaded = splits.load(dataset)
        return cls(recipe, make_examples(loaded, recipe, seed)["train"], loaded.outputs, before_trying)

    def work(self, pair: Mapping[str, Any], end: str, seed: int) -> Work:
        """What one way of the pair does. Raises Unchecked."""
        what = (pair[f"{end}_module"], pair[f"{end}_device"], pair["hidden_size"], seed)
        way = [pair[f"{end}_{part}"] for part in ("model", "mode", "device")]
        if what not in self.tried:
            self.before_trying(way)
            try:
                self.tried[what] = self._try(*what)
            except RunFailure as failure:
                self.tried[what] = Unchecked(str(failure))
            except Exception as error:  # a fault of one way must not end the check of the others
                traceback.print_exc(file=sys.stdout)
                self.tried[what] = Unchecked(f"{type(error).__name__}: {' '.join(str(error).split())}")
        if isinstance(done := self.tried[what], Unchecked):
            raise Unchecked(f"{' '.join(way)}: {done}")
        return done

    def _try(self, module: str, device: str, hidden_size: int, seed: int) -> Work:
        shape = image_shape(self.train)
        network = import_module(module).build(Blueprint(self.recipe, shape, self.outputs, hidden_size, device, seed))
        return work_of(network, self.train, self.recipe.batch_size, seed)


if __name__ == "__main__":
    main(*sys.argv[1:])
