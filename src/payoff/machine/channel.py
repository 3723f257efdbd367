"""Messages between a process and the one that started it: lines of JSON through two pipes.

Only the standard library: a measured process imports this module before it starts to time its imports.
"""

import json
import os
import select
from contextlib import suppress
from typing import Any


class Channel:
    """One end. reads, writes: descriptors of the two pipes, which are the channel's from now on."""

    def __init__(self, reads: int, writes: int):
        self._reads = reads
        self._writes: int | None = writes
        self._heard = b""

    def tell(self, **message: Any) -> None:
        """Send a message. If the other process is gone, nothing happens: `hear` then says so."""
        if self._writes is None:
            raise ValueError("nothing more is told after `say_no_more`")
        left = json.dumps(message).encode() + b"\n"
        with suppress(BrokenPipeError):
            while left:
                left = left[os.write(self._writes, left) :]

    def hear(self, limit_s: float | None = None) -> dict[str, Any] | None:
        """Wait for the next message; None if the other process is gone or says no more.

        The process sleeps meanwhile, without polling. Raises TimeoutError after limit_s seconds.
        """
        while b"\n" not in self._heard:
            if not select.select([self._reads], [], [], limit_s)[0]:
                raise TimeoutError
            read = os.read(self._reads, 65536)
            if not read:
                return None
            self._heard += read
        line, _, self._heard = self._heard.partition(b"\n")
        return json.loads(line)

    def say_no_more(self) -> None:
        """Let the other process hear that there is nothing more to come."""
        writes, self._writes = self._writes, None  # before the other process can hear it
        if writes is not None:
            os.close(writes)

    def close(self) -> None:
        self.say_no_more()
        os.close(self._reads)
