"""PostgreSQL (14 on) as a side: one connection that holds the snapshot, and one for what is so now."""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, Final

import psycopg

from strangler.errors import Refused, Unreachable, UsageError
from strangler_migrations.parity import catalogue
from strangler_migrations.parity.layout import Layout
from strangler_migrations.parity.model import Grid, Key, Range, Relation, Row, Sums
from strangler_migrations.parity.side import Insufficient, Lost, Shape
from strangler_migrations.parity.statements import Method, Statements
from strangler_migrations.pooled import refuse_pooled

_SETTINGS: Final = {
    # How values are written as text: the same everywhere.
    "timezone": "UTC",
    "datestyle": "ISO, YMD",
    "intervalstyle": "postgres",
    "extra_float_digits": "1",
    "bytea_output": "hex",
    "xmloption": "content",
    "lc_monetary": "C",
    "standard_conforming_strings": "on",
    # Rows that a policy hides would be missing without a word; so it is an error instead.
    "row_security": "off",
    # A bucket is a group: hashing them is several times faster than sorting all rows.
    "enable_sort": "off",
    "work_mem": "64MB",
    "max_parallel_workers_per_gather": "0",
    "statement_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    # We wait for nobody who changes the table, or those who come after us would wait, too.
    "lock_timeout": "5s",
}
_BATCH: Final = 200


class PostgresSide:
    """A table or query of one database, by its URL (`postgresql://…`)."""

    def __init__(self, label: str, url: str, relation: Relation) -> None:
        self.label = label
        self.url = url
        self.relation = relation
        self._reading: psycopg.Connection | None = None
        self._fresh: psycopg.Connection | None = None
        self._source = ""
        self._major = 0
        self._at = 0
        self._statements: Statements | None = None

    def shape(self) -> Shape:
        """Columns, key and server."""
        with self._translated():
            found = catalogue.shape(self._connection(), self.relation, self.label)
            self._source = catalogue.source(self._connection(), self.relation, self.label)
            self._major = found.major
            return found

    def prepare(self, layout: Layout, method: Method) -> None:
        """What all further questions are about."""
        self._statements = Statements(self._source, layout, self.label == "right", method, self._major)

    def snapshot(self, shared: str | None = None) -> str:
        """Take one, or the one the other side exported."""
        with self._translated():
            connection = self._connection()
            self._begin(connection, shared)
            if shared is not None:
                return shared
            try:
                return str(_only(connection.execute("SELECT pg_export_snapshot()").fetchone()))
            except psycopg.errors.ObjectNotInPrerequisiteState:
                self._begin(connection, None)  # a standby that exports none; each side then has its own
                return ""

    def read_at(self) -> int:
        """When it was taken."""
        return self._at

    def without_key(self) -> int:
        """Rows with NULL in their key."""
        return int(self._asked(self._sql.without_key())[0][0])

    def extremes(self) -> tuple[int, int] | None:
        """The least and the greatest whole-number key."""
        with self._through_the_index():
            low, high = self._asked(self._sql.extremes())[0]
        return None if low is None else (int(low), int(high))

    def in_order(self) -> bool:
        """Whether the planner reads in the key's order without a sort."""
        plan = self._asked(self._sql.in_order())[0][0][0]["Plan"]
        return not catalogue.sorts(plan)

    def estimated(self, within: Range) -> int:
        """What the planner expects."""
        plan = self._asked(self._sql.estimated(within))[0][0][0]["Plan"]
        return int(plan["Plan Rows"])

    def cuts(self, within: Range, most: int | None, step: int) -> list[tuple[int, Key]]:
        """Keys by rank."""
        return [(int(row[-1]), tuple(row[:-1])) for row in self._asked(self._sql.cuts(within, most, step))]

    def sums(self, within: Range, grid: Grid) -> dict[int, Sums]:
        """By bucket."""
        asked = self._asked(self._sql.sums(within, grid))
        return {int(bucket): (int(rows), int(total)) for bucket, rows, total in asked if rows}

    def keyed(self, within: Range) -> dict[Key, Sums]:
        """By key."""
        return {tuple(row[:-2]): (int(row[-2]), int(row[-1])) for row in self._asked(self._sql.keyed(within))}

    def rows(self, keys: Sequence[Key], *, now: bool = False) -> dict[Key, list[Row]]:
        """In batches, so that no statement grows without end."""
        found: dict[Key, list[Row]] = {}
        width = len(self._sql.layout.key)
        for start in range(0, len(keys), _BATCH):
            for row in self._asked(self._sql.rows(keys[start : start + _BATCH]), now=now):
                found.setdefault(tuple(row[:width]), []).append(tuple(row[width:]))
        return found

    def again(self) -> None:
        """Connect anew."""
        self.close()
        with self._translated():
            self._connection()

    def cancel(self) -> None:
        """From another thread."""
        for connection in (self._reading, self._fresh):
            if connection is not None:
                with contextlib.suppress(psycopg.Error):
                    connection.cancel_safe(timeout=2)

    def close(self) -> None:
        """Both connections."""
        for connection in (self._reading, self._fresh):
            if connection is not None:
                with contextlib.suppress(psycopg.Error):
                    connection.close()
        self._reading = self._fresh = None

    @property
    def _sql(self) -> Statements:
        assert self._statements is not None
        return self._statements

    def _asked(self, sql: str, *, now: bool = False) -> list[tuple[Any, ...]]:
        with self._translated():
            connection = self._present() if now else self._connection()
            return connection.execute(sql.encode()).fetchall()

    def _begin(self, connection: psycopg.Connection, shared: str | None) -> None:
        connection.execute("ROLLBACK")
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        if shared is not None:
            connection.execute(f"SET TRANSACTION SNAPSHOT '{shared}'".encode())
        at = connection.execute("SELECT (extract(epoch FROM clock_timestamp()) * 1000000000)::int8")
        self._at = int(_only(at.fetchone()))

    def _connection(self) -> psycopg.Connection:
        if self._reading is None:
            self._reading = self._connected()
        return self._reading

    def _present(self) -> psycopg.Connection:
        if self._fresh is None:
            self._fresh = self._connected()
        return self._fresh

    def _connected(self) -> psycopg.Connection:
        connect = partial(
            psycopg.connect,
            self.url,
            autocommit=True,
            connect_timeout=10,
            application_name="strangler verify",
            client_encoding="UTF8",
            prepare_threshold=None,
        )
        try:
            connection = connect()
            refuse_pooled(connection, connect)
        except psycopg.OperationalError as error:
            raise Lost(_words(error)) from None
        settings = dict(_SETTINGS)
        if self.relation.table:
            # A range's pages are read in their own order, each once.
            settings["enable_indexscan"] = "off"
        each = ", ".join(["set_config(%s, %s, false)"] * len(settings))
        values = [part for setting in settings.items() for part in setting]
        connection.execute(f"SELECT {each}".encode(), values)
        return connection

    @contextmanager
    def _through_the_index(self) -> Generator[None]:
        """For the ends of the keys: without index scans the server would read all rows to find them."""
        self._asked("SELECT set_config('enable_indexscan', 'on', true)")
        yield
        if self.relation.table:
            self._asked("SELECT set_config('enable_indexscan', 'off', true)")

    @contextmanager
    def _translated(self) -> Generator[None]:
        where = f"{self.label} ({self.relation})"
        try:
            yield
        except psycopg.errors.InsufficientPrivilege as error:
            raise Insufficient(
                f"not everything may be read: {_words(error)}",
                where=where,
                remedy="use a role that may SELECT every row (row level security would hide rows)",
            ) from None
        except psycopg.errors.LockNotAvailable as error:
            raise Lost(_words(error)) from None
        except psycopg.errors.QueryCanceled as error:
            raise Unreachable(f"was stopped: {_words(error)}", where=where) from None
        except (psycopg.OperationalError, psycopg.InterfaceError) as error:
            raise Lost(_words(error)) from None
        except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn) as error:
            raise Refused(
                f"is not as it was: {_words(error)}",
                where=where,
                remedy="begin anew when the schema stands still",
            ) from None
        except psycopg.ProgrammingError as error:
            raise UsageError(f"cannot be asked: {_words(error)}", where=where) from None
        except psycopg.Error as error:
            raise Refused(f"cannot be compared: {_words(error)}", where=where) from None


def _only(row: tuple[Any, ...] | None) -> Any:
    assert row is not None
    return row[0]


def _words(error: Exception) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__
