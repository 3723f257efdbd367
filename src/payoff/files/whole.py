"""Files that are written whole or not at all."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def appearing_whole(path: str | os.PathLike) -> Iterator[Path]:
    """Yield a temporary path beside `path`. On success the file is renamed to `path`, on an error it is removed.

    A process that is killed in between leaves `path` as it was, so no half-written file counts as done.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}-") as folder:
        temporary = Path(folder) / path.name
        yield temporary
        temporary.replace(path)
