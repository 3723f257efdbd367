"""Who takes a turn when, with entrants that only note it. In the workflow's tests, real processes take turns."""

import random
from types import SimpleNamespace

import pytest

from payoff.runs import heat
from payoff.runs.heat import FEWEST_ROUNDS, ROUNDS, ROUNDS_ALONE, ROUNDS_S, take_turns


class Noting:
    """Notes its turns, each of which takes `turn_s` by the clock of the test; it ends in its turn number `last`."""

    def __init__(self, clock, turn_s: float = 0.1, last: float = float("inf")):
        self.clock, self.turn_s, self.last = clock, turn_s, last
        self.turns: list[tuple[int, int]] = []

    @property
    def can_take_turns(self) -> bool:
        return len(self.turns) < self.last

    def take_turn(self, number: int, position: int, heat_began: float) -> None:
        self.turns.append((number, position))
        self.clock.now += self.turn_s


@pytest.fixture
def clock(monkeypatch):
    clock = SimpleNamespace(now=0.0)
    monkeypatch.setattr(heat, "time", SimpleNamespace(monotonic=lambda: clock.now))
    return clock


def rounds_of(entrant: Noting) -> list[int]:
    return [number for number, _ in entrant.turns]


def test_each_round_has_an_order_of_its_own(clock):
    entrants = [Noting(clock) for _ in range(3)]
    take_turns(entrants, random.Random(1), ROUNDS)
    assert all(rounds_of(entrant) == list(range(1, ROUNDS + 1)) for entrant in entrants)
    orders = list(zip(*([position for _, position in entrant.turns] for entrant in entrants), strict=True))
    assert all(sorted(order) == [1, 2, 3] for order in orders)
    assert len(set(orders)) > 3


def test_who_is_compared_with_nothing_takes_few_turns(clock):
    alone = Noting(clock)
    take_turns([alone], random.Random(1), ROUNDS)
    assert rounds_of(alone) == list(range(1, ROUNDS_ALONE + 1))


@pytest.mark.parametrize(
    ("turn_s", "rounds"),
    [
        (ROUNDS_S, FEWEST_ROUNDS),  # the first few in any case
        (ROUNDS_S / 2 / 5.5, 6),  # none begins after that time, and one that has begun is finished
    ],
)
def test_where_turns_are_long_there_are_fewer_rounds(clock, turn_s, rounds):
    entrants = [Noting(clock, turn_s) for _ in range(2)]
    take_turns(entrants, random.Random(1), ROUNDS)
    assert [rounds_of(entrant)[-1] for entrant in entrants] == [rounds, rounds]


def test_who_has_ended_is_asked_no_more_and_the_others_go_on(clock):
    short, other, none = Noting(clock, last=2), Noting(clock), Noting(clock, last=0)
    take_turns([short, other, none], random.Random(1), ROUNDS)
    assert rounds_of(short) == [1, 2]
    assert rounds_of(other) == list(range(1, ROUNDS + 1))
    assert none.turns == []
    assert {position for number, position in other.turns if number > 2} == {1}
