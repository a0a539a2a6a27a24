"""The grace time: what a rollback would give back is under parity, and is not given back where it is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from strangler.errors import Refused
from strangler_migrations.contract import Proof, prove, refuse_loss
from strangler_migrations.migration import parse
from strangler_migrations.running import lifecycle
from strangler_migrations.running.backfill import Throttle
from strangler_migrations.running.session import Session

pytestmark = pytest.mark.postgres

SCHEMA = """
CREATE TYPE state AS ENUM ('open', 'bogus', 'paid');
CREATE TABLE customers (id int PRIMARY KEY, name text NOT NULL, iban text);
CREATE TABLE bills (id int PRIMARY KEY, customer int NOT NULL UNIQUE REFERENCES customers, amount numeric(9,2) NOT NULL,
  state state NOT NULL, day date NOT NULL, note text);
INSERT INTO customers SELECT i, 'c' || i, 'DE' || i FROM generate_series(1, 40) i;
INSERT INTO bills SELECT i, i, i * 1.1, CASE i % 2 WHEN 0 THEN 'bogus' ELSE 'paid' END::state, '2026-01-31', 'n'
  FROM generate_series(1, 40) i;
"""
CASES = {  # operation, a write of the new version, one that passes by what feeds the old column
    "change_money: {table: bills, columns: [amount], currency: EUR}": (
        "UPDATE bills SET amount = 99 WHERE id = 3",
        "UPDATE bills SET amount = 77 WHERE id = 7",
    ),
    # What `down` gives back is not what was there: no disagreement, where nobody wrote.
    "alter_column: {table: bills, column: amount, type: int, up: amount::int, down: amount}": (
        "UPDATE bills SET amount = 99 WHERE id = 3",
        "UPDATE bills SET amount = 77 WHERE id = 7",
    ),
    (
        "split_column: {table: bills, column: day, down: 'make_date(year, month, day)', into: ["
        "{name: year, type: int, up: 'extract(year FROM day)::int'},"
        " {name: month, type: int, up: 'extract(month FROM day)::int'},"
        " {name: day, type: int, nullable: true, up: 'extract(day FROM day)::int'}]}"
    ): ("UPDATE bills SET month = 3 WHERE id = 3", "UPDATE bills SET month = 5 WHERE id = 7"),
    (
        "merge_columns: {table: bills, columns: [{name: customer, down: \"split_part(who, '-', 1)::int\"},"
        " {name: day, down: \"split_part(who, '-', 2)::date\"}], into: {name: who, type: text,"
        " up: \"concat(customer, '-', to_char(day, 'YYYYMMDD'))\"}}"
    ): (
        "UPDATE bills SET who = '3-20260101' WHERE id = 3",
        "UPDATE bills SET who = '7-20260101' WHERE id = 7",
    ),
    "widen_key: {table: customers}": (
        "INSERT INTO customers VALUES (41, 'new', NULL)",
        "UPDATE bills SET customer = 8 WHERE id = 7",
    ),
    "change_enum: {type: state, remove: {bogus: open}}": (
        "UPDATE bills SET state = 'open' WHERE id = 3",
        "UPDATE bills SET state = 'open' WHERE id = 7",
    ),
    "move_column: {table: customers, columns: [iban], to: bills}": (
        "UPDATE bills SET iban = 'FR3' WHERE id = 3",
        "UPDATE bills SET iban = 'FR7' WHERE id = 7",
    ),
}


def proven(session: Session) -> Proof:
    return prove(session, lifecycle.get(session, "01_x"))


def by_the_new_version(session: Session, sql: str) -> None:
    with session.connection.transaction():
        session.connection.execute("SET LOCAL search_path = public_01_x, public")
        session.connection.execute(sql.encode())


@pytest.mark.parametrize("text", CASES, ids=[text.partition(":")[0] for text in CASES])
def test_what_was_not_fed_is_found_and_not_given_back(session: Session, text: str) -> None:
    written, passed_by = CASES[text]
    session.connection.execute(SCHEMA.encode())
    if text.startswith("widen_key"):
        session.connection.execute("ALTER TABLE bills DROP CONSTRAINT bills_customer_key")
    migration = parse(f"operations:\n  - {text}", Path("01_x.yaml"))
    lifecycle.start(session, migration, Throttle(), lambda *_: None, allow_loss=True)
    before = proven(session)
    assert (before.verdict, before.rows) in {("equal", 40), ("equal", 80)}
    lifecycle.complete(session, "01_x")
    by_the_new_version(session, written)
    after = proven(session)
    assert after.verdict == "equal"
    assert (after.rows or 0) >= 40
    refuse_loss("01_x", after)
    for table in ("bills", "customers"):
        session.connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER".encode())
    session.connection.execute(passed_by.encode())
    found = proven(session)
    assert (found.verdict, found.apart, "7" in found.example) == ("different", 1, True)
    with pytest.raises(Refused, match="01_x would give 1 of "):
        refuse_loss("01_x", found)


def test_what_passed_by_before_the_contract_is_found_by_the_proof_too(session: Session) -> None:
    session.connection.execute(SCHEMA.encode())
    text = "operations: [{move_column: {table: customers, columns: [iban], to: bills}}]"
    lifecycle.start(session, parse(text, Path("01_x.yaml")), Throttle(), lambda *_: None)
    session.connection.execute("ALTER TABLE customers DISABLE TRIGGER USER")
    session.connection.execute("UPDATE customers SET iban = 'FR7' WHERE id = 7")
    found = proven(session)
    assert (found.verdict, found.rows, found.apart) == ("different", 40, 1)
    assert found.example == "bills, which gets columns of customers: id 7"


def test_a_question_of_the_file_belongs_to_the_proof(session: Session) -> None:
    session.connection.execute(SCHEMA.encode())
    text = (
        "operations: [{add_column: {table: bills, column: {name: seen, type: int, nullable: true}}},"
        " {verify: {name: all are small, no_rows: 'SELECT id FROM bills WHERE amount > 44'}}]"
    )
    lifecycle.start(session, parse(text, Path("01_x.yaml")), Throttle(), lambda *_: None)
    assert proven(session).verdict == "equal"
    session.connection.execute("UPDATE bills SET amount = 45 WHERE id = 7")
    assert (proven(session).apart, proven(session).example) == (1, "all are small: (7)")
