"""Each operation that the examples have not, or not in this form: taken back whole, and ended as direct SQL."""

from __future__ import annotations

from pathlib import Path

import pytest

from strangler.testing.postgres import Server
from strangler_migrations.catalog.differences import differences
from strangler_migrations.catalog.read import read
from strangler_migrations.contract import prove
from strangler_migrations.migration import parse
from strangler_migrations.running import lifecycle
from strangler_migrations.running.backfill import Throttle
from strangler_migrations.running.session import Session, connected

pytestmark = pytest.mark.postgres

SCHEMA = """
CREATE TABLE customers (country char(2), number int, PRIMARY KEY (country, number));
CREATE TABLE bills (id int PRIMARY KEY, country char(2), customer int, day date NOT NULL DEFAULT now(), "Net" numeric,
  gross numeric NOT NULL, CONSTRAINT more CHECK (gross >= "Net"), CONSTRAINT once UNIQUE (country, customer, day));
CREATE INDEX by_net ON bills ("Net" DESC NULLS LAST) WHERE gross IS NOT NULL;
CREATE INDEX by_sum ON bills ((gross + "Net"), id) INCLUDE (day);
CREATE TABLE loose (id int NOT NULL, v text);
INSERT INTO customers VALUES ('DE', 1);
INSERT INTO bills VALUES (1, 'DE', 1, '2026-01-01', 1.5, 2), (2, 'DE', 1, '2026-01-02', NULL, 3);
INSERT INTO loose VALUES (1, 'a');
COMMENT ON COLUMN bills.gross IS 'with tax';
"""
CASES = {  # operation, the same as SQL
    "a foreign key over several columns": (
        (
            "create_constraint: {name: whose, table: bills, type: foreign_key, columns: [country, customer],"
            " references: {table: customers, columns: [country, number], on_delete: CASCADE, match_type: FULL}}"
        ),
        (
            "ALTER TABLE bills ADD CONSTRAINT whose FOREIGN KEY (country, customer) REFERENCES customers MATCH FULL"
            " ON DELETE CASCADE"
        ),
    ),
    "a check over several columns": (
        (
            'create_constraint: {name: tax, table: bills, type: check, columns: ["Net", gross],'
            ' check: \'bills.gross <= 2 * COALESCE("Net", gross)\', up: {"Net": \'COALESCE("Net", gross)\'}}'
        ),
        'ALTER TABLE bills ADD CONSTRAINT tax CHECK (gross <= 2 * COALESCE("Net", gross))',
    ),
    "a unique constraint over several columns": (
        "create_constraint: {name: pair, table: bills, type: unique, columns: [customer, gross], deferrable: true}",
        "ALTER TABLE bills ADD CONSTRAINT pair UNIQUE (customer, gross) DEFERRABLE",
    ),
    "a primary key": (
        "create_constraint: {name: loose_pkey, table: loose, type: primary_key, columns: [id]}",
        "ALTER TABLE loose ADD PRIMARY KEY (id)",
    ),
    "a constraint over several columns less": (
        "drop_multicolumn_constraint: {table: bills, name: once, up: {day: day}, down: {customer: customer}}",
        "ALTER TABLE bills DROP CONSTRAINT once",
    ),
    "a column with all that hangs on it": (
        (
            "alter_column: {table: bills, column: gross, type: bigint, up: (gross * 100)::bigint, down: gross / 100.0,"
            " default: '0', comment: cents}"
        ),
        (
            "ALTER TABLE bills DROP CONSTRAINT more; DROP INDEX by_net; DROP INDEX by_sum;"
            " ALTER TABLE bills ALTER gross TYPE bigint; ALTER TABLE bills ALTER gross SET DEFAULT 0;"
            ' ALTER TABLE bills ADD CONSTRAINT more CHECK (gross >= "Net");'
            ' CREATE INDEX by_net ON bills ("Net" DESC NULLS LAST) WHERE gross IS NOT NULL;'
            ' CREATE INDEX by_sum ON bills ((gross + "Net"), id) INCLUDE (day);'
            " COMMENT ON COLUMN bills.gross IS 'cents'"
        ),
    ),
    "amounts in minor units": (
        "change_money: {table: bills, columns: [Net, gross], currency: EUR}",
        (
            "ALTER TABLE bills DROP CONSTRAINT more; DROP INDEX by_net; DROP INDEX by_sum;"
            ' ALTER TABLE bills ALTER gross TYPE bigint, ALTER "Net" TYPE bigint,'
            " ADD currency char(3) NOT NULL DEFAULT 'EUR',"
            ' ADD CONSTRAINT more CHECK (gross * 0.01 >= "Net" * 0.01);'
            ' CREATE INDEX by_net ON bills ("Net" DESC NULLS LAST) WHERE gross * 0.01 IS NOT NULL;'
            ' CREATE INDEX by_sum ON bills ((gross * 0.01 + "Net" * 0.01), id) INCLUDE (day)'
        ),
    ),
    "one column in place of three": (
        (
            "merge_columns: {table: bills, columns: [{name: country, down: \"split_part(who, '-', 1)\"},"
            " {name: customer, down: \"split_part(who, '-', 2)::int\"},"
            " {name: day, down: \"split_part(who, '-', 3)::date\"}], into: {name: who, type: text, default: \"'?'\","
            " comment: whose, up: \"concat(country, '-', customer, '-', to_char(day, 'YYYYMMDD'))\"}}"
        ),
        (
            "ALTER TABLE bills DROP country, DROP customer, DROP day, ADD who text NOT NULL DEFAULT '?';"
            " COMMENT ON COLUMN bills.who IS 'whose'"
        ),
    ),
    "three columns in place of one, which keeps its name": (
        (
            "split_column: {table: bills, column: day, down: 'make_date(year, month, day)', into: ["
            "{name: year, type: int, up: 'extract(year FROM day)::int'},"
            " {name: month, type: int, up: 'extract(month FROM day)::int'},"
            " {name: day, type: int, nullable: true, up: 'extract(day FROM day)::int'}]}"
        ),
        (
            "ALTER TABLE bills DROP day, ADD year int NOT NULL DEFAULT 1, ADD month int NOT NULL DEFAULT 1;"
            " ALTER TABLE bills ALTER year DROP DEFAULT, ALTER month DROP DEFAULT, ADD day int"
        ),
    ),
    "a name in need of quotes": (
        'rename_column: {table: bills, from: Net, to: "net, of tax"}',
        'ALTER TABLE bills RENAME "Net" TO "net, of tax"',
    ),
    "a default and a comment alone": (
        "alter_column: {table: bills, column: country, default: \"'DE'\", comment: 'ISO 3166'}",
        "ALTER TABLE bills ALTER country SET DEFAULT 'DE'; COMMENT ON COLUMN bills.country IS 'ISO 3166'",
    ),
    "a default that varies": (
        "add_column: {table: bills, column: {name: token, type: uuid, default: gen_random_uuid(), unique: true}}",
        "ALTER TABLE bills ADD token uuid NOT NULL DEFAULT gen_random_uuid() UNIQUE",
    ),
    "a column that refers": (
        (
            "create_table: {name: notes, columns: [{name: id, type: bigint, pk: true, generated: {identity: {}}},"
            " {name: bill, type: int, references: {name: of_bill, table: bills, column: id, on_delete: CASCADE}}],"
            " constraints: [{name: small, type: check, check: bill < 100}]}"
        ),
        (
            "CREATE TABLE notes (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, bill int NOT NULL"
            " CONSTRAINT of_bill REFERENCES bills ON DELETE CASCADE, CONSTRAINT small CHECK (bill < 100))"
        ),
    ),
    "an index with everything": (
        (
            "create_index: {name: odd, table: bills, unique: true, predicate: gross > 1, columns:"
            " [{column: country, collate: C, opclass: {name: bpchar_pattern_ops}},"
            " {column: id, sort: DESC, nulls: LAST}]}"
        ),
        'CREATE UNIQUE INDEX odd ON bills (country COLLATE "C" bpchar_pattern_ops, id DESC NULLS LAST) WHERE gross > 1',
    ),
}


IN_THE_SUITE = ("a check over several columns", "a column with all that hangs on it", "a default that varies")


@pytest.mark.parametrize(
    "case", [pytest.param(case, marks=() if case in IN_THE_SUITE else pytest.mark.full) for case in CASES]
)
def test_it_can_be_taken_back_and_ends_as_direct_sql_does(postgres: Server, case: str) -> None:
    text, direct = CASES[case]
    migration = parse(f"operations:\n  - {text}", Path("01_x.yaml"))
    with connected(postgres.create_database()) as connection:
        session = Session(connection, "public", "ann")
        connection.execute(SCHEMA.encode())
        before = read(connection, "public")
        for completed in (False, True):
            record = lifecycle.start(session, migration, Throttle(), lambda *_: None)
            assert prove(session, record).verdict == "equal"
            if completed:
                assert prove(session, lifecycle.complete(session, "01_x")).verdict == "equal"
            lifecycle.rollback(session, "01_x")
            assert differences(before, read(connection, "public")) == []
        lifecycle.start(session, migration, Throttle(), lambda *_: None)
        lifecycle.complete(session, "01_x")
        lifecycle.drop(session, "01_x")
        ended = read(connection, "public")
    with connected(postgres.create_database()) as connection:
        connection.execute(f"{SCHEMA}{direct}".encode())
        wanted = read(connection, "public")
    assert differences(wanted, ended) == []
