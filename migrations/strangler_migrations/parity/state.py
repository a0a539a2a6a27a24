"""How far a pass is, in a file: after a lost connection or a kill it goes on behind the last range done.

The file holds keys of rows as they are, and differences redacted; it is readable for its owner alone.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Final

import msgspec

from strangler.errors import UsageError
from strangler_migrations.parity.model import Counts, Difference, Key

_VERSION: Final = 1


class Times(msgspec.Struct, frozen=True):
    """Of a side: when its first and last snapshots were taken, and how many there were."""

    first: int = 0
    last: int = 0
    count: int = 0

    def and_at(self, at_ns: int) -> Times:
        """With a further snapshot."""
        return Times(self.first or at_ns, at_ns, self.count + 1)


class State(msgspec.Struct, frozen=True):
    """`about`: a digest of what is compared and how; a state is of use for nothing else. `low`: where the next range
    begins, None before the first. `ended_ns`: 0 as long as it is under way.
    """

    about: str
    started_ns: int
    low: Key | None = None
    done: bool = False
    ranges: int = 0
    rows: tuple[int, int] = (0, 0)
    counts: Counts = Counts()
    differences: tuple[Difference, ...] = ()
    silenced: dict[str, int] = {}
    times: tuple[Times, Times] = (Times(), Times())
    reconnects: int = 0
    one_snapshot: bool = True
    version: int = _VERSION


def load(file: Path, about: str) -> State | None:
    """What a pass before left, if it was about the same and is not done. Raises UsageError for anything else there."""
    try:
        text = file.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror or error}", where=str(file)) from None
    try:
        state = msgspec.json.decode(text, type=State)
    except msgspec.DecodeError:
        raise UsageError(
            "is no state of a comparison", where=str(file), remedy="name another file, or delete this one"
        ) from None
    if state.version != _VERSION or state.about != about:
        raise UsageError(
            "is the state of another comparison (other sides, columns, key or rules)",
            where=str(file),
            remedy="name another file, or delete this one to begin anew",
        )
    return None if state.done else state


def save(file: Path, state: State) -> None:
    """Put it in the file's place at once. Raises UsageError."""
    temporary = ""
    try:
        descriptor, temporary = tempfile.mkstemp(dir=file.resolve().parent, prefix=f".{file.name}.")
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(msgspec.json.encode(state))
            stream.flush()
            os.fsync(descriptor)
        Path(temporary).replace(file)
    except OSError as error:
        if temporary:
            Path(temporary).unlink(missing_ok=True)
        raise UsageError(f"cannot be written: {error.strerror or error}", where=str(file)) from None
