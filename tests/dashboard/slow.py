"""A ledger that is really slow: what the list of divergences is read from takes minutes."""

from __future__ import annotations

from sqlalchemy import text

from strangler.ledger.store import Ledger

_SQLITE = (
    "ALTER TABLE divergences RENAME TO divergences_kept",
    """CREATE VIEW divergences AS SELECT * FROM divergences_kept WHERE (WITH RECURSIVE c(n) AS
    (SELECT 1 UNION ALL SELECT n + 1 FROM c LIMIT 100000000000) SELECT max(n) FROM c) > 0""",
)
_POSTGRES = (
    "ALTER TABLE divergences RENAME TO divergences_kept",
    """CREATE VIEW divergences AS SELECT k.* FROM (SELECT pg_sleep(600) IS NULL AS slept) s, divergences_kept k
    WHERE s.slept IS NOT NULL""",
)


def slow_down(ledger: Ledger) -> None:
    """From now on whoever asks for divergences waits."""
    with ledger.begin() as connection:
        for statement in _SQLITE if ledger.engine.dialect.name == "sqlite" else _POSTGRES:
            connection.execute(text(statement))
