"""The same for the operations that pgroll has not."""

from __future__ import annotations

import psycopg
import pytest

from strangler.testing.postgres import Server

from .killing import Case, Clean, clean_run, killed_at, survived

pytestmark = pytest.mark.postgres

OURS = Case(
    """
CREATE TABLE customers (id serial PRIMARY KEY, name text NOT NULL);
CREATE TABLE invoices (id int PRIMARY KEY, amount numeric(10,2) CHECK (amount > 0), tax double precision);
CREATE TYPE state AS ENUM ('open', 'paid', 'lost');
ALTER TABLE customers ADD state state NOT NULL DEFAULT 'lost';
CREATE TABLE notes (id int PRIMARY KEY, text text);
INSERT INTO notes SELECT i, 'n' || i FROM generate_series(1, 450) i;
CREATE INDEX by_amount ON invoices (amount);
INSERT INTO customers (name) SELECT 'Ann Lee ' || i FROM generate_series(1, 300) i;
INSERT INTO invoices SELECT i, i, i / 4.0 FROM generate_series(1, 300) i;
""",
    """
operations:
  - change_money: {table: invoices, columns: [amount], currency: EUR}
  - change_money: {table: invoices, columns: [tax], currency_from: currency, rounding: half_even}
  - split_column:
      table: customers
      column: name
      into:
        - {name: first, type: text, up: "split_part(name, ' ', 1)"}
        - {name: last, type: text, up: "substr(name, strpos(name, ' ') + 1)"}
      down: first || ' ' || last
  - create_table: {name: other, columns: [{name: id, type: int, pk: true}]}
  - copy_table: {from: notes, to: kept}
  - verify: {name: none, no_rows: SELECT id FROM other}
  - change_enum: {type: state, add: [{value: late, down: open}], remove: {lost: open}}
""",
    "SELECT i.*, c.* FROM invoices i JOIN customers c USING (id) ORDER BY i.id",
    "SELECT i.*, c.*, k.text FROM invoices i JOIN customers c USING (id) JOIN kept k USING (id) ORDER BY i.id",
)


MOVED = Case(
    """
CREATE TABLE customers (id int PRIMARY KEY, iban text, cap int NOT NULL, note text);
CREATE TABLE accounts (customer int PRIMARY KEY REFERENCES customers ON DELETE CASCADE);
INSERT INTO customers SELECT i, 'DE' || i, i, NULLIF('n' || i % 3, 'n0') FROM generate_series(1, 300) i;
INSERT INTO accounts SELECT id FROM customers;
""",
    """
operations:
  - create_table: {name: notes, columns: [{name: customer, type: int, pk: true, references:
      {name: whose, table: customers, column: id, on_delete: CASCADE}}]}
  - move_column: {table: customers, columns: [note], to: notes}
  - move_column: {table: customers, columns: [iban, cap], to: accounts, without: {cap: "0"}}
""",
    "SELECT * FROM customers ORDER BY id",
    "SELECT c.*, iban, cap, note FROM customers c LEFT JOIN accounts a ON a.customer = id"
    " LEFT JOIN notes n ON n.customer = id ORDER BY id",
)
CASES = {"in one table": OURS, "between tables": MOVED}


@pytest.fixture(scope="module", params=CASES)
def clean(postgres: Server, request: pytest.FixtureRequest) -> tuple[Case, Clean]:
    case = CASES[request.param]
    return case, clean_run(postgres.create_database(), case)


@pytest.mark.parametrize(("statement", "back"), [(83, True)])
def test_a_sample_of_kills(postgres: Server, clean: tuple[Case, Clean], statement: int, back: bool) -> None:
    url, (case, ran) = postgres.create_database(), clean
    killed_at(url, case, statement)
    survived(url, case, ran, back=back)


@pytest.mark.full
@pytest.mark.timeout(3600)
def test_every_kill(postgres: Server, clean: tuple[Case, Clean]) -> None:
    case, ran = clean
    for statement in range(1, ran.statements + 1):
        url = postgres.create_database()
        killed_at(url, case, statement, terminated=statement % 3 == 0)
        survived(url, case, ran, back=statement % 2 == 0)
        with psycopg.connect(postgres.url, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{url.rpartition("/")[2]}" WITH (FORCE)'.encode())
