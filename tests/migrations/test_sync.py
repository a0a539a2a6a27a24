"""Which version wrote a row the data tells; the search_path only breaks ties. Both forms are kept in step."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest

from strangler.testing.postgres import Server
from strangler_migrations.migration import Loaded, parse
from strangler_migrations.running import lifecycle
from strangler_migrations.running.backfill import Throttle, backfill
from strangler_migrations.running.session import Session, connected

pytestmark = pytest.mark.postgres

AMOUNTS = """
operations:
  - alter_column:
      {table: invoices, column: amount, type: bigint, default: "100", up: amount * 100, down: amount / 100.0}
  - add_column: {table: invoices, up: upper(note), column: {name: label, type: text, nullable: true}}
  - drop_column: {table: invoices, column: kind, down: "'new:' || note"}
"""
NEW = "public_01_amounts"
OLD_ROW = "SELECT id, amount, note, kind FROM public.invoices ORDER BY id"
NEW_ROW = f"SELECT id, amount, note, label FROM {NEW}.invoices ORDER BY id"


def amounts() -> Loaded:
    return parse(AMOUNTS, Path("01_amounts.yaml"))


type Run = Callable[..., list[tuple[Any, ...]]]


def runner(session: Session) -> Run:
    def run(sql: str, *, path: str = "public") -> list[tuple[Any, ...]]:
        connection = session.connection
        with connection.transaction():
            connection.execute(f"SET LOCAL search_path = {path}".encode())
            cursor = connection.execute(sql.encode())
            return cursor.fetchall() if cursor.description else []

    return run


@pytest.fixture
def run(session: Session) -> Run:
    return runner(session)


def start(session: Session) -> None:
    runner(session)(
        "CREATE TABLE invoices (id int PRIMARY KEY, amount numeric(10,2) NOT NULL DEFAULT 1.00, note text,"
        " kind text NOT NULL DEFAULT 'plain')"
    )
    runner(session)("INSERT INTO invoices SELECT i, i, 'n' || i FROM generate_series(1, 3) i")
    lifecycle.start(session, amounts(), Throttle(), lambda *_: None, allow_loss=True)


@pytest.fixture(scope="module")
def started_once(postgres: Server) -> Iterator[Session]:
    with connected(postgres.create_database()) as connection:
        session = Session(connection, "public", "ann")
        start(session)
        yield session


@pytest.fixture
def both(started_once: Session) -> Iterator[Run]:
    """What runs SQL where both versions are at work; all of it is taken back afterwards."""
    with started_once.connection.transaction(force_rollback=True):
        yield runner(started_once)


def test_rows_that_were_there_have_both_forms(both: Run) -> None:
    assert both(NEW_ROW)[0] == (1, 100, "n1", "N1")
    assert both(OLD_ROW)[0] == (1, Decimal("1.00"), "n1", "plain")


@pytest.mark.parametrize("path", ["public", NEW, "pg_catalog"])
def test_the_version_of_a_writer_is_told_by_what_it_wrote(both: Run, path: str) -> None:
    """Qualified writes, whatever the search_path says."""
    both(f"INSERT INTO {NEW}.invoices (id, amount, note) VALUES (10, 555, 'x')", path=path)
    both("INSERT INTO public.invoices (id, amount, note) VALUES (11, 6.66, 'y')", path=path)
    both(f"UPDATE {NEW}.invoices SET amount = 777 WHERE id = 1", path=path)
    both("UPDATE public.invoices SET amount = 8.88 WHERE id = 2", path=path)
    old = {row[0]: row[1] for row in both(OLD_ROW)}
    new = {row[0]: row[1] for row in both(NEW_ROW)}
    assert {key: old[key] for key in (1, 2, 10, 11)} == {
        1: Decimal("7.77"),
        2: Decimal("8.88"),
        10: Decimal("5.55"),
        11: Decimal("6.66"),
    }
    assert {key: value * 100 for key, value in old.items()} == new


def test_the_path_breaks_ties(both: Run) -> None:
    both("INSERT INTO invoices (id, note) VALUES (20, 'a')")
    both("INSERT INTO invoices (id, note) VALUES (21, 'b')", path=f'"other", {NEW}, public')
    assert both("SELECT kind FROM public.invoices WHERE id IN (20, 21) ORDER BY id") == [
        ("plain",),
        ("new:b",),
    ]
    assert [row[1] for row in both(NEW_ROW) if row[0] >= 20] == [100, 100]


def test_what_was_not_touched_is_not_computed_again(both: Run) -> None:
    both(f"UPDATE {NEW}.invoices SET label = 'mine' WHERE id = 1", path=f"{NEW}, public")
    both("UPDATE invoices SET amount = 3 WHERE id = 1")
    assert both(NEW_ROW)[0] == (1, 300, "n1", "mine")
    both("UPDATE invoices SET note = 'other' WHERE id = 1")
    assert both(NEW_ROW)[0][3] == "OTHER"


def test_both_forms_written_must_agree(both: Run) -> None:
    writes = "UPDATE public.invoices SET amount = {}, _strangler_new_amount = {} WHERE id = 1"
    both(writes.format("4.00", 400))
    assert both(NEW_ROW)[0][1] == 400
    with pytest.raises(psycopg.errors.IntegrityConstraintViolation, match="both forms are written"):
        both(writes.format("5.00", 600))
    assert both(NEW_ROW)[0][1] == 400


def test_what_a_replica_writes_is_kept_in_step(both: Run) -> None:
    both("SET LOCAL session_replication_role = replica; UPDATE public.invoices SET amount = 9 WHERE id = 1")
    assert both(NEW_ROW)[0][1] == 900


def test_a_definer_of_another_path_is_judged_by_its_data(both: Run) -> None:
    both(
        "CREATE FUNCTION pay(n int) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = public"
        " AS 'UPDATE invoices SET amount = 42 WHERE id = n'"
    )
    both("SELECT public.pay(2)", path=f"{NEW}, public")
    assert both(NEW_ROW)[1][1] == 4200


def test_a_row_the_backfill_has_not_reached_gets_its_form_when_it_is_written(
    session: Session, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(
        "CREATE TABLE invoices (id int PRIMARY KEY, amount numeric NOT NULL, note text, kind text DEFAULT 'k')"
    )
    run("INSERT INTO invoices VALUES (1, 1, 'a'), (2, 2, 'b')")

    def first(*arguments: Any) -> int:
        run(f"UPDATE {NEW}.invoices SET note = 'by the new' WHERE id = 1", path=f"{NEW}, public")
        run(f"UPDATE {NEW}.invoices SET amount = 500 WHERE id = 2", path=f"{NEW}, public")
        return backfill(*arguments)

    monkeypatch.setattr("strangler_migrations.running.lifecycle.backfill", first)
    lifecycle.start(session, amounts(), Throttle(), lambda *_: None, allow_loss=True)
    assert [row[:3] for row in run(NEW_ROW)] == [(1, 100, "by the new"), (2, 500, "b")]
    assert [row[1] for row in run(OLD_ROW)] == [Decimal(1), Decimal(5)]


def test_after_complete_the_old_form_is_fed_and_a_rollback_has_it(session: Session, run: Run) -> None:
    start(session)
    lifecycle.complete(session, "01_amounts")
    run("INSERT INTO invoices (id, amount, note) VALUES (30, 1234, 'late')")
    run("UPDATE invoices SET amount = 200 WHERE id = 1")
    with pytest.raises(psycopg.errors.UndefinedColumn):
        run("SELECT kind FROM invoices")
    lifecycle.rollback(session, "01_amounts")
    rows = {row[0]: row[1:] for row in run(OLD_ROW)}
    assert rows[30] == (Decimal("12.34"), "late", "new:late")
    assert rows[1] == (Decimal("2.00"), "n1", "plain")


def test_rights_are_those_of_the_table(session: Session, run: Run) -> None:
    run(
        "CREATE TABLE invoices (id int PRIMARY KEY, amount numeric NOT NULL, note text, kind text DEFAULT 'k')"
    )
    run("CREATE ROLE clerk_of_sync; CREATE ROLE nobody_of_sync")
    run(
        "GRANT SELECT, UPDATE (amount) ON invoices TO clerk_of_sync; GRANT USAGE ON SCHEMA public TO clerk_of_sync"
    )
    run("INSERT INTO invoices VALUES (1, 1, 'a')")
    try:
        lifecycle.start(session, amounts(), Throttle(), lambda *_: None, allow_loss=True)
        run(f"SET LOCAL ROLE clerk_of_sync; UPDATE {NEW}.invoices SET amount = 300")
        assert run(OLD_ROW)[0][1] == 3
        for role, sql in (
            ("clerk_of_sync", f"DELETE FROM {NEW}.invoices"),
            ("clerk_of_sync", f"UPDATE {NEW}.invoices SET note = 'x'"),
            ("nobody_of_sync", f"SELECT * FROM {NEW}.invoices"),
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                run(f"SET LOCAL ROLE {role}; {sql}")
    finally:
        run("DROP OWNED BY clerk_of_sync, nobody_of_sync; DROP ROLE clerk_of_sync; DROP ROLE nobody_of_sync")


def test_a_default_that_varies_tells_nothing(session: Session, run: Run) -> None:
    """Each form has one of its own; what the writer's version gives wins."""
    run("CREATE TABLE tokens (id int PRIMARY KEY, token uuid NOT NULL DEFAULT gen_random_uuid(), n int)")
    text = (
        "operations: [{alter_column: {table: tokens, column: token, type: text, default: gen_random_uuid()::text,"
        " up: token::text, down: token::uuid}}, {alter_column: {table: tokens, column: n, type: bigint}}]"
    )
    lifecycle.start(session, parse(text, Path("01_amounts.yaml")), Throttle(), lambda *_: None)
    given = "00000000-0000-0000-0000-000000000001"
    for number, (schema, columns, values) in enumerate(
        [(NEW, "", ""), (NEW, ", token, n", f", '{given}', 5"), ("public", "", ""), ("public", ", n", ", 7")]
    ):
        for path in ("public", NEW):
            key = number * 2 + (path == NEW)
            run(f"INSERT INTO {schema}.tokens (id{columns}) VALUES ({key}{values})", path=f"{path}, public")
    old = run("SELECT id, token::text, n FROM public.tokens ORDER BY id")
    assert old == run(f"SELECT id, token, n FROM {NEW}.tokens ORDER BY id")
    assert [row[1:] for row in old[2:4]] == [(given, 5)] * 2
    assert [row[2] for row in old] == [None, None, 5, 5, None, None, 7, 7]
