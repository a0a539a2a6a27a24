"""A pooler whose transactions share sessions is refused before anything is set; one of whole sessions is not."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Literal

import psycopg
import pytest
from psycopg import sql

from strangler.errors import UsageError
from strangler.testing.pgbouncer import NoPgBouncerError, start
from strangler.testing.postgres import Server
from strangler_migrations.parity.model import Relation
from strangler_migrations.parity.postgres import PostgresSide
from strangler_migrations.running.session import connected

pytestmark = pytest.mark.postgres


@contextmanager
def through(server: Server, mode: Literal["session", "transaction", "statement"]) -> Iterator[str]:
    url = server.create_database()
    with psycopg.connect(url, autocommit=True) as connection:
        database = sql.Identifier(connection.info.dbname)
        connection.execute(sql.SQL("ALTER DATABASE {} SET statement_timeout = '1h'").format(database))
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        try:
            pooler = start(Path(folder), url, mode)
        except NoPgBouncerError as error:
            pytest.skip(str(error))
        try:
            yield pooler.url
        finally:
            pooler.stop()


def migrating(url: str) -> None:
    with connected(url) as connection:
        connection.execute("SELECT 1")


def comparing(url: str) -> None:
    with closing(PostgresSide("left", url, Relation("pg_class"))) as side:
        side.shape()


@pytest.mark.parametrize("mode", ["transaction", "statement"])
@pytest.mark.parametrize("what", [migrating, comparing])
def test_shared_sessions(
    postgres: Server, mode: Literal["transaction", "statement"], what: Callable[[str], None]
) -> None:
    with through(postgres, mode) as url:
        with pytest.raises(UsageError, match="gives each transaction another session") as told:
            what(url)
        assert "pool_mode = session" in str(told.value.remedy)
        with psycopg.connect(url, autocommit=True) as client:
            # What the one before set would be here: it is the same session.
            assert client.execute("SHOW statement_timeout").fetchone() == ("1h",)
            assert client.execute("SHOW enable_sort").fetchone() == ("on",)


def test_a_client_has_the_session_meanwhile(postgres: Server) -> None:
    with through(postgres, "transaction") as url, psycopg.connect(url) as client:
        client.execute("SELECT 1")  # a transaction: its session is nobody else's until it ends
        with pytest.raises(UsageError, match="the pooler at 127"):
            migrating(url)


def test_sessions_of_their_own(postgres: Server) -> None:
    with through(postgres, "session") as url:
        migrating(url)
    migrating(postgres.create_database())
