"""Keys of every kind, and what cannot be a key."""

from __future__ import annotations

from typing import Any

import pytest

from strangler.errors import UsageError
from strangler.redaction import Redactor
from strangler_migrations.parity import Insufficient, Options, Relation, verify
from strangler_migrations.parity.postgres import PostgresSide

pytestmark = pytest.mark.postgres

KEYS = {
    "text": ("k text", "'n' || i"),
    "text that is not ASCII": ("k text", "chr(192 + i % 60) || i"),
    "text in another collation": ('k text COLLATE "C"', "'n' || i"),
    "uuid": ("k uuid", "md5(i::text)::uuid"),
    "a moment": ("k timestamptz", "timestamptz '2026-01-01' + i * interval '1 s'"),
    "a number": ("k numeric", "i / 4.0"),
    "negative numbers": ("k int8", "(i - 3000)::int8 * 1000000007"),
    "bytes": ("k bytea", "decode(md5(i::text), 'hex')"),
    "a padded text": ("k char(12)", "'n' || i"),
    "an enum": ("k colour", "(ARRAY['red','green','blue'])[i]::colour"),
}


@pytest.mark.parametrize("kind", KEYS)
def test_rows_are_found_by_keys_of_any_type(bench: Any, kind: str) -> None:
    column, value = KEYS[kind]
    rows = 3 if kind == "an enum" else 6000
    bench.run(
        "CREATE TYPE colour AS ENUM ('red', 'green', 'blue')",
        f"CREATE TABLE t ({column} PRIMARY KEY, v int)",
        f"INSERT INTO t SELECT {value}, i FROM generate_series(1, {rows}) AS i",
        "ANALYZE t",
    )
    bench.run(f"UPDATE t SET v = 0 WHERE v = {rows - 1}", "DELETE FROM t WHERE v = 1", on="right")
    found = bench.compared()
    assert (found.counts.changed, found.counts.missing, found.counts.different) == (1, 1, 2)
    assert found.left.rows == rows
    assert found.right.rows == rows - 1


def test_a_composite_key_with_names_that_need_quotes(bench: Any) -> None:
    long = "x" * 63
    bench.run(
        'CREATE SCHEMA "Bil""ling"',
        f'CREATE TABLE "Bil""ling"."In voices" ("Te nant" text, "{long}" int, "a""b%s" int,'
        f' PRIMARY KEY ("Te nant", "{long}"))',
        'INSERT INTO "Bil""ling"."In voices" SELECT chr(65 + i % 7), i, i FROM generate_series(1, 9000) AS i',
    )
    bench.run(f'UPDATE "Bil""ling"."In voices" SET "a""b%s" = -1 WHERE "{long}" = 4321', on="right")
    found = bench.compared('"Bil""ling"."In voices"')
    assert found.key == ("Te nant", long)
    assert [each.key for each in found.differences] == [{"Te nant": "C", long: "4321"}]
    bench.run('DROP SCHEMA "Bil""ling" CASCADE')


def test_orders_that_differ_are_compared_by_bytes(bench: Any) -> None:
    bench.run('CREATE TABLE t (k text COLLATE "ucs_basic" PRIMARY KEY, v int)', on="left")
    bench.run('CREATE TABLE t (k text COLLATE "C" PRIMARY KEY, v int)', on="right")
    bench.run(
        "INSERT INTO t SELECT substr('aAbBzZ-_é', 1 + i % 9, 1) || i, i FROM generate_series(1, 5000) AS i"
    )
    bench.run("UPDATE t SET v = -1 WHERE v = 17", on="right")
    assert bench.compared().counts.different == 1


def test_1_0_and_1_00_are_one_key(bench: Any) -> None:
    bench.run("CREATE TABLE t (k numeric PRIMARY KEY, v text)")
    bench.run("INSERT INTO t VALUES (1.0, 'a')", on="left")
    bench.run("INSERT INTO t VALUES (1.00, 'b')", on="right")
    assert bench.compared().counts.changed == 1


def test_without_a_key_it_is_refused(bench: Any) -> None:
    bench.run("CREATE TABLE t (a int, b int)", "CREATE UNIQUE INDEX ON t (a)")
    with pytest.raises(Insufficient, match="no primary key") as refused:
        bench.compared()
    assert refused.value.exit_code == 3
    bench.run("INSERT INTO t VALUES (1, 1), (2, 2)")
    assert bench.compared(key=("a",)).verdict == "equal"


def test_null_in_the_key_is_refused(bench: Any) -> None:
    bench.run("CREATE TABLE t (a int, b int)", "INSERT INTO t VALUES (1, 1), (NULL, 2)")
    with pytest.raises(Insufficient, match="1 rows have NULL"):
        bench.compared(key=("a",))


def test_a_unique_index_over_columns_never_null_is_a_key(bench: Any) -> None:
    bench.run("CREATE TABLE t (a int NOT NULL, b int)", "CREATE UNIQUE INDEX ON t (a)")
    assert bench.compared().key == ("a",)


def test_keys_that_are_there_more_than_once(bench: Any) -> None:
    bench.run("CREATE TABLE t (k int NOT NULL, v text)")
    bench.run("INSERT INTO t VALUES (1, 'a'), (1, 'b'), (2, 'c'), (2, 'c'), (3, 'd')", on="left")
    bench.run("INSERT INTO t VALUES (1, 'b'), (1, 'a'), (2, 'c'), (3, 'd')", on="right")
    found = bench.compared(key=("k",))
    assert [(each.kind, each.key) for each in found.differences] == [("duplicate", {"k": "2"})]


def test_a_crowd_of_one_key_does_not_end_in_circles(bench: Any) -> None:
    bench.run(
        "CREATE TABLE t (k int NOT NULL, v int)", "INSERT INTO t SELECT 7, i FROM generate_series(1, 12000) i"
    )
    bench.run("UPDATE t SET v = 0 WHERE v = 5", on="right")
    assert bench.compared(key=("k",)).counts.duplicate == 1


def test_ids_with_gaps_and_crowds(bench: Any) -> None:
    bench.run(
        "CREATE TABLE t (id int8 PRIMARY KEY, v int)",
        "INSERT INTO t SELECT i, i FROM generate_series(1, 9000) i",
        "INSERT INTO t SELECT 4000000000000000000 + i, i FROM generate_series(1, 9000) i",
        "INSERT INTO t VALUES (-9223372036854775808, 1), (9223372036854775807, 2)",
        "ANALYZE t",
    )
    bench.run(
        "UPDATE t SET v = 0 WHERE v = 8888", "UPDATE t SET v = 0 WHERE id = 9223372036854775807", on="right"
    )
    found = bench.compared()
    assert (found.counts.changed, found.counts.different) == (3, 3)


@pytest.mark.parametrize(("left", "right"), [(0, 0), (0, 7000), (7000, 0)])
def test_an_empty_side(bench: Any, left: int, right: int) -> None:
    bench.run("CREATE TABLE t (id int PRIMARY KEY, v int)")
    bench.run(f"INSERT INTO t SELECT i, i FROM generate_series(1, {left}) i", on="left")
    bench.run(f"INSERT INTO t SELECT i, i FROM generate_series(1, {right}) i", on="right")
    found = bench.compared(wait=0)
    assert (found.counts.missing, found.counts.surplus) == (left, right)


def test_views_partitions_and_generated_columns(bench: Any) -> None:
    bench.run(
        "CREATE TABLE base (id int, at date, v int, w int GENERATED ALWAYS AS (v * 2) STORED,"
        " PRIMARY KEY (id, at)) PARTITION BY RANGE (at)",
        "CREATE TABLE base_a PARTITION OF base FOR VALUES FROM ('2026-01-01') TO ('2026-02-01')",
        "CREATE TABLE base_b PARTITION OF base DEFAULT",
        "INSERT INTO base SELECT i, date '2026-01-01' + i % 60, i FROM generate_series(1, 4000) i",
        "CREATE VIEW seen AS SELECT id, v, w FROM base",
        "CREATE MATERIALIZED VIEW kept AS SELECT id, v FROM base",
    )
    bench.run("UPDATE base SET v = 0 WHERE id = 999", "REFRESH MATERIALIZED VIEW kept", on="right")
    for relation, key in (("base", ()), ("seen", ("id",)), ("kept", ("id",))):
        assert bench.compared(relation, key=key).counts.different == 1, relation
    found = bench.compared("seen", key=("id",))
    assert [each.column for each in found.differences[0].columns] == ["v", "w"]
    with pytest.raises(Insufficient, match="no primary key"):
        bench.compared("seen")


def test_queries_are_compared_as_tables_are(bench: Any) -> None:
    bench.run(
        "CREATE TABLE t (id int PRIMARY KEY, v int)",
        "INSERT INTO t SELECT i, i FROM generate_series(1, 300) i",
    )
    grouped = Relation(query="SELECT v % 7 AS part, sum(id) AS total FROM t GROUP BY 1;")
    assert bench.compared(grouped, key=("part",)).verdict == "equal"
    bench.run("DELETE FROM t WHERE id = 8", on="right")
    assert bench.compared(grouped, key=("part",)).differences[0].key == {"part": "1"}


@pytest.mark.parametrize(
    ("left", "options", "says"),
    [
        ("nowhere", {}, "no table or view `nowhere`"),
        (Relation(query="SELECT 1 AS id,, 2"), {"key": ("id",)}, "syntax error"),
        (Relation(query="SELECT 1 AS id, 2 AS id"), {"key": ("id",)}, "one name"),
        ("t", {"key": ("other",)}, "no column `other`"),
        ("t", {"columns": ("vv",)}, "no column `vv`"),
        ("t", {"rules": [{"identity": "$.v"}]}, "identity"),
        ("t", {}, "no column `extra`"),
    ],
)
def test_what_cannot_be_meant_is_refused(bench: Any, left: Any, options: dict[str, Any], says: str) -> None:
    bench.run("CREATE TABLE t (id int PRIMARY KEY, v int)")
    bench.run("ALTER TABLE t ADD extra int", on="right")
    with pytest.raises(UsageError, match=says):
        bench.compared(left, **options)


def test_the_ends_of_the_keys_are_read_from_the_index(bench: Any) -> None:
    bench.run("CREATE TABLE t (id bigint PRIMARY KEY, v text)")
    bench.run("INSERT INTO t SELECT i, repeat('x', 50) FROM generate_series(1, 5000) i")
    bench.run("ANALYZE t")
    seen: list[str] = []

    class Watched(PostgresSide):
        def _asked(self, sql: str, *, now: bool = False) -> list[tuple[Any, ...]]:
            if sql.startswith("SELECT min"):
                seen.extend(str(row[0]) for row in super()._asked(f"EXPLAIN {sql}"))
            return super()._asked(sql, now=now)

    left, right = (Watched(label, bench.left, Relation(table="t")) for label in ("left", "right"))
    assert verify(left, right, Options(), Redactor(b"k" * 16), bench.around()).verdict == "equal"
    assert "Index Only Scan" in "\n".join(seen)
    assert "Seq Scan" not in "\n".join(seen)
