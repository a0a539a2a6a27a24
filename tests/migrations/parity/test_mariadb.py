"""MariaDB beside PostgreSQL: every kind of value as the server writes it, read by the other one."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, time_ns
from typing import Any

import pytest

from strangler.errors import UsageError
from strangler.redaction import Redactor
from strangler.testing.mariadb import MariaDb, NoMariaDbError, start
from strangler_migrations.parity import Around, Evidence, Insufficient, Options, Relation, sides, verify

pytestmark = [pytest.mark.postgres, pytest.mark.full]

HERE = (
    "CREATE TABLE t (id BIGINT UNSIGNED PRIMARY KEY, amount DECIMAL(12,2), name VARCHAR(40), paid TINYINT(1),"
    " at TIMESTAMP(6) NULL, raw VARBINARY(20), rate DOUBLE, part FLOAT, state ENUM('open','paid'), flag BIT(1),"
    " data JSON, day DATE, hour TIME)"
)
THERE = (
    "CREATE TABLE t (id bigint PRIMARY KEY, amount numeric(12,2), name text, paid boolean, at timestamptz, raw bytea,"
    " rate float8, part float4, state text, flag int, data jsonb, day date, hour time)"
)
ROWS = (
    "(1, 10.50, 'é', 1, '2026-01-31 12:00:00', x'00ff', 0.1, 0.1, 'open', b'1', '{\"a\": 1}', '2026-02-28', '10:00'),"
    "(2, 19.99, 'b''%s\\\\t', 0, '2026-02-28 23:59:59.123456', '', 1e-7, 16777215, 'paid', b'0', '[]', NULL, NULL),"
    "(3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)"
)
THERE_ROWS = (
    "(1, 10.5, 'é', true, '2026-01-31 12:00+00', '\\x00ff', 0.1, 0.1, 'open', 1, '{\"a\": 1}', '2026-02-28', '10:00'),"
    "(2, 19.99, E'b''%s\\\\t', false, '2026-02-28 23:59:59.123456Z', '', 1e-7, 16777215, 'paid', 0, '[]', NULL, NULL),"
    "(3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)"
)


@pytest.fixture(scope="module")
def server() -> Iterator[MariaDb]:
    folder = Path(tempfile.mkdtemp(prefix="strangler-mariadb-"))
    try:
        server = start(folder)
    except NoMariaDbError as error:
        pytest.skip(str(error))
    else:
        yield server
        server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@dataclass
class Both:
    """The two databases, and a comparison of them."""

    server: MariaDb
    here: str
    there: str
    bench: Any

    def put(self, *statements: str) -> None:
        self.server.run(*statements, database=self.here.rpartition("/")[2])

    def compared(
        self,
        here: Relation | None = None,
        *,
        swapped: bool = False,
        meanwhile: Callable[[], None] = lambda: None,
        **options: Any,
    ) -> Evidence:
        urls, relations = (self.here, self.there), (here or Relation(table="t"), Relation(table="t"))
        if swapped:
            urls, relations = (urls[1], urls[0]), (relations[1], relations[0])
        around = Around(time_ns, monotonic, lambda _: meanwhile())
        return verify(*sides(urls, relations), Options(**options), Redactor(b"k" * 16), around)


@pytest.fixture
def both(server: MariaDb, bench: Any) -> Both:
    found = Both(server, server.create_database(), str(bench.left), bench)
    found.put("SET time_zone = '+00:00'", HERE)
    found.server.run(
        "SET time_zone = '+00:00'", f"INSERT INTO t VALUES {ROWS}", database=found.here.rpartition("/")[2]
    )
    bench.run(THERE, f"INSERT INTO t VALUES {THERE_ROWS}", on="left")
    return found


@pytest.mark.parametrize("swapped", [False, True])
def test_every_kind_of_value_is_equal(both: Both, swapped: bool) -> None:
    found = both.compared(swapped=swapped)
    assert (found.verdict, found.counts.different, found.differences) == ("equal", 0, ())
    source = found.right if swapped else found.left
    assert (source.rows, source.relation) == (3, "t")
    assert source.server == f"127.0.0.1:{both.server.port}/{both.here.rpartition('/')[2]}"
    assert "MariaDB" in source.version


def test_each_column_is_looked_at(both: Both) -> None:
    changes = {
        "amount": "19.98",
        "name": "'c'",
        "paid": "1",
        "at": "'2026-02-28 23:59:59.123457'",
        "raw": "x'01'",
        "rate": "1.1e-7",
        "part": "16777214",
        "state": "'open'",
        "flag": "b'1'",
        "data": "'[1]'",
        "day": "'2026-03-01'",
        "hour": "'11:00'",
    }
    for column, value in changes.items():
        both.server.run(
            "SET time_zone = '+00:00'",
            f"UPDATE t SET {column} = {value} WHERE id = 2",
            database=both.here.rpartition("/")[2],
        )
        (found,) = both.compared().differences
        assert [each.column for each in found.columns] == [column]
        both.server.run(
            "SET time_zone = '+00:00'",
            "DELETE FROM t",
            f"INSERT INTO t VALUES {ROWS}",
            database=both.here.rpartition("/")[2],
        )


def test_what_is_as_it_should_by_then_has_moved(both: Both) -> None:
    both.put("DELETE FROM t WHERE id = 3", "INSERT INTO t (id, name) VALUES (9, 'late')")
    found = both.compared(meanwhile=lambda: both.put("DELETE FROM t WHERE id = 9"))
    assert (found.counts.different, found.counts.moved) == (1, 1)


def test_keys_that_a_collation_takes_for_one_stay_two(server: MariaDb, bench: Any) -> None:
    both = Both(server, server.create_database(), str(bench.left), bench)
    both.put(
        "CREATE TABLE t (code VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin PRIMARY KEY, note TEXT)",
        "INSERT INTO t VALUES ('a', '1'), ('A', '2'), ('a:b%', '3')",
    )
    bench.run("CREATE TABLE t (code text PRIMARY KEY, note text)", on="left")
    bench.run("INSERT INTO t VALUES ('a', '1'), ('A', 'x'), ('a:b%', '3')", on="left")
    (found,) = both.compared().differences
    assert found.key == {"code": "A"}


def test_a_query_over_several_ranges(both: Both) -> None:
    both.put("DELETE FROM t", "INSERT INTO t (id, name) SELECT seq, concat('n', seq) FROM seq_1_to_20000")
    both.bench.run(
        "DELETE FROM t",
        "INSERT INTO t (id, name) SELECT i, 'n' || i FROM generate_series(1, 20000) i",
        on="left",
    )
    query = Relation(query="SELECT id, name FROM t WHERE name LIKE 'n%' -- all; of them")
    assert both.compared(query, key=("id",), columns=("name",)).verdict == "equal"
    both.put("UPDATE t SET name = 'nx' WHERE id = 12345")
    (found,) = both.compared(query, key=("id",), columns=("name",)).differences
    assert found.key == {"id": "12345"}


def test_nothing_is_written_there_and_what_proves_nothing_is_refused(both: Both) -> None:
    with pytest.raises(UsageError, match="cannot be asked"):
        both.compared(Relation(query="DELETE FROM t RETURNING id"), key=("id",))
    with pytest.raises(UsageError, match=r"cannot be asked: Table .*absent.* doesn't exist"):
        both.compared(Relation(table="absent"))
    both.put("SET sql_mode = ''", "ALTER TABLE t MODIFY day DATE NULL")
    both.server.run(
        "SET sql_mode = ''",
        "UPDATE t SET day = '0000-00-00' WHERE id = 2",
        database=both.here.rpartition("/")[2],
    )
    with pytest.raises(Insufficient, match=r"row 2, column day \(22008\)"):
        both.compared()
    gone = both.here.replace(f":{both.server.port}/", ":1/")
    with pytest.raises(Insufficient, match="the server is not to be had") as caught:
        verify(
            *sides((gone, both.there), (Relation(table="t"),) * 2),
            Options(),
            Redactor(b"k" * 16),
            Around(time_ns, monotonic, lambda _: None),
        )
    assert "127.0.0.1:1/" in str(caught.value)
    with pytest.raises(UsageError, match="one side has to be PostgreSQL"):
        sides((both.here, both.here), (Relation(table="t"),) * 2)
