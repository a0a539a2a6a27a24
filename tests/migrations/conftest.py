"""PostgreSQL once per process; a session that waits for nobody and is heard by the test."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from strangler.testing.postgres import Server
from strangler_migrations.running import store
from strangler_migrations.running.session import Session, connected


@pytest.fixture
def database(postgres: Server) -> str:
    """An empty database's address."""
    return postgres.create_database()


@pytest.fixture
def said() -> list[str]:
    """What the session told."""
    return []


@pytest.fixture
def session(database: str, said: list[str]) -> Iterator[Session]:
    """A session on the empty database."""
    with connected(database) as connection:
        yield Session(connection, "public", "ann", tell=said.append, chance=lambda: 0.5)


@pytest.fixture(scope="module")
def untouched(postgres: Server, request: pytest.FixtureRequest) -> Iterator[Session]:
    """A session on a database with the module's SCHEMA, in which strangler leaves nothing."""
    with connected(postgres.create_database()) as connection:
        connection.execute(request.module.SCHEMA.encode())
        yield Session(connection, "public", "ann")
        assert not store.exists(connection)


@pytest.fixture
def standby(postgres: Server) -> Iterator[Callable[[str], str]]:
    """A real standby: gives the address of a database there."""
    if postgres.folder is None:
        pytest.skip("a server by its address is not ours to copy")
    folder = Path(tempfile.mkdtemp(prefix="strangler-standby-"))
    other = postgres.standby(folder)
    try:
        yield lambda name: other.url.removesuffix("postgres") + name
    finally:
        other.stop()
        shutil.rmtree(folder, ignore_errors=True)
