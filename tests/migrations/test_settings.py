"""What a database or role was given for its clients neither ends a migration in its midst nor changes what it reads."""

from __future__ import annotations

import psycopg
import pytest
from tests.migrations.test_move_column import loaded, run

from strangler.errors import UsageError
from strangler_migrations.migration import Loaded
from strangler_migrations.running import lifecycle
from strangler_migrations.running.backfill import Throttle
from strangler_migrations.running.chunks import Pacer
from strangler_migrations.running.session import MigrationFailed, Session, answered, connected

pytestmark = pytest.mark.postgres
SCHEMA = """
CREATE TABLE public.days (id date PRIMARY KEY, cap numeric(9,2) NOT NULL, note text DEFAULT 'a\\b');
INSERT INTO public.days SELECT date '2000-01-01' + i, i FROM generate_series(1, 400) i;
"""
# A millisecond a row.
CENTS = loaded("""
  - alter_column: {table: days, column: cap, type: bigint, down: cap / 100.0,
      up: "(cap * 100)::bigint + length(pg_sleep(0.001)::text)"}
""")
FOR_CLIENTS = {
    "statement_timeout": "60ms",
    "idle_in_transaction_session_timeout": "20ms",
    "idle_session_timeout": "20ms",
    "datestyle": "German",
    "standard_conforming_strings": "off",
    "session_replication_role": "replica",
    "default_transaction_isolation": "serializable",
    "search_path": "''",
}


def _given(database: str, settings: dict[str, str]) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(SCHEMA.encode())
        for name, value in settings.items():
            quoted = value if value == "''" else f"'{value}'"
            sql = f"ALTER DATABASE {connection.info.dbname} SET {name} = {quoted}"
            connection.execute(sql.encode())


def test_what_is_meant_for_clients_does_not_end_it(database: str) -> None:
    _given(database, FOR_CLIENTS)
    with connected(database) as connection:
        session = Session(connection, "public", "ann", chance=lambda: 0.5)
        _started(session, CENTS)
        wrong = "SELECT count(*) FROM public.days WHERE _strangler_new_cap IS DISTINCT FROM cap * 100"
        assert run(session, wrong) == [(0,)]
        lifecycle.complete(session, "01_x")
        lifecycle.rollback(session, "01_x")
        assert run(session, "SELECT sum(cap) FROM public.days") == [(400 * 401 // 2,)]


def _started(session: Session, migration: Loaded) -> None:
    lifecycle.start(session, migration, Throttle(Pacer(rows=100)), lambda *_: None)


def test_what_no_step_has_put_into_words_ends_in_words(database: str) -> None:
    with psycopg.connect(database) as other, connected(database) as connection:
        other.execute("CREATE TABLE held (id int)")
        other.commit()
        other.execute("LOCK TABLE held")
        connection.execute("SET lock_timeout = '20ms'")
        with pytest.raises(MigrationFailed, match="somebody holds a lock") as refused, answered():
            connection.execute("SELECT FROM held")
        assert "the same command goes on" in str(refused.value)
        other.rollback()
        with pytest.raises(MigrationFailed, match="no_such"), answered():
            connection.execute("SELECT FROM no_such")


def test_a_role_that_may_only_read_is_told_before_anything_changes(database: str) -> None:
    _given(database, {"default_transaction_read_only": "on"})
    with connected(database) as connection:
        session = Session(connection, "public", "ann")
        with pytest.raises(UsageError, match=r"are read-only \(default_transaction_read_only\)"):
            _started(session, CENTS)
