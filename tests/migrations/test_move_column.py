"""`move_column`: two tables hold the same columns, whoever writes; then one of them does."""

from __future__ import annotations

import random
import threading
from pathlib import Path
from typing import Any

import psycopg
import pytest

from strangler.errors import Refused, UsageError
from strangler.testing.postgres import Server
from strangler_migrations import brownout, readers
from strangler_migrations.catalog.differences import differences
from strangler_migrations.catalog.read import read
from strangler_migrations.migration import Loaded, parse
from strangler_migrations.running import lifecycle, store
from strangler_migrations.running.backfill import Throttle
from strangler_migrations.running.chunks import Pacer
from strangler_migrations.running.session import Session, connected

pytestmark = pytest.mark.postgres
NEW = "public_01_x"
CUSTOMERS = """
CREATE TABLE customers (id int PRIMARY KEY, name text NOT NULL, iban text COLLATE "C",
  cap numeric(9,2) NOT NULL DEFAULT 5);
COMMENT ON COLUMN customers.iban IS 'ISO 13616';
INSERT INTO customers SELECT i, 'c' || i, 'DE' || i, i FROM generate_series(1, 300) i;
"""
ACCOUNTS = """
CREATE TABLE accounts (customer int PRIMARY KEY REFERENCES customers ON DELETE CASCADE ON UPDATE CASCADE, bank text);
INSERT INTO accounts SELECT id, 'b' FROM customers;
"""
SCHEMA = CUSTOMERS + ACCOUNTS
MADE = """
  - create_table: {name: accounts, columns: [{name: customer, type: int, pk: true, references:
      {name: whose, table: customers, column: id, on_delete: CASCADE}}, {name: bank, type: text, nullable: true}]}
"""
MOVE = """
  - move_column: {table: customers, columns: [iban, cap], to: accounts}
"""
DIRECT = """
ALTER TABLE accounts ADD iban text COLLATE "C", ADD cap numeric(9,2) NOT NULL DEFAULT 5;
COMMENT ON COLUMN accounts.iban IS 'ISO 13616';
ALTER TABLE customers DROP iban, DROP cap;
"""


def loaded(*operations: str) -> Loaded:
    return parse(f"operations:{''.join(operations)}", Path("01_x.yaml"))


def start(session: Session, migration: Loaded) -> None:
    lifecycle.start(session, migration, Throttle(Pacer(rows=100)), lambda *_: None)


def run(session: Session, sql: str) -> list[Any]:
    cursor = session.connection.execute(sql.encode())
    return cursor.fetchall() if cursor.description else []


def as_new(session: Session, sql: str) -> None:
    with session.connection.transaction():
        session.connection.execute(f"SET LOCAL search_path = {NEW}, public".encode())
        session.connection.execute(sql.encode())


def held(session: Session, key: int) -> tuple[Any, Any]:
    """What each version reads of a customer; the new one None where there is no account."""
    old = run(session, f"SELECT iban, cap::text FROM public.customers WHERE id = {key}")
    new = run(session, f"SELECT iban, cap::text FROM {NEW}.accounts WHERE customer = {key}")
    return (old[0] if old else None), (new[0] if new else None)


def both(*values: str | None) -> tuple[Any, Any]:
    return values, values


def test_both_versions_write(session: Session) -> None:
    run(session, SCHEMA)
    start(session, loaded(MOVE))
    assert held(session, 7) == both("DE7", "7.00")
    assert _names(session) == ["id", "name"]
    run(session, "UPDATE customers SET iban = 'FR7', cap = 8 WHERE id = 7")
    assert held(session, 7) == both("FR7", "8.00")
    as_new(session, "UPDATE accounts SET iban = NULL, cap = 9 WHERE customer = 7")
    assert held(session, 7) == both(None, "9.00")
    run(session, f"UPDATE {NEW}.accounts SET cap = 10 WHERE customer = 7")
    assert held(session, 7) == both(None, "10.00")
    run(session, "UPDATE customers SET id = 1007 WHERE id = 7")
    assert held(session, 1007) == both(None, "10.00")
    run(session, "SET session_replication_role = replica; UPDATE customers SET iban = 'r' WHERE id = 8")
    run(session, "RESET session_replication_role")
    assert held(session, 8) == both("r", "8.00")


def test_who_writes_the_new_form_is_no_user_of_the_old_one(session: Session, database: str) -> None:
    run(session, SCHEMA)
    start(session, loaded(MOVE))
    record = lifecycle.get(session, "01_x")
    with psycopg.connect(database, autocommit=True, application_name="app") as client:

        def ways() -> set[str]:
            return {each.way for each in readers.standing(session.connection, record).seen}

        brownout.begin(session, record, 600, "to see")
        client.execute(f"SET search_path = {NEW}, public".encode())
        client.execute("UPDATE accounts SET iban = 'FR7', cap = 8 WHERE customer = 7")
        client.execute("DELETE FROM accounts WHERE customer = 8")
        client.execute("INSERT INTO accounts VALUES (8, 'b', 'FR8', 3)")
        client.execute("UPDATE customers SET name = 'n', id = 1009 WHERE id = 9")
        assert [held(session, key) for key in (7, 8)] == [both("FR7", "8.00"), both("FR8", "3.00")]
        assert ways() == set()
        client.execute("SET search_path = public")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            client.execute("UPDATE customers SET iban = 'old' WHERE id = 7")
        brownout.lift(session, record)
        client.execute("UPDATE customers SET iban = 'old' WHERE id = 7")
        assert ways() >= {"writes"}


def _names(session: Session) -> list[str]:
    found = session.connection.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_schema = %s AND table_name = 'customers'",
        (NEW,),
    )
    return [row[0] for row in found.fetchall()]


def test_rows_come_and_go(session: Session) -> None:
    run(session, SCHEMA)
    start(session, loaded(MOVE))
    run(
        session,
        "INSERT INTO customers VALUES (401, 'old', 'DE401', 1); INSERT INTO accounts VALUES (401, 'b')",
    )
    assert held(session, 401) == both("DE401", "1.00")
    as_new(
        session,
        "INSERT INTO customers VALUES (402, 'new'); INSERT INTO accounts VALUES (402, 'b', 'AT402', 2)",
    )
    assert held(session, 402) == both("AT402", "2.00")
    as_new(session, "DELETE FROM accounts WHERE customer = 402")
    assert held(session, 402) == ((None, "5.00"), None)
    run(session, "DELETE FROM accounts WHERE customer = 401")
    assert held(session, 401) == (("DE401", "1.00"), None)
    with pytest.raises(Refused, match="1 rows hold values and have no row there, such as id 401"):
        lifecycle.complete(session, "01_x")
    run(
        session,
        "INSERT INTO accounts VALUES (401, 'b'); UPDATE accounts SET customer = 402 WHERE customer = 401",
    )
    assert held(session, 402) == both(None, "5.00"), "the old version's row takes what its new customer has"
    as_new(session, "UPDATE accounts SET customer = 401 WHERE customer = 402")
    assert held(session, 401) == both(None, "5.00"), "the new version's row takes its values along"
    run(session, "DELETE FROM customers WHERE id < 400")
    lifecycle.complete(session, "01_x")


@pytest.mark.parametrize("made", [pytest.param(False, marks=pytest.mark.full), True])
def test_a_whole_life(session: Session, postgres: Server, made: bool) -> None:
    migration = loaded(MADE, MOVE) if made else loaded(MOVE)
    run(session, CUSTOMERS if made else SCHEMA)
    before, rows = read(session.connection, "public"), run(session, "SELECT * FROM customers ORDER BY id")
    start(session, migration)
    lifecycle.rollback(session, "01_x")
    start(session, migration)
    lifecycle.complete(session, "01_x")
    run(session, "UPDATE accounts SET iban = 'X' WHERE customer = 1; DELETE FROM accounts WHERE customer = 2")
    run(session, "INSERT INTO customers VALUES (999, 'later')")
    run(session, "INSERT INTO accounts (customer, iban, cap) VALUES (999, 'Y', 1)")
    lifecycle.rollback(session, "01_x")
    assert differences(before, read(session.connection, "public")) == []
    found = {row[0]: tuple(map(str, row[1:])) for row in run(session, "SELECT * FROM customers")}
    assert found.pop(999) == ("later", "Y", "1.00")
    assert found.pop(1) == ("c1", "X", "1.00")
    assert found.pop(2) == ("c2", "None", "5.00")
    assert found == {row[0]: tuple(map(str, row[1:])) for row in rows[2:]}
    run(session, "INSERT INTO accounts VALUES (2) ON CONFLICT DO NOTHING" if not made else "SELECT 1")
    start(session, migration)
    lifecycle.complete(session, "01_x")
    lifecycle.drop(session, "01_x")
    ended = read(session.connection, "public")
    assert run(session, "SELECT iban, cap FROM accounts WHERE customer = 999 AND cap = 1") != []
    with connected(postgres.create_database()) as connection:
        table = ACCOUNTS.replace(" REFERENCES", " CONSTRAINT whose REFERENCES").replace(
            " ON UPDATE CASCADE", ""
        )
        connection.execute(f"{CUSTOMERS}{table if made else ACCOUNTS}{DIRECT}".encode())
        assert differences(read(connection, "public"), ended) == []


def test_a_table_that_is_made_has_the_rows_that_say_something(session: Session) -> None:
    run(session, CUSTOMERS + "UPDATE customers SET iban = NULL, cap = 5 WHERE id <= 3")
    start(session, loaded(MADE, MOVE))
    assert run(session, f"SELECT count(*) FROM {NEW}.accounts") == [(297,)]
    run(session, "UPDATE customers SET iban = 'late' WHERE id = 1; DELETE FROM customers WHERE id = 5")
    assert held(session, 1) == both("late", "5.00")
    assert held(session, 5) == (None, None)
    as_new(session, "INSERT INTO accounts VALUES (2, 'b', 'new', 6)")
    assert held(session, 2) == both("new", "6.00")
    as_new(session, "DELETE FROM accounts WHERE customer = 2")
    assert held(session, 2) == ((None, "5.00"), None)
    run(session, "INSERT INTO customers VALUES (500, 'x', 'DE500')")
    assert held(session, 500) == both("DE500", "5.00")
    lifecycle.complete(session, "01_x")


def test_what_an_insert_leaves_out(session: Session) -> None:
    run(session, SCHEMA + "ALTER TABLE customers ALTER cap DROP DEFAULT")
    with pytest.raises(UsageError, match=r"customers\.cap` is NOT NULL and has no steady default"):
        start(session, loaded(MOVE))
    start(session, loaded(MOVE.replace("to:", 'without: {cap: "0"}, to:')))
    as_new(session, "INSERT INTO customers VALUES (402, 'new')")
    assert held(session, 402) == ((None, "0.00"), None)
    as_new(session, "INSERT INTO accounts VALUES (402, 'b', 'AT402', 2)")
    assert held(session, 402) == both("AT402", "2.00")
    lifecycle.complete(session, "01_x")
    run(session, "INSERT INTO customers VALUES (403, 'newer')")
    lifecycle.rollback(session, "01_x")
    assert run(session, "SELECT cap::text FROM customers WHERE id IN (402, 403) ORDER BY id") == [
        ("2.00",),
        ("0.00",),
    ]


def test_who_may_write_one_table_need_not_write_the_other(session: Session) -> None:
    run(
        session,
        CUSTOMERS
        + ACCOUNTS
        + "DROP ROLE IF EXISTS mover; CREATE ROLE mover; GRANT ALL ON customers TO mover",
    )
    start(session, loaded(MOVE))
    run(session, "SET ROLE mover; UPDATE customers SET cap = 3 WHERE id = 7; RESET ROLE")
    assert held(session, 7) == both("DE7", "3.00")
    run(session, "DROP OWNED BY mover; DROP ROLE mover")


def test_clients_of_both_versions_while_it_is_filled(session: Session, database: str) -> None:
    """Old ones write customers, new ones accounts, each of their own; nothing fails, and nothing is lost."""
    run(session, CUSTOMERS.replace("300", "3000") + ACCOUNTS)
    stopped, failures, written = threading.Event(), list[str](), dict[int, str]()

    def client(seed: int, sql: str) -> None:
        chance, count = random.Random(seed), 0
        with psycopg.connect(database, autocommit=True) as connection:
            while not stopped.is_set():
                key, count = 1 + seed + 4 * chance.randrange(700), count + 1
                try:
                    connection.execute(sql.encode(), (f"{seed}-{count}", key))
                except psycopg.Error as error:
                    failures.append(str(error))
                    return
                written[key] = f"{seed}-{count}"

    old = "UPDATE customers SET iban = %s WHERE id = %s"
    new = f"UPDATE {NEW}.accounts SET iban = %s WHERE customer = %s"
    clients = [threading.Thread(target=client, args=(seed, old)) for seed in (0, 1)]
    for each in clients:
        each.start()
    try:
        start(session, loaded(MOVE))
        clients += [threading.Thread(target=client, args=(seed, new)) for seed in (2, 3)]
        for each in clients[2:]:
            each.start()
        stopped.wait(0.5)
    finally:
        stopped.set()
        for each in clients:
            each.join()
    assert failures == []
    lifecycle.complete(session, "01_x")
    found = dict(run(session, "SELECT customer, iban FROM accounts"))
    assert {key: found[key] for key in written} == written


@pytest.mark.parametrize(
    ("setup", "text", "words"),
    [
        ("", MOVE.replace("to: accounts", "to: banks"), "no table `banks`"),
        ("", MOVE.replace("to: accounts", "to: customers"), "`customers` has no foreign keys that point at"),
        ("", MOVE.replace("iban, cap", "iban, bank"), "`customers` has no column `bank`"),
        ("", MOVE.replace("iban, cap", "id"), "part of the primary key"),
        ("ALTER TABLE accounts ADD iban text", MOVE, "`accounts` has a column `iban` already"),
        ("ALTER TABLE accounts DROP CONSTRAINT accounts_pkey", MOVE, "is not unique"),
        ("ALTER TABLE accounts DROP CONSTRAINT accounts_customer_fkey", MOVE, "no foreign keys that point at"),
        ("ALTER TABLE accounts ADD FOREIGN KEY (customer) REFERENCES customers", MOVE, "2 foreign keys"),
        ("ALTER TABLE accounts ALTER CONSTRAINT accounts_customer_fkey DEFERRABLE", MOVE, "not every row at once"),
        ("ALTER TABLE accounts ENABLE ROW LEVEL SECURITY", MOVE, "`accounts` has row security"),
        ("", MOVE.replace("to:", "without: {iban: \"''\"}, to:"), "`without` says `iban`, which has a value as it is"),
        ("", MOVE.replace("to:", "without: {x: \"''\"}, to:"), "`without` says `x`, which is not moved"),
        ("ALTER TABLE customers ALTER iban SET DEFAULT gen_random_uuid()", MOVE, "a default that is not always"),
        ("ALTER TABLE customers ALTER iban SET DEFAULT now()::text", MOVE, "a default that is not always the same"),
        ("CREATE TABLE vip () INHERITS (customers)", MOVE, "it inherits, or others inherit from it"),
        ("CREATE TABLE vip () INHERITS (accounts)", MOVE, "`accounts` inherits or is inherited from"),
        (
            "DROP TABLE accounts",
            MADE.replace(", nullable: true", "") + MOVE,
            "`accounts.bank` is NOT NULL and has no default",
        ),
        (
            "DROP TABLE accounts",
            MADE.replace("nullable: true", "unique: true, default: \"'x'\"") + MOVE,
            "accounts_bank_key of `accounts` would let only one row come by itself",
        ),
        ("", MOVE + "  - rename_table: {from: accounts, to: banks}\n", "another operation of this file says"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(untouched: Session, setup: str, text: str, words: str) -> None:
    with untouched.connection.transaction(force_rollback=True):
        run(untouched, setup or "SELECT")
        with pytest.raises(UsageError, match=words):
            lifecycle.planned(untouched, loaded(text))


def test_who_may_no_longer_change_a_key_is_told(untouched: Session) -> None:
    with untouched.connection.transaction(force_rollback=True):
        run(untouched, "DROP TABLE accounts")
        said = lifecycle.planned(untouched, loaded(MADE, MOVE)).warnings
        assert any("`on_update: CASCADE` in whose lets them" in each for each in said)
        cascades = MADE.replace("on_delete:", "on_update: CASCADE, on_delete:")
        assert not any(
            "whose" in each for each in lifecycle.planned(untouched, loaded(cascades, MOVE)).warnings
        )


def test_rows_that_have_nowhere_to_go_stop_it_before_it_starts(session: Session) -> None:
    run(session, SCHEMA + "DELETE FROM accounts WHERE customer > 298")
    with pytest.raises(Refused, match="2 rows hold values and have no row there, such as id 299"):
        start(session, loaded(MOVE))
    assert not store.exists(session.connection)
