"""An end to reading: what takes too long is ended where it runs, and so is everything when whoever reads goes.

SQLite is asked between steps of a query, in the thread that runs it; PostgreSQL ends a statement by itself
(`statement_timeout`) and is told to when everything is to end. Nothing that was written stays half done: what is ended
is rolled back.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakSet

from sqlalchemy import Connection, Engine, event

from strangler.errors import LedgerUnavailable

if TYPE_CHECKING:
    from sqlalchemy.engine.interfaces import DBAPICursor, ExecutionContext

_STEPS: Final = 100_000
"""Of SQLite's machine between two looks at the clock: some milliseconds, so that looking costs nothing."""
_CANCEL_SECONDS: Final = 1.0
_CANCELED: Final = "57014"
"""PostgreSQL's query_canceled."""
_UNTIL: Final = "strangler_until"


class TookTooLong(LedgerUnavailable):
    """A question to the ledger was given up: it took longer than whoever asked waits, or the process ends."""


class Patience:
    """How long a transaction may take, in `seconds`, for all transactions of an engine. `clock`: seconds that never go
    back. Threads may share it. `given_up`: how many were ended for taking too long.
    """

    def __init__(self, seconds: float, clock: Callable[[], float]) -> None:
        self.seconds, self._clock = seconds, clock
        self.given_up = 0
        self._ended = False
        self._lock = threading.Lock()
        self._here = threading.local()
        self._running: WeakSet[Any] = WeakSet()

    def watch(self, engine: Engine) -> None:
        """Hold every transaction of this engine to it. Called once, before the first."""
        event.listen(engine, "begin", self._begun)
        event.listen(engine, "commit", self._over)
        event.listen(engine, "rollback", self._over)
        event.listen(engine, "before_cursor_execute", self._asked)

    @contextmanager
    def lasting(self, seconds: float) -> Generator[None]:
        """What this thread asks inside the block may take so long: what is read once for many."""
        self._here.seconds = seconds
        try:
            yield
        finally:
            del self._here.seconds

    def end(self) -> None:
        """End what runs now, and refuse what comes. From any thread; may take a second where PostgreSQL is far."""
        self._ended = True
        with self._lock:
            running = list(self._running)
        for raw in running:
            with suppress(Exception):  # a server that is away: `statement_timeout` ends it there
                raw.cancel_safe(timeout=_CANCEL_SECONDS)

    def ended(self, where: str) -> TookTooLong:
        """What to say of a transaction that was ended from here, in place of the database's own word. `where`: the
        ledger's URL, safe to show.
        """
        if self._ended:
            return TookTooLong("the question to the ledger was ended, as the process ends", where=where)
        self.given_up += 1
        return TookTooLong(
            f"the ledger took longer than {self._longest:g} s to answer; the question was given up",
            where=where,
            remedy="ask for less (one route, one severity, no search), or again in a while; where it stays so, see "
            "what else uses the ledger's disk or server",
        )

    def _begun(self, connection: Connection) -> None:
        raw: Any = connection.connection.driver_connection
        until = self._clock() + self._longest
        connection.info[_UNTIL] = until
        if isinstance(raw, sqlite3.Connection):
            raw.set_progress_handler(lambda: self._is_over(until), _STEPS)
            return
        with self._lock:
            self._running.add(raw)
        connection.exec_driver_sql(f"SET LOCAL statement_timeout = {round(self._longest * 1000)}")

    def _over(self, connection: Connection) -> None:
        if connection.invalidated:  # it broke: there is nothing left to end
            return
        raw: Any = connection.connection.driver_connection
        connection.info.pop(_UNTIL, None)
        if isinstance(raw, sqlite3.Connection):
            raw.set_progress_handler(None, 0)
            return
        with self._lock:
            self._running.discard(raw)

    def _asked(
        self,
        connection: Connection,
        _cursor: DBAPICursor,
        _statement: str,
        _parameters: Any,
        _context: ExecutionContext | None,
        _many: bool,
    ) -> None:
        """Between two statements: many that are quick by themselves may take long together."""
        until = connection.info.get(_UNTIL)
        if until is not None and self._is_over(until):
            raise self.ended(connection.engine.url.render_as_string(hide_password=True))

    @property
    def _longest(self) -> float:
        return float(getattr(self._here, "seconds", self.seconds))

    @staticmethod
    def caused(error: Exception) -> bool:
        """Whether this is what a database says to a statement that was ended."""
        cause = getattr(error, "orig", None)
        interrupted = getattr(cause, "sqlite_errorcode", None) == sqlite3.SQLITE_INTERRUPT
        return interrupted or getattr(cause, "sqlstate", None) == _CANCELED

    def _is_over(self, until: float) -> bool:
        return self._ended or self._clock() > until
