"""Fixtures for pytest: a ledger on SQLite and on PostgreSQL. Import them in the uppermost `conftest.py`, and only there
(imported in two places they are two fixtures, each with a server of its own):

    from strangler.testing.fixtures import ledger, ledger_url, postgres, sqlite_template  # noqa: F401

`ledger` runs each test twice. The server is started once per process, so pytest-xdist's workers do not meet.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from strangler.ledger.store import Ledger, open_ledger
from strangler.ledger.tables import metadata
from strangler.testing.postgres import MANY_DATABASES, NoPostgresError, Server, start
from strangler.testing.unguarded import unguarded


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A running PostgreSQL server."""
    folder = Path(tempfile.mkdtemp(prefix="strangler-postgres-"))
    try:
        server = start(folder, settings=MANY_DATABASES)
    except NoPostgresError as error:
        folder.rmdir()
        pytest.skip(str(error))
    yield server
    server.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_ledger(postgres: Server) -> Iterator[Ledger]:
    """One migrated ledger on it, for the whole session."""
    ledger = open_ledger(postgres.create_database(), Path())
    yield ledger
    ledger.close()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite ledger to copy."""
    folder = tmp_path_factory.mktemp("ledger")
    open_ledger("sqlite:///template.db", folder).close()
    return folder / "template.db"


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def ledger(request: pytest.FixtureRequest, tmp_path: Path, sqlite_template: Path) -> Iterator[Ledger]:
    """An empty ledger, on either."""
    if request.param == "sqlite":
        shutil.copy(sqlite_template, tmp_path / "ledger.db")
        ledger = open_ledger("sqlite:///ledger.db", tmp_path)
        yield ledger
        ledger.close()
        return
    ledger = request.getfixturevalue("postgres_ledger")
    names = ", ".join(f'"{name}"' for name in metadata.tables)
    with ledger.begin() as connection, unguarded(connection):
        connection.execute(text(f"TRUNCATE {names} RESTART IDENTITY CASCADE"))
    yield ledger


@pytest.fixture
def ledger_url(ledger: Ledger) -> str:
    """Its URL, with the password: what another process opens."""
    return ledger.engine.url.render_as_string(hide_password=False)
