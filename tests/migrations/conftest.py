"""PostgreSQL once per process; a session that waits for nobody and is heard by the test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from strangler.testing.fixtures import postgres  # noqa: F401  found by name
from strangler.testing.postgres import Server
from strangler_migrations.running.session import Session, connected


@pytest.fixture
def database(postgres: Server) -> str:  # noqa: F811
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
