"""A tool that dies at its nth statement, and what must be so afterwards."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from strangler.errors import StranglerError
from strangler_migrations.catalog.differences import differences
from strangler_migrations.catalog.model import Catalog
from strangler_migrations.catalog.read import read
from strangler_migrations.migration import Loaded, parse
from strangler_migrations.running import lifecycle, store
from strangler_migrations.running.backfill import Throttle
from strangler_migrations.running.chunks import Pacer
from strangler_migrations.running.session import Session
from strangler_migrations.running.states import State


@dataclass(frozen=True)
class Case:
    """A schema with its rows, a migration, and queries that show all rows before and after it."""

    schema: str
    text: str
    rows_before: str
    rows_after: str

    @property
    def migration(self) -> Loaded:
        return parse(self.text, Path("01_all.yaml"))


@dataclass(frozen=True)
class Clean:
    """What a life that nobody disturbs begins with and ends with; how many statements it has."""

    before: Catalog
    after: Catalog
    rows_before: list[Any]
    rows_after: list[Any]
    statements: int


class Killed(BaseException):
    """The tool is gone."""


class Mortal(psycopg.Connection[Any]):
    """A connection whose tool dies before its nth statement. The server sees a client that is gone."""

    left = 1 << 30
    terminated = False

    def execute(self, *arguments: Any, **options: Any) -> Any:
        self.left -= 1
        if self.left == 0 and self.terminated:
            with psycopg.connect(self.info.dsn, autocommit=True) as other:
                other.execute("SELECT pg_terminate_backend(%s)", (self.info.backend_pid,))
        elif self.left == 0:
            self.close()
            raise Killed
        return super().execute(*arguments, **options)


def session_on(url: str) -> Session:
    connection = Mortal.connect(url, autocommit=True)
    return Session(connection, "public", "ann", sleep=lambda _: None)


def life(session: Session, case: Case) -> None:
    """Whatever is left to do, from wherever it stands."""
    throttle, migration = Throttle(Pacer(rows=200)), case.migration
    while True:
        records = store.migrations(session.connection)
        state = records[0].state if records else State.ROLLED_BACK
        if state is State.DROPPED:
            return
        if state in {State.VERIFIED, State.CONTRACTING}:
            lifecycle.complete(session, migration.name)
        elif state in {State.CONTRACTED, State.DROPPING}:
            lifecycle.drop(session, migration.name)
        else:
            lifecycle.start(session, migration, throttle, lambda *_: None, allow_loss=True)


def rows(session: Session, query: str) -> list[Any]:
    return session.connection.execute(query.encode()).fetchall()


def clean_run(url: str, case: Case) -> Clean:
    session = session_on(url)
    with session.connection as connection:
        connection.execute(case.schema.encode())
        before, rows_before = read(connection, "public"), rows(session, case.rows_before)
        assert isinstance(connection, Mortal)
        connection.left = 1 << 30
        life(session, case)
        statements = (1 << 30) - connection.left
        return Clean(
            before, read(connection, "public"), rows_before, rows(session, case.rows_after), statements
        )


def killed_at(url: str, case: Case, statement: int, *, terminated: bool = False) -> None:
    session = session_on(url)
    connection = session.connection
    assert isinstance(connection, Mortal)
    connection.execute(case.schema.encode())
    connection.left, connection.terminated = statement, terminated
    with suppress(Killed, StranglerError, psycopg.OperationalError):
        life(session, case)
    connection.close()


def survived(url: str, case: Case, clean: Clean, *, back: bool) -> None:
    session = session_on(url)
    with session.connection:
        records = store.migrations(session.connection)
        possible = records and records[0].state not in {State.DROPPING, State.DROPPED, State.ROLLED_BACK}
        if back and possible:
            lifecycle.rollback(session, case.migration.name)
            assert differences(clean.before, read(session.connection, "public")) == []
            assert rows(session, case.rows_before) == clean.rows_before
        over = records and records[0].state is State.DROPPED
        life(session, case)
        assert differences(clean.after, read(session.connection, "public")) == []
        assert rows(session, case.rows_after) == clean.rows_after
        # One that died after its last step leaves a lease, which the next one takes over.
        left = session.connection.execute("SELECT count(*) FROM strangler.lease").fetchone()
        assert left == (0,) or (over and left == (1,))
