"""`strangler migrate verify LEFT RIGHT`: exit codes, forms of the result, the fact in the ledger."""

from __future__ import annotations

import sqlite3

import psycopg
import pytest

from strangler.ledger.facts import facts
from strangler.testing.postgres import Server

from .conftest import Place, Strangler

pytestmark = pytest.mark.postgres


@pytest.fixture
def url(postgres: Server) -> str:
    url = postgres.create_database()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE a (id int PRIMARY KEY, amount numeric(10,2))")
        connection.execute("INSERT INTO a SELECT i, i * 1.5 FROM generate_series(1, 100) i")
        connection.execute("CREATE TABLE b (LIKE a INCLUDING ALL); INSERT INTO b SELECT * FROM a")
    return url


def parity(place: Place) -> dict[str, str]:
    ledger = place.ledger()
    with ledger.read() as connection:
        found = {fact.subject: fact.phase for fact in facts(connection, "parity")}
    ledger.close()
    return found


def test_equal_and_different(url: str, place: Place, strangler: Strangler) -> None:
    tables = ("--table", "a", "--table", "b", "--wait", "1s")
    ran = strangler("migrate", "verify", url, url, *tables, "--publish", "bills")
    assert ran.code == 0, ran.err
    assert parity(place) == {"bills": "equal"}
    with psycopg.connect(url) as connection:
        connection.execute("UPDATE b SET amount = 0 WHERE id = 7")
    ran = strangler("migrate", "verify", url, url, *tables, "--publish", "bills", "--json")
    assert (ran.code, ran.json["verdict"]) == (1, "different")
    (difference,) = ran.json["evidence"]["differences"]
    assert (difference["key"], difference["columns"][0]["column"]) == ({"id": "7"}, "amount")
    assert parity(place) == {"bills": "different"}
    ledger = place.ledger()
    with ledger.read() as connection:
        (fact,) = facts(connection, "parity")
    ledger.close()
    assert fact.digest == ran.json["digest"]


def test_queries_a_key_and_rules(url: str, place: Place, strangler: Strangler) -> None:
    queries = ("--query", "SELECT id, amount FROM a", "--query", "SELECT id, amount + 0.001 AS amount FROM b")
    ran = strangler("migrate", "verify", url, url, *queries)
    assert (ran.code, "no primary key" in ran.err) == (3, True)
    assert strangler("migrate", "verify", url, url, *queries, "--key", "id").code == 1
    rule = "{decimal: $.amount, scale: 2, reason: rounding, owner: ann, expires: 2030-01-01}"
    (place.folder / "rules.yaml").write_text(f"rules: [{rule}]\n")
    ran = strangler("migrate", "verify", url, url, *queries, "--key", "id", "--rules", "rules.yaml")
    assert ran.code == 0, ran.err


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--table", "nothing"), 2, "there is no table or view `nothing`"),
        (("--table", "a", "--query", "SELECT 1"), 2, "name a table (--table) or a query"),
        ((), 2, "name a table (--table) or a query"),
        (("--table", "a", "--column", "nothing"), 2, "has no column `nothing`"),
    ],
)
def test_what_cannot_be_meant(
    url: str, strangler: Strangler, arguments: tuple[str, ...], code: int, words: str
) -> None:
    ran = strangler("migrate", "verify", url, url, *arguments)
    assert (ran.code, words in ran.err) == (code, True), ran.err


def test_a_file_of_sqlite(url: str, place: Place, strangler: Strangler) -> None:
    with sqlite3.connect(place.folder / "legacy.db") as connection:
        connection.execute("CREATE TABLE a (id INTEGER PRIMARY KEY, amount NUMERIC)")
        connection.executemany("INSERT INTO a VALUES (?, ?)", [(i, i * 1.5) for i in range(1, 101)])
    connection.close()
    assert strangler("migrate", "verify", "sqlite:///legacy.db", url, "--table", "a").code == 0
    assert strangler("migrate", "verify", "oracle://h/d", url, "--table", "a").code == 2
