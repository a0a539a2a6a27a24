"""A connection to the database that is migrated, with the time, the chance and the words that running needs."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import psycopg

from strangler.errors import StranglerError, Unreachable, UsageError
from strangler_migrations.pooled import refuse_pooled
from strangler_migrations.sql.names import ident

type Connection = psycopg.Connection[Any]

_GOES_ON: Final = (
    "what was done is recorded; the same command goes on, `strangler migrate rollback` takes it back"
)
_TRANSACTION_TIMEOUT: Final = 170000
# What a role or database may have been given for its clients would end a backfill or an index in its midst, or have
# keys written in one way and read in another. A float is read by all of its digits. What is as it should be is not
# touched: it may not be ours to set.
_SETTINGS: Final = """
SELECT set_config(name, wanted, false) FROM pg_catalog.pg_settings JOIN (VALUES
  ('extra_float_digits', '1'), ('datestyle', 'ISO'), ('intervalstyle', 'postgres'), ('bytea_output', 'hex'),
  ('idle_in_transaction_session_timeout', '0'), ('idle_session_timeout', '0'),
  ('standard_conforming_strings', 'on'), ('session_replication_role', 'origin'),
  ('quote_all_identifiers', 'off'), ('default_transaction_isolation', 'read committed')
) AS ours (setting_name, wanted) ON lower(name) = setting_name AND setting <> wanted
"""


class MigrationFailed(StranglerError):  # noqa: N818  it is a state, and reads as one
    """PostgreSQL refused a statement. What was done is recorded: going on and rolling back are both possible."""


@dataclass(frozen=True, slots=True)
class Limits:
    """`lock_timeout_ms`: how long an attempt queues at most; `lock_bound_s`: how long attempts go on; `lease_s`: how
    long a lost connection keeps others away.
    """

    lock_timeout_ms: int = 500
    lock_bound_s: int = 600
    lease_s: int = 30


@dataclass(frozen=True, slots=True)
class Session:
    """`tell` gets sentences for whoever watches; `sleep`, `monotonic` (s) and `chance` (0 to 1) are passed in."""

    connection: Connection
    schema: str
    actor: str
    tell: Callable[[str], None] = lambda _: None
    sleep: Callable[[float], None] = time.sleep
    monotonic: Callable[[], float] = time.monotonic
    chance: Callable[[], float] = random.random
    limits: Limits = Limits()

    def set_path(self) -> None:
        """In a transaction: names without a schema are the migrated schema's, as in the catalogue's expressions."""
        path = f"{ident(self.schema)}, {_path(self.connection)}"
        self.connection.execute("SELECT set_config('search_path', %s, true)", (path,))


def _path(connection: Connection) -> str:
    row = connection.execute("SELECT current_setting('search_path')").fetchone()
    assert row is not None
    return str(row[0]) or "public"


@contextmanager
def path_set(session: Session) -> Generator[None]:
    """Outside of transactions: the session's search_path as `set_path` sets it, given back afterwards."""
    before = _path(session.connection)
    path = f"{ident(session.schema)}, {before}"
    session.connection.execute("SELECT set_config('search_path', %s, false)", (path,))
    try:
        yield
    finally:
        if not session.connection.broken:
            session.connection.execute("SELECT set_config('search_path', %s, false)", (before,))


@contextmanager
def connected(
    url: str, application: str = "strangler migrate", *, patience_s: int = 10
) -> Generator[Connection]:
    """An open connection, in autocommit. Raises Unreachable after so long, or UsageError for what is no URL and for a
    pooler whose transactions share sessions.
    """
    plain = url.replace("postgresql+psycopg://", "postgresql://", 1)
    connect = partial(
        psycopg.connect, plain, autocommit=True, application_name=application, connect_timeout=patience_s
    )
    try:
        connection = connect()
    except psycopg.ProgrammingError as error:
        raise UsageError(
            f"the database's address cannot be read: {_first(error)}",
            remedy="postgresql://user@host:5432/database",
        ) from None
    except psycopg.OperationalError as error:
        raise Unreachable(f"the database does not answer: {_first(error)}") from None
    with connection:
        with refusals("preparing the session"):
            refuse_pooled(connection, connect)
            connection.execute("SET statement_timeout = 0")
            if connection.info.server_version >= _TRANSACTION_TIMEOUT:
                connection.execute("SET transaction_timeout = 0")
            connection.execute(_SETTINGS)
        yield connection


@contextmanager
def refusals(what: str) -> Generator[None]:
    """PostgreSQL's errors as typed ones, that say what was being done."""
    try:
        yield
    except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected):
        raise  # tried again, see `locking`
    except psycopg.OperationalError as error:
        if error.sqlstate is not None and not error.sqlstate.startswith(("08", "57P")):
            raise _failed(what, error) from None
        raise Unreachable(
            f"the database went away ({_first(error)}) during: {what}",
            remedy=_GOES_ON,
        ) from None
    except psycopg.errors.InsufficientPrivilege as error:
        raise UsageError(
            f"insufficient rights: {_first(error)}", where=what, remedy="run it as the owner of the tables"
        ) from None
    except psycopg.Error as error:
        raise _failed(what, error) from None


@contextmanager
def answered() -> Generator[None]:
    """For a whole command: what no step of it has put into words, such as a full disk while its record is written."""
    try:
        with refusals("strangler's own reading and recording"):
            yield
    except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected) as error:
        raise MigrationFailed(f"somebody holds a lock: {_first(error)}", remedy=_GOES_ON) from None


def _failed(what: str, error: psycopg.Error) -> MigrationFailed:
    detail = f" ({error.diag.message_detail})" if error.diag.message_detail else ""
    return MigrationFailed(f"{_first(error)}{detail}", where=what, remedy=_GOES_ON)


def _first(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
