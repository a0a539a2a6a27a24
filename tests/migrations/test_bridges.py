"""Beside other tools: a real Alembic runs strangler's files; Django's table and files are read."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
from alembic import command
from alembic.config import Config

from strangler.errors import Refused, StranglerError, UsageError
from strangler_migrations.bridges.django import files, standing
from strangler_migrations.running import lifecycle, store
from strangler_migrations.running.session import Session

pytestmark = pytest.mark.postgres

ENV = """
from alembic import context
from sqlalchemy import NullPool, create_engine

if context.is_offline_mode():
    context.configure(url=context.config.get_main_option("sqlalchemy.url"), literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()
else:
    with create_engine(context.config.get_main_option("sqlalchemy.url"), poolclass=NullPool).connect() as connection:
        context.configure(connection=connection)
        with context.begin_transaction():
            context.run_migrations()
"""
REVISION = """
from alembic import op
import strangler_migrations.bridges.alembic

revision = "{revision}"
down_revision = {down}

def upgrade():
    {up}

def downgrade():
    {back}
"""
TABLE = 'op.execute("CREATE TABLE t (id int PRIMARY KEY, v int); INSERT INTO t VALUES (1, 7)")'
FILE = """\
operations:
  - alter_column: {table: t, column: v, type: bigint, up: v * 2, down: v / 2}
"""


@pytest.fixture
def alembic(database: str, tmp_path: Path) -> Config:
    """A project: a table, a strangler file, what needs its contract."""
    (tmp_path / "versions").mkdir()
    (tmp_path / "env.py").write_text(ENV)
    (tmp_path / "07_double.yaml").write_text(FILE)
    steps = (
        ("a", "None", TABLE, 'op.execute("DROP TABLE t")'),
        ("b", "'a'", "op.execute('UPDATE t SET v = 8'); op.strangler('07_double.yaml')",
         "op.strangler('07_double.yaml', phase='rollback')"),
        ("c", "'b'", "op.strangler('07_double.yaml', phase='complete')", "pass"),
    )  # fmt: skip
    for revision, down, up, back in steps:
        text = REVISION.format(revision=revision, down=down, up=up, back=back)
        (tmp_path / "versions" / f"{revision}.py").write_text(text)
    config = Config()
    config.set_main_option("script_location", str(tmp_path))
    config.set_main_option(
        "sqlalchemy.url", database.replace("postgresql://", "postgresql+psycopg://").replace("%", "%%")
    )
    return config


def stamped(session: Session) -> object:
    return session.connection.execute("SELECT version_num FROM alembic_version").fetchone()


def test_alembic_starts_waits_for_the_contract_and_goes_back(alembic: Config, session: Session) -> None:
    command.upgrade(alembic, "b")
    (record,) = store.migrations(session.connection)
    assert (record.name, record.state) == ("07_double", "verified")
    assert record.actor.endswith(" by alembic")
    assert stamped(session) == ("b",)
    assert session.connection.execute("SELECT v FROM public_07_double.t").fetchone() == (16,)
    with pytest.raises(Refused, match="07_double is verified, and this revision needs its `complete`"):
        command.upgrade(alembic, "c")
    assert stamped(session) == ("b",)
    command.downgrade(alembic, "a")
    assert store.migrations(session.connection)[0].state == "rolled back"
    command.upgrade(alembic, "b")
    lifecycle.complete(session, "07_double")
    command.upgrade(alembic, "c")
    assert stamped(session) == ("c",)


def test_a_revision_that_breaks_is_not_stamped_and_goes_on(
    alembic: Config, session: Session, tmp_path: Path
) -> None:
    command.upgrade(alembic, "a")
    session.connection.execute("INSERT INTO t SELECT i, 2 FROM generate_series(2, 1500) i")
    text = "CASE WHEN id < 1500 THEN v * 2 ELSE v * 2 / (SELECT v - 8 FROM t AS o WHERE o.id = 1) END"
    (tmp_path / "07_double.yaml").write_text(FILE.replace("up: v * 2", f'up: "{text}"'))
    with pytest.raises(StranglerError, match="division by zero"):
        command.upgrade(alembic, "b")
    assert stamped(session) == ("a",)
    assert store.migrations(session.connection)[0].state == "backfilling"
    # The same revision once more, with what was in its way gone; what it did before is done again.
    # Of another length: within a second, a file of the same one is what Python has compiled already.
    revision = tmp_path / "versions" / "b.py"
    revision.write_text(revision.read_text().replace("SET v = 8", "SET v = 16"))
    command.upgrade(alembic, "b")
    assert store.migrations(session.connection)[0].state == "verified"
    assert stamped(session) == ("b",)


def test_offline_it_says_what_a_script_cannot_do(alembic: Config, capsys: pytest.CaptureFixture[str]) -> None:
    command.upgrade(alembic, "a:b", sql=True)
    assert "-- strangler migrate start 07_double.yaml: not part of a script" in capsys.readouterr().out


def test_what_alembic_cannot_mean(alembic: Config, session: Session, tmp_path: Path) -> None:
    revision = tmp_path / "versions" / "b.py"
    good = revision.read_text()
    for call, words in (
        ("op.strangler('08.yaml')", "cannot be read"),
        ("op.strangler('07_double.yaml', phase='contract')", "there is no phase `contract`"),
    ):
        revision.write_text(good.replace("op.strangler('07_double.yaml')", call))
        with pytest.raises(UsageError, match=words):
            command.upgrade(alembic, "b")
    assert not store.exists(session.connection)


MIGRATION = "class Migration:\n    dependencies = []\n"


@pytest.fixture
def project(session: Session, tmp_path: Path) -> Path:
    session.connection.execute(
        "CREATE TABLE django_migrations (id bigserial PRIMARY KEY, app varchar(255), name varchar(255))"
    )
    for name in ("0001_initial", "0002_amounts", "0003_tax"):
        file = tmp_path / "billing" / "migrations" / f"{name}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(MIGRATION)
    (tmp_path / "billing" / "migrations" / "__init__.py").write_text("")
    (tmp_path / "billing" / "migrations" / "helpers.py").write_text("def up(): ...\n")
    return tmp_path


def applied(session: Session, *names: str) -> None:
    for name in names:
        session.connection.execute(
            "INSERT INTO django_migrations (app, name) VALUES (%s, %s)", tuple(name.split("."))
        )


def test_pending_migrations_of_django(session: Session, project: Path) -> None:
    applied(session, "billing.0001_initial", "billing.0009_gone", "auth.0001_initial")
    found = standing(session.connection, files([project]))
    assert ([each.name for each in found.pending], found.applied) == (["0002_amounts", "0003_tax"], 1)
    assert found.absent == ("billing.0009_gone",)
    applied(session, "billing.0002_amounts", "billing.0003_tax")
    assert standing(session.connection, files([project])).pending == ()


def test_a_squashed_migration_is_applied_when_all_of_it_is(session: Session, project: Path) -> None:
    folder = project / "billing" / "migrations"
    for each in folder.glob("000*.py"):
        each.unlink()
    pairs = '[("billing", "0001_initial"), ("billing", "0002_amounts")]'
    (folder / "0001_squashed.py").write_text(f"{MIGRATION}    replaces = {pairs}\n")
    applied(session, "billing.0001_initial")
    assert [each.name for each in standing(session.connection, files([project])).pending] == ["0001_squashed"]
    applied(session, "billing.0002_amounts")
    found = standing(session.connection, files([project]))
    assert (found.pending, found.absent) == ((), ())


def test_what_is_no_project_of_django(session: Session, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such folder"):
        list(files([tmp_path / "none"]))
    with pytest.raises(UsageError, match="holds no migration"):
        list(files([tmp_path]))
    with pytest.raises(UsageError, match="no table django_migrations"):
        standing(session.connection, ())
    (tmp_path / "app" / "migrations").mkdir(parents=True)
    (tmp_path / "app" / "migrations" / "0001.py").write_text("class Migration(:\n")
    with pytest.raises(UsageError, match="cannot be read"):
        list(files([tmp_path]))
    with psycopg.connect(session.connection.info.dsn) as connection:
        assert connection.execute("SELECT to_regclass('django_migrations')").fetchone() == (None,)
