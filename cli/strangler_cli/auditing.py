"""The audit as a file: JSON Lines, each link as it is stored."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

import msgspec

from strangler.errors import UsageError
from strangler.ledger.audit import rows

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from strangler.ledger.audit import Row


class _Link(msgspec.Struct, forbid_unknown_fields=True):
    seq: int
    prev: str
    hash: str
    body: str
    subject: str


_LINK: Final = msgspec.json.Decoder(_Link)


def exported(connection: Connection, file: Path | None) -> int:
    """Write all links to a file, or to standard output; how many. Raises UsageError."""
    count = 0
    with ExitStack() as stack:
        out = sys.stdout.buffer if file is None else stack.enter_context(_opened(file))
        for link in rows(connection):
            out.write(msgspec.json.encode(link) + b"\n")
            count += 1
        out.flush()
    return count


def _opened(file: Path) -> IO[bytes]:
    try:
        return file.open("wb")
    except OSError as error:
        raise UsageError(f"cannot be written: {error.strerror or error}", where=str(file)) from None


class Import:
    """The links of an export, read as they are walked; `count`: how many there were so far."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.count = 0

    def __iter__(self) -> Iterator[Row]:
        """Raises UsageError where it is no export."""
        try:
            with self._file.open("rb") as lines:
                for line in lines:
                    yield self._link(line)
        except OSError as error:
            raise UsageError(f"cannot be read: {error.strerror or error}", where=str(self._file)) from None

    def _link(self, line: bytes) -> Row:
        self.count += 1
        try:
            return msgspec.structs.asdict(_LINK.decode(line))
        except msgspec.DecodeError as error:
            raise UsageError(
                f"is no link of an audit: {error}",
                where=f"{self._file}:{self.count}",
                remedy="a file as `strangler audit export` writes it",
            ) from None
