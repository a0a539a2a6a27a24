"""`verify` in a file: a query that must give no rows, or the same in both versions, before the migration goes on."""

from __future__ import annotations

from pathlib import Path

import pytest

from strangler.errors import ConfigError, Refused, UsageError
from strangler_migrations.migration import Loaded, parse
from strangler_migrations.running import checking, lifecycle, store
from strangler_migrations.running.backfill import Throttle
from strangler_migrations.running.session import Session

pytestmark = pytest.mark.postgres
TEXT = """
  - alter_column: {table: bills, column: amount, type: bigint, up: (amount * 100)::bigint, down: amount / 100.0}
  - verify: {name: no debts, no_rows: SELECT id FROM bills WHERE amount < 0}
  - verify:
      name: totals
      old: SELECT country, sum(amount) FROM bills GROUP BY country
      new: SELECT country, sum(amount) / 100.0 FROM bills GROUP BY country
"""


def loaded(text: str = TEXT, name: str = "01_x") -> Loaded:
    return parse(f"operations: {text}", Path(f"{name}.yaml"))


def start(session: Session, migration: Loaded) -> None:
    lifecycle.start(session, migration, Throttle(), lambda *_: None)


@pytest.fixture
def bills(session: Session) -> Session:
    session.connection.execute("CREATE TABLE bills (id int PRIMARY KEY, amount numeric(9,2), country text)")
    session.connection.execute("INSERT INTO bills VALUES (1, 1.5, 'DE'), (2, 2.25, 'DE'), (3, 9, NULL)")
    return session


def test_it_holds_up_verify_and_complete(bills: Session, said: list[str]) -> None:
    run = bills.connection.execute
    run("UPDATE bills SET amount = -2 WHERE id = 3")
    with pytest.raises(Refused, match=r"no debts: 1 rows that must not be there, such as \(3\)") as caught:
        start(bills, loaded())
    assert (caught.value.where or "").startswith("01_x.yaml:3")
    assert store.migrations(bills.connection)[0].state == "verifying"
    run("UPDATE bills SET amount = 2 WHERE id = 3")
    start(bills, loaded())
    answers = [each.answer for each in checking.recorded(bills.connection, "01_x")]
    assert [answer.findings for answer in answers if answer] == [(), ()]
    run("UPDATE public_01_x.bills SET amount = -1 WHERE id = 1")
    with pytest.raises(Refused, match="01_x does not go on"):
        lifecycle.complete(bills, "01_x")
    assert store.migrations(bills.connection)[0].state == "verified"
    run("UPDATE bills SET amount = 1 WHERE id = 1")
    lifecycle.complete(bills, "01_x")
    lifecycle.drop(bills, "01_x")
    assert said[0] == "no debts: 1 rows that must not be there, such as (3)"
    # The version before is a schema of views now: its queries are read there.
    again = "alter_column: {table: bills, column: amount, nullable: false, up: amount}"
    query = "'SELECT id, country, amount FROM bills'"
    start(bills, loaded(f"[{{{again}}}, {{verify: {{name: same, old: {query}, new: {query}}}}}]", "02_x"))


def test_both_versions_must_give_the_same_rows(bills: Session) -> None:
    with pytest.raises(Refused, match=r"2 rows that only the new version has, such as \(DE,37\.5") as caught:
        start(
            bills,
            loaded(TEXT.replace("sum(amount) / 100.0", "sum(amount) / 10.0")),
        )
    assert "2 rows that only the old version has" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (TEXT.replace("SELECT id FROM", "SELECT ident FROM"), '`no debts`: .* column "ident" does not exist'),
        (TEXT.replace("old: SELECT country, sum(amount) FROM bills", "old: SELECT country, sum(amount) FROM bill"),
         'in the old version: relation "bill" does not exist'),
        (TEXT.replace("no_rows: SELECT id FROM bills WHERE amount < 0", "no_rows: DELETE FROM bills"), "syntax error"),
    ],
)  # fmt: skip
def test_what_is_no_query_is_refused_before_anything_changes(bills: Session, text: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        start(bills, loaded(text))
    assert not store.exists(bills.connection)


@pytest.mark.parametrize(
    "rest", ["", "old: SELECT 1", "old: SELECT 1, no_rows: SELECT 1", "new: S, old: S, no_rows: S"]
)
def test_it_says_one_thing(rest: str) -> None:
    with pytest.raises(ConfigError, match="say `no_rows`, or both"):
        loaded(f"[{{verify: {{name: x, {rest}}}}}]")
