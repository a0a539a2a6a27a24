"""Dead rows: a backfill leaves as many as it writes, and a table that nobody cleans meanwhile grows to twice its size.

Autovacuum looks once a minute, and by then most is filled. So VACUUM runs after every fifth of the table: what is
filled next takes the place of what was removed. It is as fast as the backfill may be: beside others at work it rests
for 2 ms after each tenfold of what autovacuum does between its rests, and it keeps autovacuum's own pace beside a
backfill that is held to a rate. Like autovacuum it takes SHARE UPDATE EXCLUSIVE, and steps aside where that is taken;
it never cuts the file's end, for which it would take ACCESS EXCLUSIVE.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from strangler_migrations.running.obstacles import obstacles
from strangler_migrations.running.session import Session, refusals

_EVERY: Final = 5
"""A VACUUM for each so-manyth part of the table."""
_LEAST_ROWS: Final = 50_000
_AGAIN_S: Final = 30.0
_BESIDE_OTHERS: Final = 0.25
"""So many other sessions at work, on average, are worth resting for."""
_AUTOVACUUM: Final = 200
_BRISK: Final = 2_000
"""What VACUUM's pages may cost between two rests (`vacuum_cost_limit`): as autovacuum, and beside others at work."""
_PACE: Final = "SELECT set_config('vacuum_cost_delay', %s, false), set_config('vacuum_cost_limit', %s, false)"


@dataclass
class Bloat:
    """`max_dead`: nothing is filled while a larger share of the table's rows is dead, although VACUUM ran.
    `gently`: VACUUM keeps the pace of autovacuum.
    """

    max_dead: Decimal | None = None
    gently: bool = False
    _written: int = field(default=0, init=False)
    _vacuumed_at: float | None = field(default=None, init=False)
    _others: float = field(default=0.0, init=False)

    def wrote(self, session: Session, on: str, rows: int, total: int, others: float = 0.0) -> None:
        """After a range: VACUUM, when there is enough to remove. `others`: sessions at work to rest for, on average."""
        self._written += rows
        self._others = others
        if self._written >= max(_LEAST_ROWS, total // _EVERY):
            self._vacuum(session, on)

    def filled(self, session: Session, on: str) -> None:
        """After a table: what is left goes, and the planner knows the new columns before anything is built on them."""
        self._vacuum(session, on)
        self._vacuumed_at = None
        analyse(session, on)

    def reasons(self, session: Session, on: str) -> Iterator[str]:
        """Why nothing may be filled, while too much is dead."""
        if self.max_dead is None or (share := _dead(session, on)) <= self.max_dead:
            return
        if self._vacuumed_at is None or session.monotonic() - self._vacuumed_at > _AGAIN_S:
            self._vacuum(session, on)
            share = _dead(session, on)
        if share > self.max_dead:
            # Its own word for who it is: what VACUUM may remove ends where the oldest view of the data begins.
            holds = next(iter(obstacles(session, (), older_than_s=0)), None)
            why = f": {holds}" if holds else ""
            yield f"{share:.0%} of the rows of {on} are dead, and VACUUM does not remove them{why}"

    def _vacuum(self, session: Session, on: str) -> None:
        self._written, self._vacuumed_at = 0, session.monotonic()
        limit = _AUTOVACUUM if self.gently else _BRISK
        rests = self.gently or self._others >= _BESIDE_OTHERS
        with _paced(session, limit) if rests else nullcontext(), refusals(f"VACUUM {on}"):
            session.connection.execute(f"VACUUM (SKIP_LOCKED, TRUNCATE false) {on}".encode())


@contextmanager
def _paced(session: Session, limit: int) -> Generator[None]:
    """VACUUM rests between its pages, as autovacuum does."""
    row = session.connection.execute(
        "SELECT current_setting('vacuum_cost_delay'), current_setting('vacuum_cost_limit')"
    ).fetchone()
    session.connection.execute(_PACE, ("2ms", str(limit)))
    try:
        yield
    finally:
        if row and not session.connection.broken:
            session.connection.execute(_PACE, row)


def analyse(session: Session, on: str) -> None:
    """ANALYZE; where somebody else cleans the table just now, that one counts its rows, too."""
    with refusals(f"ANALYZE {on}"):
        session.connection.execute(f"ANALYZE (SKIP_LOCKED) {on}".encode())


def _dead(session: Session, on: str) -> Decimal:
    """The share of the table's rows that is dead, as the server counts."""
    row = session.connection.execute(
        "SELECT n_dead_tup, n_dead_tup + greatest(n_live_tup, c.reltuples)::bigint"
        " FROM pg_catalog.pg_stat_all_tables s JOIN pg_catalog.pg_class c ON c.oid = s.relid"
        " WHERE s.relid = %s::regclass",
        (on,),
    ).fetchone()
    return Decimal(0) if row is None or not row[1] else Decimal(row[0]) / Decimal(row[1])
