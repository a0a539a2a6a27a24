"""How far replicas are behind: for how long they have not replayed what the server had already written.

Not `replay_lag`: it is measured when something is replayed, so of a replica that replays nothing it stays as it was.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Final

from strangler_migrations.running.session import Session

_MOST: Final = 4_096
_POSITIONS: Final = """
SELECT pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_insert_lsn(), '0/0')::bigint,
       (SELECT min(pg_catalog.pg_wal_lsn_diff(replay_lsn, '0/0'))::bigint FROM pg_catalog.pg_stat_replication)
"""


@dataclass
class Lag:
    """`max_s`: nothing is filled while a replica is further behind; None: no bound. One that is away does not count."""

    max_s: int | None = None
    _written: deque[tuple[float, int]] = field(
        default_factory=lambda: deque[tuple[float, int]](maxlen=_MOST), init=False
    )

    def reason(self, session: Session) -> str:
        """Why nothing may be filled; empty: it may. Looks, and remembers what was written by now."""
        if self.max_s is None:
            return ""
        row = session.connection.execute(_POSITIONS).fetchone()
        assert row is not None
        written, replayed = row
        now = session.monotonic()
        self._written.append((now, int(written)))
        if replayed is None:
            return ""
        while self._written and self._written[0][1] <= replayed:
            self._written.popleft()
        behind = now - self._written[0][0] if self._written else 0.0
        return f"a replica is more than {self.max_s} s behind" if behind > self.max_s else ""
