"""A file of SQLite beside PostgreSQL: rows copied to where they are compared."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from time import monotonic, time_ns
from typing import Any

import pytest

from strangler.errors import UsageError
from strangler.redaction import Redactor
from strangler_migrations.parity import Around, Evidence, Insufficient, Options, Relation, sides, verify

pytestmark = pytest.mark.postgres

HERE = (
    "CREATE TABLE t (id INTEGER PRIMARY KEY, amount NUMERIC(10,2), name TEXT, paid BOOLEAN, at DATETIME, raw BLOB,"
    " rate REAL, note INTEGER)"
)
THERE = (
    "CREATE TABLE t (id bigint PRIMARY KEY, amount numeric(12,2), name text, paid boolean, at timestamptz, raw bytea,"
    " rate float8, note int)"
)
ROWS: list[tuple[Any, ...]] = [
    (1, 10.5, "é", 1, "2026-01-31 12:00:00", b"\x00\xff", 0.1, 7),
    (2, 19.99, "b'\\t", 0, "2026-02-28T23:59:59.123456", b"", 1e-7, -1),
    (3, None, None, None, None, None, None, None),
    (4, 0, "", 1, "2026-03-01 00:00:00+02:00", b"x", 1e20, 0),
]
INSERT = "INSERT INTO t VALUES (?, ?, ?, ?, ?, ?, ?, ?)"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "legacy.db"
    with sqlite3.connect(path) as connection:
        connection.execute(HERE)
        connection.executemany(INSERT, ROWS)
    connection.close()
    return path


def put(file: Path, sql: str) -> None:
    with sqlite3.connect(file) as connection:
        connection.execute(sql)
    connection.close()


def compared(
    file: Path,
    url: str,
    here: Relation | None = None,
    *,
    swapped: bool = False,
    meanwhile: Callable[[], None] = lambda: None,
    **options: Any,
) -> Evidence:
    urls, relations = (f"sqlite:///{file}", url), (here or Relation(table="t"), Relation(table="t"))
    if swapped:
        urls, relations = (urls[1], urls[0]), (relations[1], relations[0])
    around = Around(time_ns, monotonic, lambda _: meanwhile())
    return verify(*sides(urls, relations), Options(**options), Redactor(b"k" * 16), around)


@pytest.fixture
def there(bench: Any) -> str:
    rows = (
        "INSERT INTO t VALUES (1, 10.50, 'é', true, '2026-01-31 12:00+00', '\\x00ff', 0.1, 7),"
        " (2, 19.99, E'b''\\\\t', false, '2026-02-28 23:59:59.123456+00', '', 1e-7, -1),"
        " (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL),"
        " (4, 0, '', true, '2026-02-28 22:00+00', 'x', 1e20, 0)"
    )
    bench.run(THERE, rows, on="left")
    return str(bench.left)


@pytest.mark.parametrize("swapped", [False, True])
def test_every_kind_of_value_is_equal(file: Path, there: str, swapped: bool) -> None:
    found = compared(file, there, swapped=swapped)
    assert (found.verdict, found.counts.different) == ("equal", 0)
    source = found.right if swapped else found.left
    assert (source.rows, source.server, source.relation) == (4, str(file), "t")
    assert source.version.startswith("SQLite 3.")
    assert found.one_snapshot is False


def test_each_column_is_looked_at(file: Path, there: str) -> None:
    changes = {
        "amount": "19.98",
        "name": "'c'",
        "paid": "1",
        "at": "'2026-02-28 23:59:59.123457'",
        "raw": "x'01'",
        "rate": "1.1e-7",
        "note": "NULL",
    }
    for column, value in changes.items():
        put(file, f"UPDATE t SET {column} = {value} WHERE id = 2")
        (found,) = compared(file, there).differences
        assert [each.column for each in found.columns] == [column]
        put(file, "DELETE FROM t WHERE id = 2")
        with sqlite3.connect(file) as connection:
            connection.execute(INSERT, ROWS[1])
        connection.close()


def test_rows_that_one_side_lacks_and_what_is_as_it_should_by_then(file: Path, there: str) -> None:
    put(file, "DELETE FROM t WHERE id = 3")
    put(file, "INSERT INTO t (id, name) VALUES (9, 'late')")
    found = compared(file, there)
    assert {(each.kind, each.key["id"]) for each in found.differences} == {
        ("surplus", "9"),
        ("missing", "3"),
    } or {(each.kind, each.key["id"]) for each in found.differences} == {("missing", "9"), ("surplus", "3")}
    found = compared(file, there, meanwhile=lambda: put(file, "DELETE FROM t WHERE id = 9"))
    assert (found.counts.different, found.counts.moved) == (1, 1)


def test_a_number_is_no_text(file: Path, bench: Any) -> None:
    bench.run("CREATE TABLE t (id bigint PRIMARY KEY, note text)", "INSERT INTO t VALUES (1, '7')", on="left")
    put(file, "DELETE FROM t WHERE id > 1")
    found = compared(file, bench.left, columns=("note",))
    assert found.counts.changed == 1


def test_a_query_needs_a_key_and_takes_one(file: Path, there: str) -> None:
    query = Relation(query="SELECT id, amount FROM t WHERE id < 9")
    with pytest.raises(UsageError, match="has no column"):
        compared(file, there, Relation(query="SELECT id AS nr, amount FROM t"), key=("nr",))
    assert compared(file, there, query, key=("id",), columns=("amount",)).verdict == "equal"


def test_many_rows_over_several_ranges(file: Path, bench: Any) -> None:
    bench.run(
        "CREATE TABLE t (id bigint PRIMARY KEY, name text)",
        "INSERT INTO t SELECT i, 'n' || i FROM generate_series(1, 20000) i",
        on="left",
    )
    put(file, "DELETE FROM t")
    put(file, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)"
        " INSERT INTO t (id, name) SELECT i, 'n' || i FROM n")  # fmt: skip
    assert compared(file, bench.left, columns=("name",)).verdict == "equal"
    put(file, "UPDATE t SET name = 'x' WHERE id = 12345")
    (found,) = compared(file, bench.left, columns=("name",)).differences
    assert found.key == {"id": "12345"}


def test_what_proves_nothing_is_refused(file: Path, there: str, tmp_path: Path) -> None:
    put(file, "UPDATE t SET amount = 'much' WHERE id = 2")
    with pytest.raises(Insufficient, match=r"row 2, column amount \(22P02\)") as caught:
        compared(file, there)
    assert "much" not in str(caught.value)
    with pytest.raises(UsageError, match="cannot be asked: no such table: absent"):
        compared(file, there, Relation(table="absent"))
    with pytest.raises(UsageError, match="there is no file"):
        compared(tmp_path / "none.db", there)
    assert not (tmp_path / "none.db").exists()
    two = (f"sqlite:///{file}", f"sqlite:///{file}")
    with pytest.raises(UsageError, match="one side has to be PostgreSQL"):
        sides(two, (Relation(table="t"), Relation(table="t")))
    with pytest.raises(UsageError, match="sqlite:///FILE or mariadb:"):
        sides(("oracle://h/d", there), (Relation(table="t"), Relation(table="t")))
