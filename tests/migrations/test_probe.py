"""`plan --probe`: which statements the views of a version cannot serve, told without touching anything."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from strangler.errors import UsageError
from strangler_migrations.catalog.read import read
from strangler_migrations.migration import parse
from strangler_migrations.plan import plan
from strangler_migrations.probe import Observed, Probe, of_file, of_server, probe
from strangler_migrations.running.session import Session, connected
from strangler_migrations.sql.tokens import split

pytestmark = pytest.mark.postgres

MIGRATION = parse(
    "operations: [{alter_column: {table: invoices, column: amount, type: bigint, up: (amount * 100)::bigint,"
    " down: amount / 100.0}}, {drop_column: {table: invoices, column: note}}, {drop_table: {name: gone}}]",
    Path("07_amounts.yaml"),
)
SCHEMA = """
CREATE TYPE kind AS ENUM ('bill', 'credit');
CREATE TABLE invoices (id serial PRIMARY KEY, amount numeric NOT NULL, kind kind, note text);
CREATE TABLE lines (id int PRIMARY KEY, invoice int REFERENCES invoices);
CREATE TABLE gone (id int PRIMARY KEY);
CREATE FUNCTION doubled(numeric) RETURNS numeric LANGUAGE sql AS 'SELECT $1 * 2';
"""
SERVED = (
    "SELECT * FROM invoices WHERE id = $1 AND kind = 'bill'",
    "SELECT doubled(amount) FROM invoices FOR UPDATE SKIP LOCKED",
    "INSERT INTO invoices (id, amount) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET amount = excluded.amount",
    "UPDATE invoices SET amount = amount + $1 RETURNING id",
    "DELETE FROM lines USING invoices i WHERE i.id = invoice",
    "COPY (SELECT * FROM invoices) TO STDOUT",
    "WITH x AS (SELECT id FROM invoices) SELECT count(*) FROM x JOIN lines USING (id)",
)
NOT_SERVED = {
    "SELECT i.id, i.amount, count(*) FROM invoices i JOIN lines l ON l.invoice = i.id GROUP BY i.id": (
        "must appear in the GROUP BY clause",
        "name every selected column",
    ),
    "INSERT INTO invoices (amount) VALUES ($1) ON CONFLICT ON CONSTRAINT invoices_pkey DO NOTHING": (
        'constraint "invoices_pkey"',
        "ON CONFLICT (COLUMNS)",
    ),
    "COPY invoices FROM STDIN": ("tables only", "temporary table"),
    "COPY invoices (id, amount) TO STDOUT": ("tables only", "COPY (SELECT"),
    "TRUNCATE invoices, lines": ("tables only", "DELETE"),
    "SELECT * FROM invoices TABLESAMPLE system (1)": ("TABLESAMPLE", "random()"),
    "SELECT currval(pg_get_serial_sequence('invoices', 'id')) FROM invoices": (
        "NULL for a view",
        "RETURNING",
    ),
    "SELECT ctid, amount FROM invoices": ('"ctid" does not exist', "primary key"),
}


@pytest.fixture
def billing(session: Session) -> Session:
    session.connection.execute(SCHEMA.encode())
    return session


def probed(session: Session, *statements: str, previous: str | None = None) -> Probe:
    made = plan(MIGRATION, read(session.connection, "public"), previous)
    observed = [Observed(text, f"{place}") for place, text in enumerate(statements)]
    return probe(session, made, MIGRATION, observed)


def test_what_views_serve_is_not_found_fault_with(billing: Session) -> None:
    found = probed(billing, *SERVED, "SELECT 1")
    assert (found.seen, found.relevant, found.findings, found.unread) == (8, 7, (), ())


@pytest.mark.parametrize("statement", NOT_SERVED)
def test_what_a_view_cannot_serve_is_named_with_what_would_work(billing: Session, statement: str) -> None:
    (found,) = probed(billing, statement).findings
    what, remedy = NOT_SERVED[statement]
    assert (found.kind, found.version) == ("view", "public_07_amounts")
    assert what in found.what
    assert remedy in found.remedy


def test_the_views_of_the_version_before_are_probed_where_clients_use_them(billing: Session) -> None:
    found = probed(billing, "TRUNCATE lines", "SELECT ctid FROM gone", previous="public_06")
    assert [(each.kind, each.version, each.statement.place) for each in found.findings] == [
        ("view", "public_06", "0"),
        ("view", "public_07_amounts", "0"),
        ("view", "public_06", "1"),
        ("form", "public_07_amounts", "1"),
    ]


def test_what_needs_the_old_form_or_goes_past_every_version(billing: Session) -> None:
    found = probed(
        billing,
        "SELECT note FROM invoices",
        "SELECT * FROM gone",
        'SELECT * FROM public."invoices"',
        "SELECT nonsense FROM invoices",
    )
    assert [(each.kind, each.statement.place) for each in found.findings] == [
        ("form", "0"),
        ("form", "1"),
        ("past", "2"),
    ]
    assert [(each.place, what.split(" (")[0]) for each, what in found.unread] == [
        ("3", 'column "nonsense" does not exist')
    ]


def test_nothing_is_changed_run_or_waited_for(billing: Session, database: str) -> None:
    """Not even behind somebody who holds every table; and a text of two statements is one that cannot be read."""
    before = read(billing.connection, "public")
    texts = (*SERVED, "DELETE FROM lines; DROP TABLE lines", *NOT_SERVED)
    with psycopg.connect(database) as other:
        other.execute("LOCK TABLE invoices, lines, gone IN ACCESS EXCLUSIVE MODE")
        found = probe(billing, plan(MIGRATION, before), MIGRATION, [Observed(each, "x") for each in texts])
    assert len(found.findings) == len(NOT_SERVED)
    assert [what for _, what in found.unread] == ["cannot insert multiple commands into a prepared statement"]
    assert read(billing.connection, "public") == before
    left = "SELECT count(*) FROM pg_namespace WHERE nspname LIKE '%probe%'"
    assert billing.connection.execute(left.encode()).fetchone() == (0,)


def test_who_may_not_make_schemas_is_told(billing: Session) -> None:
    billing.connection.execute(
        "CREATE ROLE clerk_probe; GRANT SELECT ON ALL TABLES IN SCHEMA public TO clerk_probe"
    )
    try:
        billing.connection.execute("SET ROLE clerk_probe")
        with pytest.raises(UsageError, match="insufficient rights"):
            probed(billing, *SERVED)
    finally:
        billing.connection.execute("RESET ROLE; DROP OWNED BY clerk_probe; DROP ROLE clerk_probe")


def test_a_file_is_split_as_postgresql_would() -> None:
    text = "-- one;\nSELECT 'a;b', \"c;d\", $$e;\nf$$ /* ; */;\n\n;SELECT 2 -- ;\n"
    assert list(split(text)) == [(2, "SELECT 'a;b', \"c;d\", $$e;\nf$$ /* ; */"), (5, "SELECT 2 -- ;")]


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        of_file(tmp_path / "none.sql")
    (tmp_path / "app.sql").write_bytes(b"SELECT '\xff'")
    with pytest.raises(UsageError, match="not UTF-8"):
        of_file(tmp_path / "app.sql")
    (tmp_path / "app.sql").write_text("SELECT 1;\nSELECT 2")
    assert [each.place.rpartition(":")[2] for each in of_file(tmp_path / "app.sql")] == ["1", "2"]


def test_what_the_server_has_seen(billing: Session, database: str) -> None:
    connection = billing.connection
    try:
        connection.execute("CREATE EXTENSION pg_stat_statements")
        connection.execute("SELECT FROM pg_stat_statements LIMIT 1")
    except psycopg.Error as error:
        with pytest.raises(UsageError, match="pg_stat_statements says nothing"):
            of_server(connection)
        pytest.skip(f"pg_stat_statements is not loaded here: {error}")
    connection.execute("SELECT pg_stat_statements_reset()")
    with connected(database, "clerk") as client:
        for number in range(3):
            client.execute("SELECT i.id, i.amount FROM invoices i WHERE i.id = %s GROUP BY i.id", (number,))
    found = probe(billing, plan(MIGRATION, read(connection, "public")), MIGRATION, of_server(connection))
    (finding,) = found.findings
    assert "GROUP BY" in finding.what
    assert finding.statement.place.endswith(", called 3 times")
