"""The ledger's connection: SQLite (WAL) by default, PostgreSQL for a team. The same transactions on both."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine


class Ledger:
    """An open ledger. Use it from one thread, or give each thread its own connection by `begin`/`read`.

    `url` is safe to print (no password).
    """

    url: str
    engine: Engine

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """A write transaction: committed when the block ends, rolled back when it raises.

        One writer at a time on both (SQLite: BEGIN IMMEDIATE; PostgreSQL: an advisory lock), waiting up to
        five seconds. Raises LedgerUnavailable when the ledger is locked for longer, full, or away.
        """
        raise NotImplementedError
        yield

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A read transaction: one consistent view. Raises LedgerUnavailable."""
        raise NotImplementedError
        yield

    def close(self) -> None:
        """Close all connections. May be called twice."""
        raise NotImplementedError


def open_ledger(url: str, folder: Path, *, create: bool = True) -> Ledger:
    """Open the ledger at `url`; a relative SQLite file is relative to `folder`.

    `create`: make the file and bring the schema to this version (Alembic). Without it a ledger that is not
    there raises LedgerUnavailable, and one with another schema LedgerMismatch. Never creates a PostgreSQL
    database.
    """
    raise NotImplementedError
