"""MariaDB or MySQL as the source of rows, through SQLAlchemy and PyMySQL, in sessions that may only read.

The server writes each value as text, which PostgreSQL reads: no driver's type stands between the two. Moments are those
of UTC. FLOAT is read as DOUBLE, since its own text has six digits; BIT as a number.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, cast

from strangler.errors import UsageError
from strangler_migrations.parity.model import Relation
from strangler_migrations.parity.side import Insufficient
from strangler_migrations.parity.source import BATCH, Cells, Found

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine
    from sqlalchemy.exc import SQLAlchemyError

_FLOAT, _BIT = 4, 16
_NUMBERS: Final = frozenset({0, 1, 2, 3, _FLOAT, 5, 8, 9, 13, _BIT, 246})
"""The protocol's codes of DECIMAL, TINY, SHORT, LONG, FLOAT, DOUBLE, LONGLONG, INT24, YEAR, BIT and NEWDECIMAL."""
_AWAY: Final = frozenset({1040, 1053, 1203, 2002, 2003, 2006, 2013, 2055})
"""Too many connections, shutting down, and the client's own codes for a server that is not there."""


@dataclass(frozen=True, slots=True)
class MariaDbSource:
    """A table or query on a server. `url`: `mariadb://user@host/database`, or `mysql://…`."""

    label: str
    url: str
    relation: Relation
    _codes: dict[str, int] = field(default_factory=dict[str, int])

    @property
    def server(self) -> str:
        """Host, port and database."""
        from sqlalchemy import make_url

        url = make_url(self.url)
        return f"{url.host or 'localhost'}:{url.port or 3306}/{url.database or ''}"

    @property
    def version(self) -> str:
        """As the server says it."""
        with self._connected() as connection:
            row = connection.exec_driver_sql("SELECT version()").fetchone()
        said = str(row[0]) if row else ""
        return said if "MariaDB" in said else f"MySQL {said}"

    def found(self) -> Found:
        """Raises UsageError for what is not there."""
        with self._connected() as connection:
            result = connection.exec_driver_sql(f"SELECT * FROM {self._from} LIMIT 0")
            described = result.cursor.description if result.cursor else ()
            self._codes.clear()
            self._codes.update((each[0], cast("int", each[1])) for each in described)
            numbers = frozenset(name for name, code in self._codes.items() if code in _NUMBERS)
            return Found(tuple(self._codes), self._key(connection), numbers)

    def rows(self, columns: Sequence[str]) -> Iterator[Cells]:
        """All of them, of one moment: one statement, which InnoDB answers from one view of the data."""
        with self._connected() as connection:
            streamed = connection.execution_options(stream_results=True, max_row_buffer=BATCH)
            yield from map(
                tuple, streamed.exec_driver_sql(f"SELECT {self._listed(columns)} FROM {self._from}")
            )

    def some(self, columns: Sequence[str], key: str, values: Sequence[str | int]) -> Iterator[Cells]:
        """At least those with some keys, as they are now: a collation may take several texts for one."""
        from sqlalchemy import bindparam, text

        sql = f"SELECT {self._listed(columns)} FROM {self._from} WHERE {_quoted(key)} IN :keys"
        asked = text(sql.replace(":", r"\:").replace(r"\:keys", ":keys")).bindparams(
            bindparam("keys", expanding=True)
        )
        with self._connected(parameters=True) as connection:
            for start in range(0, len(values), BATCH):
                found = connection.execute(asked, {"keys": list(values[start : start + BATCH])})
                yield from map(tuple, found)

    def _key(self, connection: Connection) -> tuple[str, ...]:
        from sqlalchemy import inspect

        if not self.relation.table:
            return ()
        schema, _, name = self.relation.table.replace("`", "").rpartition(".")
        found = inspect(connection).get_pk_constraint(name, schema=schema or None)
        return tuple(found["constrained_columns"])

    @property
    def _from(self) -> str:
        return (
            self.relation.table or f"({self.relation.query.strip().rstrip(';')}\n) AS s"
        )  # it may end in a comment

    def _listed(self, columns: Sequence[str]) -> str:
        return ", ".join(_read(column, self._codes) for column in columns)

    @contextmanager
    def _connected(self, *, parameters: bool = False) -> Generator[Connection]:
        """A session that may only read. Without `parameters` a `%` in a query is one."""
        from sqlalchemy.exc import SQLAlchemyError

        engine = self._engine()
        try:
            with engine.connect() as connection:
                for setting in ("TRANSACTION READ ONLY", "time_zone = '+00:00'"):
                    connection.exec_driver_sql(f"SET SESSION {setting}")
                connection.rollback()
                yield connection if parameters else connection.execution_options(no_parameters=True)
        except SQLAlchemyError as error:
            raise self._refused(error) from None
        except UnicodeDecodeError as error:
            raise UsageError(f"a text is not valid {error.encoding}", where=self._place) from None
        finally:
            engine.dispose()

    def _engine(self) -> Engine:
        from sqlalchemy import NullPool, create_engine, make_url
        from sqlalchemy.exc import ArgumentError

        try:
            from pymysql.converters import conversions
        except ImportError:
            raise UsageError(
                "MariaDB is read by PyMySQL, which is not installed",
                where=self.label,
                remedy="pip install 'strangler[mariadb]'",
            ) from None
        # Only what writes parameters: what is read stays the server's own text.
        writers = {kind: writer for kind, writer in conversions.items() if not isinstance(kind, int)}
        try:
            url = make_url(self.url)
        except (ArgumentError, ValueError):
            raise UsageError("this is no URL", where=self.label) from None
        options: dict[str, Any] = {"conv": writers, "charset": "utf8mb4", "connect_timeout": 10}
        return create_engine(
            url.set(drivername=f"{url.drivername.partition('+')[0]}+pymysql"),
            connect_args=options,
            poolclass=NullPool,
        )

    @property
    def _place(self) -> str:
        return f"{self.label} ({self.relation})"

    def _refused(self, error: SQLAlchemyError) -> UsageError | Insufficient:
        original = getattr(error, "orig", None) or error
        code = original.args[0] if original.args and isinstance(original.args[0], int) else 0
        said = " ".join(str(original.args[-1] if code else original).split())[:300]
        if code in _AWAY:
            return Insufficient(f"the server is not to be had: {said}", where=f"{self.label} ({self.server})")
        return UsageError(f"cannot be asked: {said}", where=self._place)


def _read(column: str, codes: Mapping[str, int]) -> str:
    name = _quoted(column)
    code = codes.get(column)
    if code == _FLOAT:
        return f"{name} + 0e0"
    return f"{name} + 0" if code == _BIT else name


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"
