"""What is left of migrations that broke is found, said and taken away; values only where somebody names them."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import psycopg
import pytest

from strangler.errors import Conflict, UsageError
from strangler_migrations.catalog.differences import differences
from strangler_migrations.catalog.read import read
from strangler_migrations.migration import Loaded, parse
from strangler_migrations.repair import Finding, find, mend
from strangler_migrations.running import lifecycle, store
from strangler_migrations.running.backfill import Throttle
from strangler_migrations.running.lease import held
from strangler_migrations.running.session import MigrationFailed, Session, connected

pytestmark = pytest.mark.postgres

TABLE = 'an "odd'
TEXT = f"""
operations:
  - alter_column: {{table: '{TABLE}', column: amount, type: bigint, nullable: false, up: amount * 100,
      down: amount / 100}}
  - drop_table: {{name: scraps}}
"""


@pytest.fixture
def there(session: Session) -> Session:
    session.connection.execute("SET search_path = public")
    session.connection.execute(
        'CREATE TABLE "an ""odd" (id int PRIMARY KEY, amount int, v text);'
        ' INSERT INTO "an ""odd" SELECT i, i, \'v\' || i % 3 FROM generate_series(1, 9) i;'
        " CREATE TABLE scraps (id int PRIMARY KEY); INSERT INTO scraps VALUES (1), (2)"
    )
    return session


def migration(text: str = TEXT, name: str = "01_x") -> Loaded:
    return parse(text, Path(f"{name}.yaml"))


def start(session: Session, loaded: Loaded) -> None:
    lifecycle.start(session, loaded, Throttle(), lambda *_: None)


def kinds(found: list[Finding]) -> list[tuple[str, str]]:
    return [(each.kind, each.name) for each in found]


def forgotten(session: Session) -> None:
    """As when somebody restored `strangler` from a backup, or deleted its rows."""
    session.connection.execute("DELETE FROM strangler.migrations")


@pytest.mark.parametrize(
    "state",
    [
        "started",
        "completed",
        pytest.param("dropped", marks=pytest.mark.full),
        pytest.param("rolled back", marks=pytest.mark.full),
    ],
)
def test_a_migration_in_any_good_state_leaves_nothing_to_repair(there: Session, state: str) -> None:
    start(there, migration())
    if state in {"completed", "dropped"}:
        lifecycle.complete(there, "01_x")
    if state == "dropped":
        lifecycle.drop(there, "01_x")
    if state == "rolled back":
        lifecycle.rollback(there, "01_x")
    assert find(there) == []
    assert mend(there) == []


def test_what_nobody_knows_of_any_more_is_taken_away_and_values_stay(there: Session) -> None:
    before = read(there.connection, "public")
    start(there, migration())
    forgotten(there)
    found = find(there)
    assert {kind for kind, _ in kinds(found)} == {"trigger", "function", "version", "column"}
    assert [(each.name, each.what) for each in found if each.data] == [
        ('an "odd._strangler_new_amount', "a form that no migration under way has, with 9 values")
    ]
    assert differences(before, read(there.connection, "public")), "looking changed nothing"
    ended = mend(there)
    assert [each.name for each, done in ended if not done] == ['an "odd._strangler_new_amount']
    with pytest.raises(UsageError, match="nothing that is left and holds values is called") as caught:
        mend(there, ['an "odd._strangler_new_amoun'])
    assert "did you mean" in str(caught.value)
    mend(there, ['an "odd._strangler_new_amount'])
    assert differences(before, read(there.connection, "public")) == []
    assert find(there) == []
    assert {each.event for each in store.history(there.connection, "")} == {"repaired"}
    start(there, migration())


def test_after_complete_the_old_form_and_dropped_tables_are_values(there: Session) -> None:
    start(there, migration())
    lifecycle.complete(there, "01_x")
    forgotten(there)
    data = {each.name: each.what for each in find(there) if each.data}
    assert data['an "odd._strangler_old_amount'].endswith("with 9 values")
    assert data["_strangler_old_scraps"].endswith("with 2 rows")
    mend(there)
    assert {each.name for each in find(there)} == set(data)
    mend(there, list(data))
    assert find(there) == []
    assert there.connection.execute('SELECT sum(amount) FROM "an ""odd"').fetchone() == (4500,)


@pytest.mark.full
def test_triggers_whose_schema_was_dropped_by_hand(there: Session) -> None:
    start(there, migration())
    there.connection.execute("DROP SCHEMA strangler CASCADE")
    assert {kind for kind, _ in kinds(find(there))} == {"version", "column"}
    mend(there)
    assert [each.data for each in find(there)] == [True]


def test_an_index_that_broke(there: Session) -> None:
    """Ours goes; that of a migration under way is built by `start`; somebody else's is only named."""
    for name in ("_strangler_new_by_v", "theirs"):
        with pytest.raises(psycopg.errors.UniqueViolation):
            there.connection.execute(f'CREATE UNIQUE INDEX CONCURRENTLY {name} ON "an ""odd" (v)'.encode())
    unique = f"operations: [{{create_index: {{name: one_v, table: '{TABLE}', columns: [v], unique: true}}}}]"
    with pytest.raises(MigrationFailed):
        start(there, migration(unique))
    with pytest.raises(psycopg.errors.UniqueViolation):
        there.connection.execute('CREATE UNIQUE INDEX CONCURRENTLY one_v ON "an ""odd" (v)')
    found = {each.name: each for each in find(there)}
    assert found["one_v"].remedy == "`strangler migrate start` goes on, and builds it anew"
    assert "none of ours" in found["theirs"].what
    assert found["theirs"].statements == ()
    assert [each.name for each, done in mend(there) if done] == ["_strangler_new_by_v"]
    lifecycle.rollback(there, "01_x")
    assert kinds(find(there)) == [("index", "theirs")]


def test_a_version_in_use_whose_schema_is_gone_is_made_anew(there: Session) -> None:
    start(there, migration())
    lifecycle.complete(there, "01_x")
    lifecycle.drop(there, "01_x")
    start(there, migration(f"operations: [{{rename_column: {{table: '{TABLE}', from: v, to: w}}}}]", "02_y"))
    there.connection.execute("DROP SCHEMA public_01_x CASCADE; DROP SCHEMA public_02_y CASCADE")
    assert sorted(kinds(find(there))) == [("version", "public_01_x"), ("version", "public_02_y")]
    mend(there)
    assert there.connection.execute('SELECT max(v) FROM public_01_x."an ""odd"').fetchone() == ("v2",)
    assert there.connection.execute('SELECT max(w) FROM public_02_y."an ""odd"').fetchone() == ("v2",)
    lifecycle.complete(there, "02_y")


def test_what_somebody_put_into_a_versions_schema_or_only_called_so_is_left(there: Session) -> None:
    start(there, migration())
    there.connection.execute("CREATE TABLE public_01_x.mine (id int)")
    there.connection.execute("CREATE SCHEMA public_other; CREATE VIEW public_other.v AS SELECT 1 AS one")
    forgotten(there)
    (version,) = [each for each in find(there) if each.kind == "version"]
    assert (version.statements, "more in it" in version.what) == ((), True)
    mend(there)
    assert there.connection.execute("SELECT to_regclass('public_01_x.mine')::text").fetchone() == (
        "public_01_x.mine",
    )
    assert there.connection.execute("SELECT one FROM public_other.v").fetchone() == (1,)


@pytest.mark.full
def test_a_view_of_somebodys_over_a_version_keeps_it_and_is_named(there: Session) -> None:
    start(there, migration())
    there.connection.execute('CREATE VIEW public.report AS SELECT amount FROM public_01_x."an ""odd"')
    forgotten(there)
    with pytest.raises(MigrationFailed, match="cannot drop view"):
        mend(there)
    assert there.connection.execute("SELECT count(*) FROM public.report").fetchone() == (9,)


def test_the_lease_of_a_dead_process_and_of_one_that_may_live(there: Session, database: str) -> None:
    store.prepare(there.connection)
    gone = os.fork()
    if gone == 0:
        os._exit(0)
    os.waitpid(gone, 0)
    lease = "INSERT INTO strangler.lease VALUES (true, %s, 'o''x', clock_timestamp() + interval '1 hour')"
    there.connection.execute(lease, (f"bob@{socket.gethostname()} pid {gone}",))
    assert [(each.kind, bool(each.statements)) for each in find(there)] == [("lease", True)]
    assert [done for _, done in mend(there)] == [True]
    assert find(there) == []
    there.connection.execute(lease, ("bob@elsewhere pid 1",))
    (alive,) = find(there)
    assert (alive.statements, "may still be at work" in alive.what) == ((), True)
    with pytest.raises(Conflict, match="bob@elsewhere pid 1 holds the lease"):
        mend(there)


def test_while_another_is_at_work_nothing_is_repaired(there: Session, database: str) -> None:
    store.prepare(there.connection)
    with connected(database) as other, held(Session(other, "public", "bob")):
        assert find(there) == [], "a lease in use is no finding"
        with pytest.raises(Conflict, match="bob@"):
            mend(there)
