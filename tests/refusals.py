"""What a user did wrong is told in one line."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from payoff.files.contracts import ContractError


@contextmanager
def refused(start: str, *words: str) -> Iterator[None]:
    """What is done inside is refused in one line that begins so and holds these words."""
    with pytest.raises(ContractError) as caught:
        yield
    message = str(caught.value)
    assert message.startswith(start)
    assert all(word in message for word in words), message
    assert len(message.splitlines()) == 1
