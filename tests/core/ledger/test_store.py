"""Opening, upgrading, and every way in which a ledger cannot be used."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config as AlembicConfig
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

import strangler.ledger
from strangler.errors import LedgerMismatch, LedgerUnavailable, UsageError
from strangler.ledger import audit, store
from strangler.ledger.facts import Fact, facts, put, put_lag
from strangler.ledger.flush import flush
from strangler.ledger.planes import worker_heartbeat
from strangler.ledger.store import Ledger, open_ledger
from strangler.ledger.tables import REVISION, metadata
from strangler.testing.judged import Judged
from strangler.testing.postgres import Server

_REVISIONS = Path(strangler.ledger.__file__).parent / "revisions"


def test_the_migrated_schema_is_the_one_the_code_knows(ledger: Ledger) -> None:
    with ledger.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_the_revision_is_the_last_script() -> None:
    config = AlembicConfig()
    config.set_main_option("script_location", str(_REVISIONS))
    assert ScriptDirectory.from_config(config).get_heads() == [REVISION]


def test_a_relative_file_is_relative_to_the_folder(tmp_path: Path) -> None:
    open_ledger("sqlite:///a.db", tmp_path).close()
    assert (tmp_path / "a.db").is_file()
    ledger = open_ledger(f"sqlite:///{tmp_path}/a.db", Path("/nowhere"), create=False)
    ledger.close()
    ledger.close()


def test_the_password_is_never_printed(postgres: Server) -> None:
    url = postgres.create_database().replace("//strangler@", "//strangler:hunter2@")
    ledger = open_ledger(url, Path())
    assert "hunter2" not in ledger.url
    ledger.close()


@pytest.mark.parametrize(
    "url", ["mysql://h/d", "nonsense", "sqlite://", "sqlite:///:memory:", "postgresql+asyncpg://h/d", ""]
)
def test_other_urls_are_refused_with_what_would_be_right(url: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        open_ledger(url, tmp_path)
    assert "postgresql://user@host/database" in str(caught.value)


def test_a_variable_in_the_url_is_filled_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WHERE", "b.db")
    open_ledger("sqlite:///${WHERE}", tmp_path).close()
    assert (tmp_path / "b.db").is_file()
    with pytest.raises(UsageError, match="NOT_SET_HERE"):
        open_ledger("sqlite:///${NOT_SET_HERE}", tmp_path)


def test_no_ledger_is_made_where_none_was_asked_for(tmp_path: Path, postgres: Server) -> None:
    with pytest.raises(LedgerUnavailable, match="no ledger yet"):
        open_ledger("sqlite:///a.db", tmp_path, create=False)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(LedgerMismatch, match="no ledger in this database"):
        open_ledger(postgres.create_database(), tmp_path, create=False)
    with pytest.raises(LedgerUnavailable, match="folder"):
        open_ledger("sqlite:///no/such/a.db", tmp_path)


_AFTER = f"{int(REVISION) + 1:04d}"
_NEXT = f"""
import sqlalchemy as sa
from alembic import op

revision = "{_AFTER}"
down_revision = "{REVISION}"


def upgrade() -> None:
    op.add_column("strata", sa.Column("note", sa.Text(), nullable=False, server_default=""))
    op.execute("UPDATE strata SET note = label || '=' || value")
"""


@pytest.fixture
def next_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The version of strangler after this one: it knows one revision more."""
    revisions = tmp_path / "100% later"
    shutil.copytree(_REVISIONS, revisions)
    (revisions / "versions" / f"{_AFTER}_next.py").write_text(_NEXT, encoding="utf-8")
    monkeypatch.setattr(store, "_REVISIONS", revisions)
    monkeypatch.setattr(store, "REVISION", _AFTER)


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_an_older_ledger_is_brought_up_with_what_it_holds(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = "sqlite:///a.db" if kind == "sqlite" else request.getfixturevalue("postgres").create_database()
    ledger = open_ledger(url, tmp_path)
    with ledger.begin() as connection:
        connection.execute(text("INSERT INTO strata (label, value) VALUES ('country', 'DE')"))
    ledger.close()
    request.getfixturevalue("next_version")
    with pytest.raises(LedgerMismatch, match=f"schema is {REVISION}, this version knows {_AFTER}"):
        open_ledger(url, tmp_path, create=False)
    ledger = open_ledger(url, tmp_path)
    with ledger.read() as connection:
        assert connection.execute(text("SELECT note FROM strata")).scalar_one() == "country=DE"
    ledger.close()
    open_ledger(url, tmp_path, create=False).close()


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_a_ledger_of_the_first_revision_is_brought_up(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = "sqlite:///a.db" if kind == "sqlite" else request.getfixturevalue("postgres").create_database()
    first = tmp_path / "first"
    shutil.copytree(
        _REVISIONS, first, ignore=lambda _, names: [n for n in names if n[:4].isdigit() and n[:4] > "0001"]
    )
    with monkeypatch.context() as patch:
        patch.setattr(store, "_REVISIONS", first)
        patch.setattr(store, "REVISION", "0001")
        ledger = open_ledger(url, tmp_path)
        with ledger.begin() as connection:
            connection.execute(text("INSERT INTO strata (label, value) VALUES ('country', 'DE')"))
        ledger.close()
    ledger = open_ledger(url, tmp_path)
    with ledger.read() as connection:
        assert connection.execute(text("SELECT value FROM strata")).scalar_one() == "DE"
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    ledger.close()


def test_a_ledger_of_another_version_is_not_touched(ledger: Ledger, ledger_url: str) -> None:
    with ledger.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    try:
        with pytest.raises(LedgerMismatch, match="9999"):
            open_ledger(ledger_url, Path(), create=False)
        with pytest.raises(LedgerMismatch, match="later version"):
            open_ledger(ledger_url, Path())
    finally:
        with ledger.begin() as connection:
            connection.execute(text(f"UPDATE alembic_version SET version_num = '{REVISION}'"))


def test_what_is_no_ledger_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.db").write_text("x" * 5000)
    with pytest.raises(LedgerUnavailable, match="not a database"):
        open_ledger("sqlite:///a.db", tmp_path)
    sqlite3.connect(tmp_path / "empty.db").close()
    with pytest.raises(LedgerMismatch, match="no ledger in this database"):
        open_ledger("sqlite:///empty.db", tmp_path, create=False)


def test_a_lock_held_for_too_long_is_unavailable_and_passes(
    ledger: Ledger, ledger_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "_WAIT_MS", 100)
    other = open_ledger(ledger_url, Path(), create=False)
    with ledger.begin() as connection:
        audit.append(connection, at_ns=1, actor="a", action="b", subject="c")
        with pytest.raises(LedgerUnavailable, match="lock"), other.begin():
            pass
        with other.read() as reading:
            assert audit.head(reading) is None  # readers never wait, and see only what was committed
    with other.begin() as connection:
        audit.append(connection, at_ns=2, actor="a", action="b", subject="c")
    other.close()
    with ledger.read() as connection:
        assert len(audit.entries(connection)) == 2


def test_a_read_sees_one_moment(ledger: Ledger) -> None:
    with ledger.read() as reading:
        assert worker_heartbeat(reading, 1) is None
        with ledger.begin() as connection:
            flush(connection, [], now_ns=1, worker="w")
        assert worker_heartbeat(reading, 1) is None
    with ledger.read() as reading:
        assert worker_heartbeat(reading, 1) == 1


def test_threads_share_a_ledger(ledger: Ledger) -> None:
    def append(name: str) -> None:
        for number in range(10):
            with ledger.begin() as connection:
                audit.append(connection, at_ns=number, actor=name, action="b", subject="c")

    threads = [threading.Thread(target=append, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with ledger.read() as connection:
        assert len(audit.entries(connection)) == 40
        assert audit.verify(connection) is None


def test_a_full_disk_is_unavailable_and_loses_nothing_older(tmp_path: Path, sqlite_template: Path) -> None:
    (tmp_path / "a.db").write_bytes(sqlite_template.read_bytes())
    ledger = open_ledger("sqlite:///a.db", tmp_path)
    judged = Judged()
    with ledger.begin() as connection:
        flush(connection, [judged.equal()], now_ns=1, worker="w")
        pages = connection.execute(text("PRAGMA page_count")).scalar_one()
    batch = [judged.different(fingerprint=f"f{number}") for number in range(400)]
    with pytest.raises(LedgerUnavailable, match="full"), ledger.begin() as connection:  # noqa: PT012  the setting holds for this connection
        connection.execute(text(f"PRAGMA max_page_count = {pages + 2}"))
        flush(connection, batch, now_ns=2, worker="w")
    ledger.close()
    ledger = open_ledger("sqlite:///a.db", tmp_path)
    with ledger.begin() as connection:
        assert worker_heartbeat(connection, 1) == 1
        flush(connection, batch, now_ns=3, worker="w")
    ledger.close()


def test_a_read_only_file_is_unavailable(tmp_path: Path, sqlite_template: Path) -> None:
    (tmp_path / "a.db").write_bytes(sqlite_template.read_bytes())
    ledger = open_ledger("sqlite:///a.db", tmp_path)
    with pytest.raises(LedgerUnavailable, match="readonly"), ledger.begin() as connection:  # noqa: PT012  as above
        connection.execute(text("PRAGMA query_only = ON"))
        flush(connection, [], now_ns=2, worker="w")
    ledger.close()


@pytest.mark.postgres
def test_a_server_that_crashed_is_unavailable_and_comes_back() -> None:
    import tempfile

    from strangler.testing.postgres import NoPostgresError, start

    folder = Path(tempfile.mkdtemp(prefix="strangler-crash-"))
    try:
        server = start(folder, environment={})
    except NoPostgresError as error:
        pytest.skip(str(error))
    ledger = open_ledger(server.create_database(), Path())
    try:
        with ledger.begin() as connection:
            flush(connection, [], now_ns=1, worker="w")
        server.crash()
        with pytest.raises(LedgerUnavailable), ledger.begin():
            pass
        with pytest.raises(LedgerUnavailable), ledger.read():
            pass
        server.restart()
        with ledger.read() as connection:
            assert worker_heartbeat(connection, 1) == 1
    finally:
        ledger.close()
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def test_a_postgres_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(LedgerUnavailable, match="connection"):
        open_ledger("postgresql://nobody@127.0.0.1:1/none", tmp_path)


def test_the_latest_fact_counts(ledger: Ledger) -> None:
    from decimal import Decimal

    with ledger.begin() as connection:
        put_lag(connection, "reads", Decimal("1.50"), 10)
        put(connection, Fact("lag", "reads", "9", "", 5))
        put(connection, Fact("migration", "m1", "verify", "d", 1))
        assert facts(connection, "lag") == [Fact("lag", "reads", "1.50", "", 10)]
        put_lag(connection, "reads", Decimal("1E+1"), 20)
        assert [fact.phase for fact in facts(connection)] == ["10", "verify"]


def test_importing_the_package_loads_no_database(tmp_path: Path) -> None:
    import subprocess
    import sys

    code = "import sys, strangler.ledger, strangler.gate, strangler.cutover; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    loaded = set(done.stdout.split())
    assert not loaded & {"sqlalchemy", "alembic", "psycopg", "jsonpath", "mitmproxy", "aiohttp", "pydantic"}


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="only Linux lists open files")
def test_open_files_do_not_pile_up(tmp_path: Path, sqlite_template: Path) -> None:
    (tmp_path / "a.db").write_bytes(sqlite_template.read_bytes())
    opened = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(20):
        ledger = open_ledger("sqlite:///a.db", tmp_path, create=False)
        with ledger.read() as connection:
            assert worker_heartbeat(connection, 1) is None
        ledger.close()
    assert len(list(Path("/proc/self/fd").iterdir())) <= opened + 2
