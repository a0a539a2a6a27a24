"""A side whose database reckons no checksums: its rows are copied into a temporary table beside the other side.

There they take the types of the other side's columns of the same names, by PostgreSQL's own reading of their texts, and
are compared as any other table is. A value that cannot be read as such a type proves nothing: it is refused, by its
place.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import psycopg

from strangler_migrations.parity import catalogue
from strangler_migrations.parity.kinds import INTEGERS, TEXTS
from strangler_migrations.parity.model import Key, Relation, Row
from strangler_migrations.parity.postgres import PostgresSide
from strangler_migrations.parity.quoting import name
from strangler_migrations.parity.side import Insufficient, Shape

if TYPE_CHECKING:
    from strangler_migrations.parity.layout import Layout
    from strangler_migrations.parity.source import Cells, Found, Source
    from strangler_migrations.parity.statements import Method

_TABLE: Final = "pg_temp.strangler_copy"


class CopiedSide(PostgresSide):
    """Rows of `source`, in the database of the other side: `url` and `other` are that one's."""

    def __init__(self, source: Source, url: str, other: Relation) -> None:
        super().__init__(source.label, url, Relation(table=_TABLE))
        self._from = source
        self._other = other
        self._found: Found | None = None
        self._types: dict[str, str] = {}
        self._shape: Shape | None = None
        self._layout: Layout | None = None

    def shape(self) -> Shape:
        """The other side's types; the source's columns and key."""
        found = self._from.found()
        if self._shape is not None and self._found == found:
            return self._shape
        self._found = found
        with self._translated():
            connection = self._connection()
            connection.execute("ROLLBACK")
            theirs = catalogue.shape(connection, self._other, self.label)
            self._types = _types(found, {c.name: (c.type, c.declared) for c in theirs.columns})
            self._make(connection)
            seen = catalogue.shape(connection, self.relation, self.label)
        self._source, self._major = _TABLE, seen.major
        self._shape = _named(seen, self._from)
        return self._shape

    def prepare(self, layout: Layout, method: Method) -> None:
        """As for any table."""
        self._layout = layout
        super().prepare(layout, method)

    def snapshot(self, shared: str | None = None) -> str:
        """Copy all rows anew, read by one statement; then a snapshot that has them."""
        del shared
        with self._translated():
            connection = self._connection()
            connection.execute("ROLLBACK")
            self._make(connection)
            at = connection.execute(
                "SELECT (extract(epoch FROM clock_timestamp()) * 1000000000)::int8"
            ).fetchone()
            self._copy(connection, self._from.rows(tuple(self._types)))
            connection.execute(f"ANALYZE {_TABLE}".encode())
            name_ = super().snapshot()
            # What was read is as old as the copy's beginning.
            self._at = int(at[0]) if at else self._at
            return name_

    def rows(self, keys: Sequence[Key], *, now: bool = False) -> dict[Key, list[Row]]:
        """The rows of some keys; as they are now, copied anew."""
        if now:
            with self._translated():
                connection = self._present()
                self._make(connection)
                self._copy(connection, self._now(keys))
        return super().rows(keys, now=now)

    def _now(self, keys: Sequence[Key]) -> Iterable[Cells]:
        columns = tuple(self._types)
        assert self._layout is not None
        if len(self._layout.key) == 1:
            part = self._layout.key[0]
            own = part.right if self.label == "right" else part.left
            if own.type in INTEGERS:
                return self._from.some(columns, own.name, [int(key[0]) for key in keys])
            if own.type in TEXTS - {"bpchar"}:
                return self._from.some(columns, own.name, [key[0] for key in keys])
        # How the source writes such a key is not known: all rows, then.
        return self._from.rows(columns)

    def _make(self, connection: psycopg.Connection) -> None:
        assert self._found is not None
        columns = [f"{name(each)} {type_}" for each, type_ in self._types.items()]
        if self._found.key and set(self._found.key) <= self._types.keys():
            columns.append(f"PRIMARY KEY ({', '.join(map(name, self._found.key))})")
        connection.execute(f"DROP TABLE IF EXISTS {_TABLE}".encode())
        connection.execute(f"CREATE TEMPORARY TABLE strangler_copy ({', '.join(columns)})".encode())

    def _copy(self, connection: psycopg.Connection, rows: Iterable[Cells]) -> None:
        listed = ", ".join(map(name, self._types))
        try:
            with connection.cursor().copy(f"COPY {_TABLE} ({listed}) FROM STDIN".encode()) as copy:
                for row in rows:
                    copy.write_row(row)
        except (psycopg.errors.DataError, psycopg.errors.IntegrityError) as error:
            raise Insufficient(
                f"a value cannot be read as the other side's type: {_place(error)}",
                where=f"{self.label} ({self._from.relation})",
                remedy="compare a query that says what the column means, such as CAST(… AS TEXT) or datetime(…)",
            ) from None


def _types(found: Found, theirs: dict[str, tuple[str, str]]) -> dict[str, str]:
    """Each column's type: the other side's. What is a number here and a text there stays a number, and differs."""
    types = dict[str, str]()
    for column in found.columns:
        kind, declared = theirs.get(column, ("text", "text"))
        types[column] = "numeric" if kind in TEXTS and column in found.numbers else declared
    return types


def _named(seen: Shape, source: Source) -> Shape:
    """The copy's shape under the source's name; never in one place with the other side."""
    return replace(
        seen, relation=str(source.relation), server=source.server, version=source.version, place=""
    )


def _place(error: psycopg.Error) -> str:
    """Line and column, without the value."""
    context = error.diag.context or ""
    found = re.search(r"line (\d+)(?:, column ([^:]+))?", context)
    if found is None:
        return error.diag.message_primary or type(error).__name__
    column = f", column {found[2]}" if found[2] else ""
    return f"row {found[1]}{column} ({error.sqlstate})"
