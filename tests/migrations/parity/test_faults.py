"""Rows that move meanwhile, connections that are lost, tables that are altered, rights that are missing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
import pytest

from strangler.errors import Refused, UsageError
from strangler_migrations.parity import Insufficient, Options, Progress, Relation, side, verify

pytestmark = pytest.mark.postgres

TABLE = "CREATE TABLE t (id int PRIMARY KEY, v int)"
MANY = "INSERT INTO t SELECT i, i FROM generate_series(1, 12000) i"


def test_a_row_that_settles_has_moved(bench: Any) -> None:
    bench.run(TABLE, MANY)
    bench.run("UPDATE t SET v = 0 WHERE id IN (5, 6)", on="left")
    bench.meanwhile = lambda: bench.run("UPDATE t SET v = 0 WHERE id = 5", on="right")
    found = bench.compared(wait=0.25)
    assert (found.counts.moved, found.counts.changed, found.verdict) == (1, 1, "different")
    assert [each.key["id"] for each in found.differences] == ["6"]
    assert set(bench.slept) == {0.25}


def test_a_row_that_never_settles_proves_nothing(bench: Any) -> None:
    bench.run(TABLE, MANY)
    bench.run("UPDATE t SET v = 0 WHERE id = 5", on="left")
    bench.meanwhile = lambda: bench.run("UPDATE t SET v = v - 1 WHERE id = 5", on="left")
    found = bench.compared()
    assert (found.counts.unsettled, found.verdict, found.exit_code) == (1, "unfinished", 3)


def test_an_insert_that_arrives_late_has_moved(bench: Any) -> None:
    bench.run(TABLE, MANY)
    bench.run("INSERT INTO t VALUES (99999, 1)", on="left")
    bench.meanwhile = lambda: bench.run("INSERT INTO t VALUES (99999, 1) ON CONFLICT DO NOTHING", on="right")
    found = bench.compared()
    assert (found.counts.moved, found.verdict) == (1, "equal")


def kill_readers(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'strangler verify' AND datname = current_database()"
        )


def verified(bench: Any, told: Any = lambda _: None, **options: Any) -> Any:
    around = bench.around()
    around.told = told
    left, right = (
        side("left", bench.left, Relation(table="t")),
        side("right", bench.right, Relation(table="t")),
    )
    from strangler.redaction import Redactor

    return verify(left, right, Options(wait=0, target=1e-9, **options), Redactor(b"k" * 16), around)


def test_a_lost_connection_changes_nothing_of_the_answer(bench: Any) -> None:
    bench.run(TABLE, "INSERT INTO t SELECT i, i FROM generate_series(1, 30000) i", "ANALYZE t")
    bench.run("UPDATE t SET v = 0 WHERE id IN (3, 17000)", "DELETE FROM t WHERE id = 29999", on="right")
    times: list[int] = []

    def told(_: Progress) -> None:
        times.append(1)
        if len(times) in {2, 5}:
            kill_readers(bench.right)

    found = verified(bench, told)
    assert (found.counts.changed, found.counts.missing, found.counts.different) == (2, 1, 3)
    assert (found.left.rows, found.right.rows, found.reconnects) == (30000, 29999, 2)
    assert found.right.snapshots == 3


def test_a_killed_pass_goes_on_where_it_was(bench: Any, tmp_path: Path) -> None:
    bench.run(TABLE, "INSERT INTO t SELECT i, i FROM generate_series(1, 30000) i", "ANALYZE t")
    bench.run("UPDATE t SET v = 0 WHERE id IN (3, 17000)", on="right")
    state = tmp_path / "state"
    seen: list[int] = []

    def told(step: Progress) -> None:
        seen.append(step.done)
        if len(seen) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        verified(bench, told, state=state)
    assert state.stat().st_mode & 0o077 == 0
    found = verified(bench, lambda step: seen.append(step.done), state=state)
    assert seen == sorted(seen)
    assert (found.left.rows, found.counts.changed, len(found.differences)) == (30000, 2, 2)
    assert found.verdict == "different"
    bench.run("ALTER TABLE t ADD w int")
    with pytest.raises(UsageError, match="another comparison"):
        verified(bench, state=state)


def test_a_state_that_is_none_is_refused(bench: Any, tmp_path: Path) -> None:
    bench.run(TABLE)
    (tmp_path / "state").write_text("{}")
    with pytest.raises(UsageError, match="no state"):
        bench.compared(state=tmp_path / "state")


def test_a_table_that_is_altered_meanwhile_is_told(bench: Any) -> None:
    bench.run(TABLE, "INSERT INTO t SELECT i, i FROM generate_series(1, 30000) i", "ANALYZE t")

    def told(_: Progress) -> None:
        kill_readers(bench.right)
        bench.run("ALTER TABLE t ALTER v TYPE int8", on="right")

    with pytest.raises(Refused, match="altered while"):
        verified(bench, told)


def test_new_snapshots_are_taken_after_a_while(bench: Any) -> None:
    bench.run(TABLE, "INSERT INTO t SELECT i, i FROM generate_series(1, 30000) i", "ANALYZE t")
    found = verified(bench, hold=0)
    assert found.verdict == "equal"
    assert found.left.snapshots == found.ranges + 1


def test_a_server_that_stays_away_is_too_little(bench: Any) -> None:
    bench.run(TABLE)
    bench.right = "postgresql://strangler@127.0.0.1:1/none"
    with pytest.raises(Insufficient, match="stays away") as refused:
        bench.compared()
    assert refused.value.exit_code == 3
    assert len(bench.slept) == 5


def test_rights_that_are_missing_are_said(bench: Any) -> None:
    bench.run(
        TABLE,
        "INSERT INTO t VALUES (1, 1), (2, 2)",
        "DROP ROLE IF EXISTS parity_reader",
        "CREATE ROLE parity_reader LOGIN",
        "GRANT USAGE ON SCHEMA public TO parity_reader",
        on="left",
    )
    bench.run(TABLE, "INSERT INTO t VALUES (1, 1), (2, 2)", on="right")
    head, at, rest = bench.left.partition("@")
    bench.left, owner = f"{head.rpartition('//')[0]}//parity_reader{at}{rest}", bench.left
    with pytest.raises(Insufficient, match="may not be read"):
        bench.compared()
    bench.left, reader = owner, bench.left
    bench.run("GRANT SELECT ON t TO parity_reader", "ALTER TABLE t ENABLE ROW LEVEL SECURITY", on="left")
    bench.left = reader
    with pytest.raises(Insufficient, match="not everything may be read"):
        bench.compared()
    bench.left = owner
    bench.run("DROP OWNED BY parity_reader", "DROP ROLE parity_reader", on="left")


def test_it_stops_when_enough_differs(bench: Any) -> None:
    bench.run(TABLE, "INSERT INTO t SELECT i, i FROM generate_series(1, 30000) i", "ANALYZE t")
    bench.run("UPDATE t SET v = 0", on="right")
    found = bench.compared(wait=0, stop_after=10, listed=3)
    assert found.verdict == "different"
    assert not found.complete
    assert len(found.differences) == 3
    assert found.counts.changed < 30000
