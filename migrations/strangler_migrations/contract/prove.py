"""Compare both forms of every row, in one snapshot, and keep what came of it."""

from __future__ import annotations

from strangler.canonical import digest
from strangler_migrations.contract.model import Proof
from strangler_migrations.running import store
from strangler_migrations.running.session import Connection, Session, refusals
from strangler_migrations.running.store import Record


def prove(session: Session, record: Record) -> Proof:
    """A scan of each table that has two forms; writers go on. Raises MigrationFailed where an expression fails."""
    connection = session.connection
    found = dict[str, tuple[int, int, int, str]]()
    with refusals("comparing both forms"):
        with connection.transaction():
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            session.set_path()
            row = connection.execute("SELECT now()").fetchone()
            for each in store.agreements(connection, record.name):
                rows, alone, apart, place = connection.execute(each.sql.encode()).fetchone() or (
                    0,
                    0,
                    0,
                    None,
                )
                found[each.table] = (rows, alone, apart, place or "")
        assert row is not None
        total = sum(rows for rows, *_ in found.values())
        wrong = sum(alone + apart for _, alone, apart, _ in found.values())
        example = next((f"{table} {place}" for table, (*_, place) in found.items() if place), "")
        about = digest(
            [
                record.name,
                record.digest,
                row[0].isoformat(),
                [[name, *counts] for name, counts in found.items()],
            ]
        )
        connection.execute(
            "INSERT INTO strangler.parity VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (migration) DO UPDATE SET"
            " at = excluded.at, rows = excluded.rows, apart = excluded.apart, example = excluded.example,"
            " digest = excluded.digest",
            (record.name, row[0], total, wrong, example, about),
        )
    return _proof(row[0], total, wrong, example, about)


def proof(connection: Connection, name: str) -> Proof | None:
    """The latest one."""
    row = connection.execute(
        "SELECT at, rows, apart, example, digest FROM strangler.parity WHERE migration = %s", (name,)
    ).fetchone()
    return None if row is None else _proof(*row)


def _proof(at: object, rows: int, apart: int, example: str, about: str) -> Proof:
    from datetime import datetime

    assert isinstance(at, datetime)
    return Proof("different" if apart else "equal", at, rows, apart, example, about)
