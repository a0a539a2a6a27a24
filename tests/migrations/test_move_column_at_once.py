"""`move_column` where one statement writes both tables, triggers write too, and rows come and go by others' doing."""

from __future__ import annotations

import json

import psycopg
import pytest
from tests.migrations.test_move_column import (
    CUSTOMERS,
    MADE,
    MOVE,
    NEW,
    SCHEMA,
    as_new,
    both,
    held,
    loaded,
    run,
    start,
)

from strangler_migrations.running import lifecycle
from strangler_migrations.running.session import Session

pytestmark = pytest.mark.postgres
BANKS = """
CREATE TABLE banks (id text PRIMARY KEY);
INSERT INTO banks VALUES ('b'), ('c'), ('d');
ALTER TABLE accounts ADD FOREIGN KEY (bank) REFERENCES banks ON DELETE CASCADE;
UPDATE accounts SET bank = 'c' WHERE customer = 7;
UPDATE accounts SET bank = 'd' WHERE customer = 8;
"""
AT_LEAST_50 = """
CREATE FUNCTION raised() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN
  IF NEW.id < 10 AND NEW.cap < 50 THEN UPDATE public.customers SET cap = 50 WHERE id = NEW.id; END IF; RETURN NULL;
END$$;
CREATE TRIGGER a_raised AFTER INSERT OR UPDATE ON customers FOR EACH ROW EXECUTE FUNCTION raised();
"""


def test_one_statement_writes_both_tables(session: Session) -> None:
    run(session, SCHEMA)
    start(session, loaded(MOVE))
    new, old = "INSERT INTO customers VALUES ({}, 'n')", "INSERT INTO customers VALUES ({}, 'o', 'DE', 7)"
    as_new(
        session,
        f"WITH c AS ({new.format(401)}) INSERT INTO accounts VALUES (401, 'b', 'AT', 2)",
    )
    assert held(session, 401) == both("AT", "2.00"), "the account comes first"
    as_new(
        session,
        f"WITH c AS ({new.format(402)} RETURNING id) INSERT INTO accounts SELECT id, 'b', 'AT', 2 FROM c",
    )
    assert held(session, 402) == both("AT", "2.00")
    run(session, f"WITH c AS ({old.format(403)}) INSERT INTO accounts VALUES (403, 'b')")
    assert held(session, 403) == both("DE", "7.00"), "the account comes first, with nothing to say"
    run(session, f"WITH c AS ({old.format(404)} RETURNING id) INSERT INTO accounts SELECT id, 'b' FROM c")
    assert held(session, 404) == both("DE", "7.00")
    as_new(
        session,
        "WITH c AS (UPDATE customers SET id = 405 WHERE id = 7) UPDATE accounts SET iban = 'Z' WHERE customer = 7",
    )
    assert held(session, 405) == both("Z", "7.00"), "the key cascades, with what the account says by now"
    run(session, "DELETE FROM accounts WHERE customer = 10; UPDATE customers SET iban = NULL WHERE id = 10")
    as_new(session, "UPDATE accounts SET customer = customer - 1 WHERE customer IN (11, 12)")
    assert [held(session, key) for key in (10, 11, 12)] == [
        both("DE11", "11.00"),
        both("DE12", "12.00"),
        ((None, "5.00"), None),
    ]


def test_an_insert_says_what_it_names(session: Session) -> None:
    """A default of the new version is nobody's word; NULL in an upsert is."""
    run(session, SCHEMA)
    start(session, loaded(MOVE))
    run(session, "INSERT INTO customers VALUES (401, 'o', 'DE', 99)")
    as_new(session, "INSERT INTO accounts (customer) VALUES (401)")
    assert held(session, 401) == both("DE", "99.00")
    upsert = "ON CONFLICT (customer) DO UPDATE SET iban = excluded.iban, cap = excluded.cap"
    as_new(session, f"INSERT INTO accounts (customer, iban, cap) VALUES (401, NULL, 9) {upsert}")
    assert held(session, 401) == both(None, "9.00")


def test_a_trigger_that_writes_its_row_once_more_is_not_undone(session: Session) -> None:
    run(session, CUSTOMERS)
    start(session, loaded(MADE, MOVE))
    run(session, AT_LEAST_50)
    run(session, "UPDATE customers SET cap = 8 WHERE id = 7; INSERT INTO customers VALUES (0, 'x', 'DE', 9)")
    assert held(session, 7) == both("DE7", "50.00")
    assert held(session, 0) == both("DE", "50.00")


def test_rows_that_go_with_a_third_table(session: Session) -> None:
    run(session, SCHEMA + BANKS)
    start(session, loaded(MOVE))
    as_new(session, "DELETE FROM banks WHERE id = 'c'")
    assert held(session, 7) == ((None, "5.00"), None)
    lifecycle.complete(session, "01_x")
    run(session, "DELETE FROM banks WHERE id = 'd'")
    kept = "SELECT id FROM customers WHERE _strangler_old_iban IS NOT NULL OR _strangler_old_cap <> 5 ORDER BY id"
    assert [row[0] for row in run(session, kept)][:7] == [1, 2, 3, 4, 5, 6, 9]
    run(session, "TRUNCATE accounts")
    assert run(session, kept) == []
    lifecycle.rollback(session, "01_x")
    assert run(session, "SELECT DISTINCT iban, cap::text FROM customers") == [(None, "5.00")]
    assert run(session, "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal") == []


def test_nobody_writes_through_the_triggers_functions(session: Session) -> None:
    """They run as their owner: whoever could make a trigger of them would write any row of both tables."""
    copy = "\n  - copy_table: {from: customers, to: copied}\n"
    run(session, "DROP ROLE IF EXISTS mallory; CREATE ROLE mallory; GRANT CREATE ON SCHEMA public TO mallory")
    run(session, SCHEMA)
    for operation, kinds in ((MOVE, {"move_out", "move_back"}), (copy, {"copy"})):
        start(session, loaded(operation))
        found = run(
            session,
            "SELECT proname::text FROM pg_proc WHERE pronamespace = 'strangler'::regnamespace AND prosecdef"
            " AND prorettype = 'trigger'::regtype",
        )
        assert {name.partition("_public")[0] for (name,) in found} == kinds
        for (name,) in found:
            attack = (
                f"CREATE TRIGGER t AFTER INSERT ON mine FOR EACH ROW EXECUTE FUNCTION strangler.{name}('new')"
            )
            run(session, "SET ROLE mallory; CREATE TABLE IF NOT EXISTS mine (id int)")
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match=f"function strangler.{name}"):
                run(session, attack)
            run(session, "RESET ROLE")
        run(session, "DROP TABLE mine")
        lifecycle.rollback(session, "01_x")
    run(session, "DROP OWNED BY mallory; DROP ROLE mallory")


def test_names_that_hold_anything(session: Session) -> None:
    column, there = "Ü'% " + "c" * 50, 'Größe "%s" ' + "n" * 45
    c, t = ('"' + name.replace('"', '""') + '"' for name in (column, there))
    run(
        session,
        f"""CREATE TABLE "K %s" (a int, "B b" text, {c} numeric(10,2) NOT NULL DEFAULT 5, z text,
          PRIMARY KEY (a, "B b"));
        INSERT INTO "K %s" SELECT i / 3, 'k' || i, i FROM generate_series(1, 150) i;
        CREATE TABLE {t} ("K b" text NOT NULL, ka int NOT NULL, UNIQUE (ka, "K b"),
          FOREIGN KEY (ka, "K b") REFERENCES "K %s" ON DELETE CASCADE);
        INSERT INTO {t} SELECT "B b", a FROM "K %s";""",
    )
    start(
        session,
        loaded(
            f"\n  - move_column: {json.dumps({'table': 'K %s', 'columns': [column, 'z'], 'to': there})}\n"
        ),
    )
    run(session, f"""UPDATE "K %s" SET {c} = 77, z = '%' WHERE "B b" = 'k7'""")
    as_new(session, f"""UPDATE {t} SET {c} = 78 WHERE "K b" = 'k8'""")
    expected = [(77, "%"), (78, None), (9, None)]
    assert (
        run(session, f"""SELECT {c}, z FROM "K %s" WHERE "B b" IN ('k7', 'k8', 'k9') ORDER BY "B b" """)
        == expected
    )
    assert (
        run(session, f"""SELECT {c}, z FROM {NEW}.{t} WHERE "K b" IN ('k7', 'k8', 'k9') ORDER BY "K b" """)
        == expected
    )
    lifecycle.complete(session, "01_x")
    lifecycle.drop(session, "01_x")
