"""Two tables that hold the same, and every way in which they do not."""

from __future__ import annotations

from typing import Any

import pytest

from strangler_migrations.parity import Relation

pytestmark = pytest.mark.postgres

INVOICES = """CREATE TABLE t (id int8 PRIMARY KEY, customer text NOT NULL, amount numeric(12,2), issued timestamptz,
  paid bool)"""
FILLED = """INSERT INTO t SELECT i, 'customer ' || i % 97, i * 1.25, timestamptz '2026-01-01' + i * interval '1 min',
  i % 3 = 0 FROM generate_series(1, 3000) AS i"""


def test_equal_tables_are_equal(bench: Any) -> None:
    bench.run(INVOICES, FILLED)
    found = bench.compared()
    assert (found.verdict, found.exit_code, found.complete) == ("equal", 0, True)
    assert (found.left.rows, found.right.rows, found.key) == (3000, 3000, ("id",))
    assert found.method == "typed"
    assert not bench.slept


def test_changed_missing_and_surplus_rows_are_named(bench: Any) -> None:
    bench.run(INVOICES, FILLED)
    bench.run(
        "UPDATE t SET amount = -amount WHERE id = 77",
        "DELETE FROM t WHERE id = 2000",
        "INSERT INTO t VALUES (9999, 'new', 1, NULL, NULL)",
        on="right",
    )
    found = bench.compared()
    assert (found.verdict, found.exit_code) == ("different", 1)
    assert (found.counts.changed, found.counts.missing, found.counts.surplus) == (1, 1, 1)
    by_kind = {each.kind: each for each in found.differences}
    assert {kind: each.key["id"] for kind, each in by_kind.items()} == {
        "changed": "77",
        "missing": "2000",
        "surplus": "9999",
    }
    (column,) = by_kind["changed"].columns
    assert (column.column, column.left, column.right) == ("amount", "96.25", "-96.25")


HARD = {
    "the sign of an amount": ("amount numeric(12,2)", "5", "-5"),
    "the sign of an unbounded amount": ("amount numeric", "5", "-5"),
    "NaN and Infinity": ("amount numeric", "'NaN'", "'Infinity'"),
    "both infinities": ("amount numeric", "'-Infinity'", "'Infinity'"),
    "NaN and NULL": ("amount numeric(12,2)", "'NaN'", "NULL"),
    "zero and NULL": ("amount numeric(12,2)", "0", "NULL"),
    "zero and NULL in whole numbers": ("amount int8", "0", "NULL"),
    "an empty text and NULL": ("note text", "''", "NULL"),
    "a whole number that was unsigned": ("amount int8", "-1", "4294967295"),
    "a sign deep in JSON": ("doc jsonb", """'{"a": -5}'""", """'{"a": 5}'"""),
    "arrays of other dimensions": ("list int[]", "'{1,2}'", "'{{1,2}}'"),
    "an infinite moment and NULL": ("at timestamptz", "'infinity'", "NULL"),
    "infinite moments": ("at timestamptz", "'infinity'", "'-infinity'"),
    "the epoch and NULL": ("at timestamptz", "'epoch'", "NULL"),
    "a day and its hours": ("period interval", "'1 day'", "'24 hours'"),
    "bytes": ("body bytea", r"'\x00ff'", r"'\x00fe'"),
    "spaces at the end": ("note text", "'a'", "'a '"),
    "composed letters": ("note text", "U&'\\00e9'", "U&'e\\0301'"),
    "a not-a-number float": ("rate float8", "'NaN'", "0"),
    "a false and NULL": ("paid bool", "false", "NULL"),
    "a date": ("due date", "'2026-01-31'", "'2026-02-01'"),
    "a range": ("valid int4range", "'[1,3)'", "'[1,4)'"),
    "an address": ("peer inet", "'10.0.0.1'", "'10.0.0.1/24'"),
    "a uuid and NULL": ("tag uuid", "'00000000-0000-0000-0000-000000000000'", "NULL"),
    "what looks like a NUL": ("note text", r"'\x00'", r"'\0'"),
}


@pytest.mark.parametrize("case", HARD)
def test_what_the_servers_own_hashes_take_for_the_same_is_seen(bench: Any, case: str) -> None:
    column, left, right = HARD[case]
    bench.run(f"CREATE TABLE t (id int PRIMARY KEY, {column})")
    bench.run(f"INSERT INTO t VALUES (1, {left}), (2, {left})", on="left")
    bench.run(f"INSERT INTO t VALUES (1, {left}), (2, {right})", on="right")
    found = bench.compared()
    assert found.counts.changed == 1, case
    assert found.differences[0].key == {"id": "2"}
    assert found.counts.different == 1
    assert bench.compared(columns=("id",)).verdict == "equal"


@pytest.mark.parametrize("column", sorted({column for column, _, _ in HARD.values()}))
def test_every_type_equals_itself(bench: Any, column: str) -> None:
    values = [v for c, left, right in HARD.values() if c == column for v in (left, right)]
    rows = ", ".join(f"({n}, {value})" for n, value in enumerate(values))
    bench.run(f"CREATE TABLE t (id int PRIMARY KEY, {column})", f"INSERT INTO t VALUES {rows}")
    found = bench.compared()
    assert (found.verdict, found.counts.tolerated) == ("equal", 0)


def test_values_swapped_between_two_rows_are_seen(bench: Any) -> None:
    """A sum of linear hashes stays the same: `hash_record_extended` would call these tables equal."""
    bench.run("CREATE TABLE t (id int PRIMARY KEY, a int4, b text)")
    bench.run("INSERT INTO t VALUES (1, 10, 'x'), (2, 20, 'y'), (3, 1, 'z'), (4, NULL, NULL)", on="left")
    bench.run("INSERT INTO t VALUES (1, 20, 'x'), (2, 10, 'y'), (3, 1, NULL), (4, NULL, 'z')", on="right")
    assert bench.compared().counts.changed == 4


def test_columns_swapped_within_a_row_are_seen(bench: Any) -> None:
    bench.run("CREATE TABLE t (id int PRIMARY KEY, a int4, b int4)")
    bench.run("INSERT INTO t VALUES (1, 10, 20), (2, NULL, 5)", on="left")
    bench.run("INSERT INTO t VALUES (1, 20, 10), (2, 5, NULL)", on="right")
    assert bench.compared().counts.changed == 2


def test_a_whole_number_made_wider_is_the_same(bench: Any) -> None:
    bench.run(
        "CREATE TABLE t (id int4 PRIMARY KEY, amount int2, name varchar(20), rate numeric(6,1))", on="left"
    )
    bench.run("CREATE TABLE t (id int8 PRIMARY KEY, amount int8, name text, rate numeric(9,4))", on="right")
    bench.run("INSERT INTO t SELECT i, i, 'n' || i, i / 10.0 FROM generate_series(-50, 50) AS i")
    found = bench.compared()
    assert (found.verdict, found.counts.tolerated, found.left.rows) == ("equal", 0, 101)


def test_a_number_is_not_a_text_unless_a_rule_says_so(bench: Any) -> None:
    bench.run("CREATE TABLE t (id int PRIMARY KEY, amount numeric)", on="left")
    bench.run("CREATE TABLE t (id int PRIMARY KEY, amount text)", on="right")
    bench.run("INSERT INTO t VALUES (1, '10.50'), (2, '7')", on="left")
    bench.run("INSERT INTO t VALUES (1, '10.5'), (2, ' 7.00 ')", on="right")
    assert bench.compared().counts.changed == 2
    ruled = bench.compared(rules=[{"decimal": "$.amount"}])
    assert (ruled.verdict, ruled.counts.tolerated) == ("equal", 0)


RULES: dict[str, tuple[str, str, str, str, dict[str, Any], bool]] = {
    "decimal": ("numeric", "numeric", "10.004", "10.00", {"decimal": "$.v", "scale": 2}, True),
    "decimal down": (
        "numeric",
        "text",
        "10.009",
        "10.00",
        {"decimal": "$.v", "scale": 2, "rounding": "down"},
        True,
    ),
    "half even": (
        "numeric",
        "numeric",
        "0.125",
        "0.12",
        {"decimal": "$.v", "scale": 2, "rounding": "half-even"},
        False,
    ),
    "tolerance": (
        "numeric",
        "numeric",
        "1.01",
        "1.02",
        {"decimal": "$.v", "scale": 2, "tolerance": 1},
        False,
    ),
    "float": ("float8", "numeric", "0.105", "0.11", {"decimal": "$.v", "scale": 2}, True),
    "zones": (
        "timestamptz",
        "timestamp",
        "2026-01-01 12:00+01",
        "2026-01-01 11:00",
        {"instant": "$.v"},
        True,
    ),
    "another zone": (
        *("timestamptz", "timestamp", "2026-07-01 12:00+02", "2026-07-01 12:00"),
        *({"instant": "$.v", "zone": "Europe/Berlin"}, False),
    ),
    "epoch": (
        *("timestamptz", "int8", "1970-01-02 00:00+00", "86400"),
        *({"instant": "$.v", "format": {"legacy": "iso", "candidate": "epoch"}}, True),
    ),
    "written": (
        *("date", "text", "2026-03-04", "04.03.2026"),
        *({"instant": "$.v", "format": {"legacy": "iso", "candidate": "%d.%m.%Y"}}, False),
    ),
    "spaces": ("text", "text", " a  b ", "a b", {"text": "$.v", "whitespace": "collapse"}, True),
    "case": ("text", "text", "ABC", "abc", {"text": "$.v", "case": "fold"}, True),
    "case of letters beyond ASCII": ("text", "text", "ÄB", "äb", {"text": "$.v", "case": "fold"}, False),
    "names": ("text", "text", "P", "paid", {"map": "$.v", "values": {"P": "paid"}}, True),
    "ignored": ("text", "int4", "P", "7", {"ignore": "$.v"}, True),
    "pattern": ("text", "text", "a1", "a2", {"pattern": "$.v", "matches": "a[0-9]"}, False),
    "in JSON": ("jsonb", "jsonb", '{"x": 1, "y": 2}', '{"x": 9, "y": 2.0}', {"ignore": "$.v.x"}, False),
}


@pytest.mark.parametrize("case", RULES)
def test_rules_hold_pushed_down_or_judged_here(bench: Any, case: str) -> None:
    left, right, value, other, rule, pushed = RULES[case]
    bench.run(
        f"CREATE TABLE t (id int PRIMARY KEY, v {left})", f"INSERT INTO t VALUES (1, '{value}')", on="left"
    )
    bench.run(
        f"CREATE TABLE t (id int PRIMARY KEY, v {right})", f"INSERT INTO t VALUES (1, '{other}')", on="right"
    )
    assert bench.compared().verdict == "different"
    found = bench.compared(rules=[rule])
    assert found.verdict == "equal"
    assert found.counts.tolerated == (0 if pushed else 1)


def test_a_rule_does_not_hide_what_it_does_not_allow(bench: Any) -> None:
    bench.run("CREATE TABLE t (id int PRIMARY KEY, v numeric, w text)")
    bench.run("INSERT INTO t VALUES (1, 10.00, 'P'), (2, 0.005, 'x')", on="left")
    bench.run("INSERT INTO t VALUES (1, 10.01, 'paid'), (2, 0.01, 'y')", on="right")
    rules = [{"decimal": "$.v", "scale": 2}, {"map": "$.w", "values": {"P": "paid"}}]
    found = bench.compared(rules=rules)
    assert {(each.key["id"], c.column) for each in found.differences for c in each.columns} == {
        ("1", "v"),
        ("2", "w"),
    }


def test_rename_and_only_choose_columns(bench: Any) -> None:
    bench.run("CREATE TABLE t (id int PRIMARY KEY, total int, note text)", on="left")
    bench.run("CREATE TABLE t (id int PRIMARY KEY, amount int, memo text)", on="right")
    bench.run("INSERT INTO t VALUES (1, 5, 'a')")
    rules = [{"rename": "$.total", "to": "$.amount"}, {"only": ["$.id", "$.total"]}]
    assert bench.compared(rules=rules).verdict == "equal"
    bench.run("UPDATE t SET amount = 6", on="right")
    assert bench.compared(rules=rules).differences[0].columns[0].column == "total"


def test_two_forms_in_one_table_are_compared_in_one_snapshot(bench: Any) -> None:
    bench.run("CREATE TABLE t (id int PRIMARY KEY, amount numeric(9,2), minor int8)", on="left")
    bench.run("INSERT INTO t SELECT i, i / 100.0, i FROM generate_series(1, 500) AS i", on="left")
    bench.run("UPDATE t SET minor = 7 WHERE id = 400", on="left")
    old = Relation.of_expressions("t", {"id": "id", "amount": "amount"})
    new = Relation.of_expressions("t", {"id": "id", "amount": "minor / 100.0"})
    found = bench.compared(old, new, key=("id",), one_database=True)
    assert found.one_snapshot
    assert [each.key for each in found.differences] == [{"id": "400"}]
    assert not bench.slept


def test_the_evidence_is_a_value_with_a_hash(bench: Any) -> None:
    bench.run(INVOICES, FILLED)
    found = bench.compared()
    import msgspec

    again = msgspec.json.decode(msgspec.json.encode(found), type=type(found))
    assert again == found
    assert again.digest == found.digest
    assert msgspec.structs.replace(found, ranges=99).digest != found.digest
    assert found.left.first_snapshot_ns > found.started_ns - 10**10


def test_what_is_always_redacted_does_not_reach_the_evidence(bench: Any) -> None:
    bench.run("CREATE TABLE t (id int PRIMARY KEY, password text, note text)")
    bench.run("INSERT INTO t VALUES (1, 'hunter2', 'card 4111 1111 1111 1111')", on="left")
    bench.run("INSERT INTO t VALUES (1, 'hunter3', 'card 4111 1111 1111 1112')", on="right")
    text = str(bench.compared().differences)
    assert "hunter" not in text
    assert "4111 1111 1111 1111" not in text
