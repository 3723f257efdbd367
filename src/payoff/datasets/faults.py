"""Faults in a user's data, gathered, so that all are told in one round and those of one kind in one line."""

from dataclasses import dataclass, field

from payoff.errors import UserError, few

MOST_PLACES = 5  # that are named of the faults of one kind


@dataclass
class Faults:
    """What is wrong with `file`. Each kind has its first fault in words, and the places of the others."""

    file: str
    kinds: dict[str, list[tuple[str, str, str]]] = field(default_factory=dict)

    def add(self, kind: str, place: str, found: str, allowed: str) -> None:
        """place: such as "line 7" or "line 7: height", empty for the whole file; found, allowed: as in any message."""
        self.kinds.setdefault(kind, []).append((place, found, allowed))

    def raise_any(self) -> None:
        """Raise UserError with one line per kind, if there are any."""
        if self.kinds:
            raise UserError("\n".join(map(self._line, self.kinds.values())))

    def _line(self, faults: list[tuple[str, str, str]]) -> str:
        (place, found, allowed), *others = faults
        places = [other.split(": ")[0] for other, _, _ in others]
        more = f" (and {len(others):,} more like it: {few(places, MOST_PLACES)})" if others else ""
        return f"{self.file}: {f'{place}: ' if place else ''}found {found}{more}; allowed: {allowed}"
