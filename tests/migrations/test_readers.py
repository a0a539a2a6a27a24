"""Who uses the old form: seen without a cost or an error for any client; what nobody can see is unknown, by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from strangler.errors import Conflict, UsageError
from strangler.testing.postgres import Server
from strangler_migrations import marks, readers
from strangler_migrations.migration import parse
from strangler_migrations.readers import OldForm, Standing
from strangler_migrations.readers.sightings import GAP_S
from strangler_migrations.readers.watch import beside, follow
from strangler_migrations.running import lifecycle
from strangler_migrations.running.backfill import Throttle
from strangler_migrations.running.session import Session, connected
from strangler_migrations.sql.names import ident

pytestmark = pytest.mark.postgres

FIRST = '02 the "first"'
SECOND = "03_" + "é" * 26
"""With its schema's name, 62 bytes."""
OLD, NEW = f"public_{FIRST}", f"public_{SECOND}"
HOSTILE = """o'hara "x" \\' %s ; --"""


def started(session: Session, name: str, operation: str) -> None:
    lifecycle.start(
        session, parse(f"operations: [{operation}]", Path(f"{name}.yaml")), Throttle(), lambda *_: None
    )


def brought_up(session: Session) -> None:
    session.connection.execute(
        """
        CREATE TABLE "bills ""x y" (id int PRIMARY KEY, amount int NOT NULL DEFAULT 0);
        CREATE TABLE lines (id int PRIMARY KEY, bill int REFERENCES "bills ""x y");
        INSERT INTO "bills ""x y" SELECT i, i FROM generate_series(1, 100) i;
        """
    )
    table = "'bills \"x y'"
    started(
        session,
        FIRST,
        f"{{add_column: {{table: {table}, column: {{name: note, type: text, nullable: true}}}}}}",
    )
    lifecycle.complete(session, FIRST)
    lifecycle.drop(session, FIRST)
    started(
        session,
        SECOND,
        f"{{alter_column: {{table: {table}, column: amount, type: bigint, default: '0', up: amount * 100,"
        " down: amount / 100}}",
    )


@pytest.fixture(scope="module")
def url(postgres: Server) -> str:
    """A database where the second migration is under way, over the first one's version."""
    url = postgres.create_database()
    with connected(url) as connection:
        brought_up(Session(connection, "public", "ann"))
    return url


@pytest.fixture
def tool(url: str) -> Iterator[Session]:
    with connected(url) as connection:
        connection.execute(
            "TRUNCATE strangler.seen, strangler.writers, strangler.acknowledged, strangler.watched"
        )
        yield Session(connection, "public", "ann")


@contextmanager
def client(url: str, name: str, path: str = OLD, **options: Any) -> Iterator[psycopg.Connection]:
    with psycopg.connect(url, application_name=name, autocommit=True, **options) as connection:
        connection.execute("SELECT set_config('search_path', %s, false)", (f"{ident(path)}, public",))
        yield connection


def standing(session: Session) -> Standing:
    return readers.standing(session.connection, lifecycle.get(session, SECOND))


def seen(session: Session) -> set[tuple[str, str]]:
    return {(each.way, each.application) for each in standing(session).seen}


READ = 'SELECT amount FROM "bills ""x y" WHERE id = 1'
WRITE = 'UPDATE "bills ""x y" SET amount = amount + 1 WHERE id = {}'


@pytest.mark.parametrize("begin", ["BEGIN READ ONLY", "BEGIN ISOLATION LEVEL REPEATABLE READ", "BEGIN"])
def test_a_reader_is_seen_in_any_transaction_as_long_as_its_session_lasts(
    url: str, tool: Session, begin: str
) -> None:
    with client(url, HOSTILE) as old, client(url, "new", NEW) as new:
        for each, amount in ((old, 1), (new, 100)):
            each.execute(begin.encode())
            assert each.execute(READ.encode()).fetchone() == (amount,)
            each.execute("COMMIT")
        (found,) = standing(tool).seen
        assert (found.way, found.role, found.application, found.address) == (
            "reads", old.info.user, HOSTILE, "127.0.0.1",
        )  # fmt: skip
        assert str(found) == f"{old.info.user} ({HOSTILE}, 127.0.0.1)"
        again = standing(tool).seen[0]
        assert (again.first_seen, again.last_seen) == (found.first_seen, found.last_seen), (
            "it did nothing since"
        )
        old.execute("SELECT 1")
        assert standing(tool).seen[0].last_seen > found.last_seen
    assert seen(tool) == {("reads", HOSTILE)}, "remembered"


def test_views_stay_updatable_and_are_read_in_parallel(url: str) -> None:
    with client(url, "x") as old:
        assert old.execute(
            "SELECT bool_and(is_updatable = 'YES' AND is_insertable_into = 'YES') FROM information_schema.views"
            " WHERE table_schema = ANY (%s)",
            ([OLD, NEW],),
        ).fetchone() == (True,)
        old.execute(
            "SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0"
        )
        plan = old.execute('EXPLAIN (ANALYZE, COSTS OFF) SELECT sum(amount) FROM "bills ""x y"').fetchall()
        text = "\n".join(line for (line,) in plan)
        assert "Workers Launched" in text
        assert "One-Time Filter" in text, "asked once per query, not per row"


QUERIES = (
    "SELECT * FROM {}.t ORDER BY id LIMIT 1",
    "SELECT a.v FROM {0}.t a JOIN {0}.t b ON b.g = a.id WHERE a.id = 5",
    "SELECT g, max(v) FROM {}.t WHERE g < 9 GROUP BY g ORDER BY g LIMIT 3",
    "SELECT * FROM {}.t WHERE id = 7 FOR UPDATE SKIP LOCKED",
    "UPDATE {0}.t SET v = v + 1 WHERE id IN (SELECT id FROM {0}.t WHERE g = 3)",
    "INSERT INTO {}.t VALUES (1, 1, 1) ON CONFLICT (id) DO UPDATE SET v = excluded.v",
)


def test_the_mark_changes_no_plan(session: Session) -> None:
    session.connection.execute(
        "CREATE TABLE t (id int PRIMARY KEY, g int, v int); CREATE INDEX ON t (g); CREATE SCHEMA plain;"
        " INSERT INTO t SELECT i, i % 100, i FROM generate_series(1, 20000) i; CREATE SCHEMA marked; ANALYZE t;"
        " CREATE VIEW plain.t AS SELECT id, g, v FROM public.t;"
        f" CREATE VIEW marked.t AS SELECT id, g, v FROM public.t WHERE {marks.reader('marked')}"
    )

    def plan(query: str) -> list[str]:
        lines = [line for (line,) in session.connection.execute(f"EXPLAIN (COSTS OFF) {query}".encode())]
        ours = ("InitPlan", "One-Time Filter", "Result")
        return [line.strip(" ->") for line in lines if not any(word in line for word in ours)]

    for query in QUERIES:
        assert plan(query.format("marked")) == plan(query.format("plain"))
        session.connection.execute(query.format("marked").encode())


@pytest.mark.parametrize("isolation", ["READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"])
def test_writers_at_once_are_noted_and_none_fails_or_waits(url: str, tool: Session, isolation: str) -> None:
    names = [f"writer {number}" for number in range(3)]
    with (
        client(url, names[0], "public") as a,
        client(url, names[1], "public") as b,
        client(url, names[2], "public") as c,
    ):
        together = [(a, 1), (b, 2), (c, 3)]
        for each, _ in together:
            # By the key: a scan of the whole table would make any two serializable writers depend on one another.
            each.execute(
                f"SET statement_timeout = 3000; SET enable_seqscan = off; BEGIN ISOLATION LEVEL {isolation}".encode()
            )
        for each, number in together:
            each.execute(WRITE.format(number).encode())
        assert standing(tool).seen == (), "what is not committed is not so"
        for each, number in together:
            each.execute(WRITE.format(number + 10).encode())
        for each, _ in together:
            each.execute("COMMIT")
        assert seen(tool) == {("writes", name) for name in names}
        a.execute(WRITE.format(4).encode())
        count = tool.connection.execute("SELECT count(*) FROM strangler.writers").fetchone()
        assert count in {(0,), (1,)}, "once a minute and session"


def test_a_write_that_is_rolled_back_is_noted_the_next_time(url: str, tool: Session) -> None:
    with client(url, "x", "public") as old:
        old.execute("BEGIN")
        old.execute(WRITE.format(1).encode())
        old.execute("ROLLBACK")
        assert seen(tool) == set()
        old.execute(WRITE.format(1).encode())
        assert seen(tool) == {("writes", "x")}


def test_clients_behind_one_pooled_session_are_told_apart_by_their_names(url: str, tool: Session) -> None:
    with client(url, "first", "public") as pooled:
        for name in ("first", "second", "third"):
            pooled.execute("SELECT set_config('application_name', %s, false)", (name,))
            pooled.execute(WRITE.format(1).encode())
        assert seen(tool) == {("writes", "first"), ("writes", "second"), ("writes", "third")}


def test_many_short_sessions_of_one_application_leave_one_row_a_minute(url: str, tool: Session) -> None:
    for _ in range(5):
        with client(url, "php") as old:
            old.execute(WRITE.format(1).encode())
    assert tool.connection.execute("SELECT count(*) FROM strangler.writers").fetchone() in {(1,), (2,)}


def test_a_write_of_the_new_version_is_none_of_the_old(url: str, tool: Session) -> None:
    with client(url, "new", NEW) as new:
        new.execute(WRITE.format(1).encode())
        new.execute('UPDATE "bills ""x y" SET note = \'n\' WHERE id = 1')
    assert seen(tool) == set()


@pytest.mark.parametrize(
    ("broken", "mended"),
    [
        (
            "REVOKE USAGE ON SCHEMA strangler FROM PUBLIC",
            "GRANT USAGE ON SCHEMA strangler TO PUBLIC",
        ),
        (
            "ALTER TABLE strangler.writers RENAME TO gone",
            "ALTER TABLE strangler.gone RENAME TO writers",
        ),
        (
            "ALTER TABLE strangler.writers ADD CONSTRAINT never CHECK (false) NOT VALID",
            "ALTER TABLE strangler.writers DROP CONSTRAINT never",
        ),
    ],
)
def test_a_client_never_hears_of_it(url: str, tool: Session, broken: str, mended: str) -> None:
    tool.connection.execute(
        "DROP ROLE IF EXISTS clerk_readers; CREATE ROLE clerk_readers LOGIN;"
        ' GRANT SELECT, UPDATE ON "bills ""x y" TO clerk_readers'
    )
    tool.connection.execute(broken.encode())
    try:
        with client(url, "x", "public", user="clerk_readers") as clerk:
            cursor = clerk.execute(WRITE.format(1).encode())
            assert cursor.rowcount == 1
    finally:
        tool.connection.execute(mended.encode())
        tool.connection.execute("DROP OWNED BY clerk_readers; DROP ROLE clerk_readers")


def test_who_reads_the_table_itself_is_seen_while_it_reads_and_foreign_keys_do_not_count(
    url: str, tool: Session
) -> None:
    with client(url, "direct", "public") as direct, client(url, "lines", NEW) as lines:
        direct.execute("BEGIN")
        direct.execute(READ.encode())
        lines.execute("BEGIN")
        lines.execute("INSERT INTO lines VALUES (1, 1)")
        assert ("table", "direct") in seen(tool)
        assert not [each for each in seen(tool) if each[1] == "lines"]
        lines.execute("ROLLBACK")


def test_who_only_inserts_through_an_old_view_is_seen_while_it_does(url: str, tool: Session) -> None:
    with client(url, "importer") as importer:
        importer.execute("BEGIN")
        importer.execute("INSERT INTO lines VALUES (2, 1)")
        assert seen(tool) == {("reads", "importer")}
        importer.execute("ROLLBACK")


UNKNOWN = """
CREATE FUNCTION "of 'bill" (i int) RETURNS int LANGUAGE sql AS 'SELECT amount FROM public."bills ""x y" WHERE id = i';
CREATE PROCEDURE dunned() LANGUAGE plpgsql AS $$ BEGIN EXECUTE 'UPDATE "bills ""x y" SET amount = 0'; END $$;
CREATE FUNCTION stamped() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.amount := NEW.amount; RETURN NEW; END $$;
CREATE TRIGGER stamp BEFORE INSERT ON "bills ""x y" FOR EACH ROW EXECUTE FUNCTION stamped();
CREATE FUNCTION harmless() RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE PUBLICATION cdc FOR TABLE "bills ""x y";
"""


def test_what_cannot_be_observed_has_a_name_and_is_acknowledged_by_it(postgres: Server) -> None:
    with connected(postgres.create_database()) as connection:
        session = Session(connection, "public", "ann")
        brought_up(session)
        connection.execute("SET search_path = public")  # the role is called strangler, as our schema is
        connection.execute(UNKNOWN.encode())
        found = {each.name: each for each in standing(session).unknown}
        assert set(found) == {
            "base-tables", "function \"of 'bill\"(integer)", "procedure dunned()", "function stamped()",
            "publication cdc",
        }  # fmt: skip
        form = readers.old_form(connection, lifecycle.get(session, SECOND))
        readers.acknowledge(session, form, "procedure dunned()", "rewritten, CHG-7")
        word = {each.name: each.acknowledged for each in standing(session).unknown}["procedure dunned()"]
        assert word is not None
        assert (word.actor, word.reason) == ("ann", "rewritten, CHG-7")
        with pytest.raises(Conflict, match="acknowledged already, by ann: rewritten, CHG-7"):
            readers.acknowledge(session, form, "procedure dunned()", "again")
        with pytest.raises(UsageError, match="did you mean `publication cdc`"):
            readers.acknowledge(session, form, "publication cdd", "x")
        with pytest.raises(UsageError, match="needs its reason"):
            readers.acknowledge(session, form, "publication cdc", "  ")
        connection.execute(
            "CREATE OR REPLACE PROCEDURE dunned() LANGUAGE plpgsql"
            ' AS $$ BEGIN EXECUTE \'DELETE FROM "bills ""x y"\'; END $$'
        )
        changed = {each.name: each for each in standing(session).unknown}["procedure dunned()"]
        assert (changed.acknowledged, changed.stale) == (None, True)


def test_a_migration_that_takes_nothing_leaves_nothing_unknown(session: Session) -> None:
    session.connection.execute("CREATE TABLE t (id int PRIMARY KEY)")
    started(session, "01_x", "{create_index: {name: i, table: t, columns: [id]}}")
    found = readers.standing(session.connection, lifecycle.get(session, "01_x"))
    assert (found.form.anything, found.unknown) == (False, ())


def test_a_long_time_without_a_look_begins_the_watch_anew(tool: Session) -> None:
    def aged(seconds: int) -> None:
        tool.connection.execute(
            "UPDATE strangler.watched SET since = since - interval '9 days', until = until - make_interval(secs => %s)",
            (seconds,),
        )

    first = standing(tool)
    aged(GAP_S - 60)
    assert first.since is not None
    assert (first.now - (standing(tool).since or first.now)).days == 9
    aged(GAP_S + 60)
    assert (standing(tool).since or first.now) > first.now


def test_two_who_look_at_once_lose_nothing(url: str, tool: Session) -> None:
    with client(url, "x", "public") as old:
        old.execute(WRITE.format(1).encode())
    with connected(url) as other, other.transaction():
        form = readers.old_form(other, lifecycle.get(tool, SECOND))
        readers.look(other, form)
        tool.connection.execute("SET statement_timeout = 3000")
        folding = "SELECT count(*) FROM strangler.writers FOR UPDATE SKIP LOCKED"
        with pytest.raises(psycopg.errors.FeatureNotSupported):
            tool.connection.execute(folding)
        held = tool.connection.execute(
            "SELECT count(*) FROM (SELECT FROM strangler.writers FOR UPDATE SKIP LOCKED) AS w"
        ).fetchone()
        assert held == (0,), "it is the other's to fold"
    assert seen(tool) == {("writes", "x")}


def test_following_looks_until_it_is_over_and_goes_on_after_an_error(
    url: str, tool: Session, caplog: pytest.LogCaptureFixture
) -> None:
    turns: list[float] = []

    def wait(seconds: float) -> bool:
        turns.append(seconds)
        if len(turns) == 1:
            tool.connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'strangler migrate'"
                " AND pid <> pg_backend_pid() AND datname = current_database()"
            )
        return len(turns) == 4

    with client(url, "nightly") as old:
        old.execute(READ.encode())
        follow(url, wait)
    assert turns == [10.0, 30.0, 10.0, 10.0]
    assert ("reads", "nightly") in seen(tool)
    assert [record.message.partition(":")[0] for record in caplog.records] == [
        "nobody looks at who uses the old form", "who uses the old form is looked at again",
    ]  # fmt: skip


def test_what_runs_long_looks_now_and_then_and_never_fails_by_it(
    tool: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter([0.0, 0.0, 0.0, 5.0, 20.0, 20.0])
    glance = beside(tool.connection, lambda: next(clock))
    glance()
    tool.connection.execute("DELETE FROM strangler.watched")
    glance()
    count = tool.connection.execute("SELECT count(*) FROM strangler.watched").fetchone()
    assert count == (0,), "not due"
    tool.connection.execute("SET default_transaction_read_only = on")
    glance()


@pytest.fixture
def statements(tool: Session) -> Callable[[], None]:
    try:
        with tool.connection.transaction():
            tool.connection.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
            tool.connection.execute("SELECT FROM pg_stat_statements LIMIT 1")
    except psycopg.Error as error:
        pytest.skip(f"pg_stat_statements is not loaded here: {error}")
    return lambda: None


@pytest.mark.usefixtures("statements")
def test_what_strangler_asks_itself_is_no_clients(session: Session, tool: Session) -> None:
    session.connection.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
    session.connection.execute("CREATE TABLE t (id int PRIMARY KEY, v int)")
    started(session, "01_x", "{alter_column: {table: t, column: v, type: bigint, up: v * 1, down: v}}")
    found = readers.standing(session.connection, lifecycle.get(session, "01_x")).calls
    assert found is not None
    assert [call.text for call in found if "OFFSET" in call.text] == []


@pytest.mark.usefixtures("statements")
def test_pg_stat_statements_is_a_second_witness(url: str, tool: Session) -> None:
    """A count that rose between two looks was called between them; what both forms answer convicts nobody."""
    old = f'SELECT id, id, amount FROM {ident(OLD)}."bills ""x y" WHERE id = 2'
    tool.connection.execute("SELECT pg_stat_statements_reset()")
    with client(url, "x", NEW) as other:
        other.execute(READ.encode())
        other.execute(old.encode())
        standing(tool)
        tool.connection.execute("TRUNCATE strangler.seen")
        assert not [each for each in standing(tool).seen if each.way == "statement"]
        other.execute(old.encode())
        found, role = standing(tool), other.info.user
    assert found.calls is not None
    assert {(call.old, call.called_at is not None) for call in found.calls} == {(True, True), (False, False)}
    assert [each.role for each in found.seen if each.way == "statement"] == [role]


def test_an_old_form_is_a_value() -> None:
    assert OldForm("m", "public", "v", None, ()).anything is False
    assert OldForm("m", "public", "v", "old", ()).anything is True
