"""An audit that lets itself be changed: what somebody with the rights of the table's owner could do."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from sqlalchemy import Connection

_SQLITE = ("audit_no_update", "audit_no_delete", "audit_no_replace")
_POSTGRESQL = ("audit_append_only", "audit_no_truncate")


@contextmanager
def unguarded(connection: Connection) -> Generator[None]:
    """The audit's triggers are off inside (SQLite: from then on)."""
    if connection.dialect.name == "sqlite":
        for name in _SQLITE:
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
        yield
        return
    for name in _POSTGRESQL:
        connection.exec_driver_sql(f"ALTER TABLE audit DISABLE TRIGGER {name}")
    yield
    for name in _POSTGRESQL:
        connection.exec_driver_sql(f"ALTER TABLE audit ENABLE ALWAYS TRIGGER {name}")
