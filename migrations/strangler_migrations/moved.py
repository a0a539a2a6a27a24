"""Columns on their way from one table to another, whose rows belong to its rows one to one: what is asked of both.

Rows belong together by the other table's foreign key, which is unique there, so each form can say all that the other
one says.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from strangler_migrations.catalog.model import Catalog
from strangler_migrations.filling import RANGE, Filling
from strangler_migrations.sql.names import ident, idents, literal, qualified
from strangler_migrations.sync import distinct


@dataclass(frozen=True, slots=True)
class MovedColumn:
    """A column by its names here and there. `empty`: SQL for what it holds here where there is no row there; `without`:
    whether an insert of the new version has to be given that; `required`: it is NOT NULL.
    """

    here: str
    there: str
    type: str
    empty: str
    without: bool
    required: bool


@dataclass(frozen=True, slots=True)
class Moved:
    """Columns on their way: `here` with its `key`, `there` with the foreign key's columns `on`, in the key's order.

    `made`: the table there is made by the same migration, so the old version knows nothing of its rows. `versions`: the
    schemas of the new version and of the old one.
    """

    catalog: Catalog
    here: str
    key: tuple[str, ...]
    there: str
    on: tuple[str, ...]
    columns: tuple[MovedColumn, ...]
    made: bool
    versions: tuple[str, str | None]

    @property
    def source(self) -> str:
        """The table that they leave, with its schema."""
        return qualified(self.catalog.schema, self.here)

    @property
    def target(self) -> str:
        """The table that they move to, with its schema."""
        return qualified(self.catalog.schema, self.there)

    @property
    def unit(self) -> str:
        """All that comes at `start` comes at once."""
        return f"move {self.here} {self.there}"

    def filling(self) -> Filling:
        """Rows here are locked while theirs are written: who changes one meanwhile is waited for, or waits."""
        source, key = self.source, idents(self.key)
        read = f"SELECT {key}, {idents(self.columns_here)} FROM {source} AS {ident(self.here)} WHERE {RANGE}"
        lock = f"FOR SHARE OF {ident(self.here)}"
        if self.made:
            write = self.insert(f"{read} AND ({self.said(ident(self.here))}) {lock}")
        else:
            sets = ", ".join(f"{ident(c.there)} = moved.{ident(c.here)}" for c in self.columns)
            write = (
                f"WITH moved AS ({read} {lock}) UPDATE {self.target} AS _there SET {sets} FROM moved"
                f" WHERE {self.joined('_there', 'moved')} AND ({self.apart('_there', 'moved')})"
            )
        types = tuple(self.catalog.tables[self.here].columns[column].type for column in self.key)
        unfilled = "<> 'kept'" if self.made else "= 'differs'"
        missing = f"SELECT 1 FROM ({self.compared}) AS found (finding, place) WHERE finding {unfilled}"
        return Filling(self.catalog.schema, self.here, self.key, types, (), write, missing)

    @property
    def compared(self) -> str:
        """A finding for each row that says something: `kept`, `differs`, or `homeless`: there is no row for it."""
        alone = f"_there.{ident(self.on[0])} IS NULL"
        return (
            f"SELECT CASE WHEN {alone} THEN 'homeless' WHEN {self.apart('_there', '_here')} THEN 'differs' ELSE 'kept'"
            f" END, {self._place} {self._pairs} WHERE NOT ({alone}) OR ({self.said('_here')})"
        )

    @property
    def homeless(self) -> str:
        """The same before anything starts: the rows that say something and have no row there."""
        return (
            f"SELECT 'homeless', {self._place} {self._pairs}"
            f" WHERE _there.{ident(self.on[0])} IS NULL AND ({self.said('_here')})"
        )

    @property
    def _pairs(self) -> str:
        joined = self.joined("_there", "_here")
        return f"FROM {self.source} AS _here LEFT JOIN {self.target} AS _there ON {joined}"

    @property
    def _place(self) -> str:
        return " || ', ' || ".join(
            f"{literal(f'{column} ')} || CAST(_here.{ident(column)} AS text)" for column in self.key
        )

    @property
    def columns_here(self) -> tuple[str, ...]:
        """Their names here."""
        return tuple(column.here for column in self.columns)

    @property
    def columns_there(self) -> tuple[str, ...]:
        """Their names there."""
        return tuple(column.there for column in self.columns)

    @property
    def filled(self) -> bool:
        """Whether inserts of the new version have to be given anything."""
        return any(column.without for column in self.columns)

    def said(self, row: str) -> str:
        """Whether a row here holds anything that must not be lost."""
        return anyof(distinct(f"{row}.{ident(c.here)}", c.empty, c.type) for c in self.columns)

    def apart(self, there: str, here: str) -> str:
        """Whether a row there and its row here differ."""
        columns = self.columns
        return anyof(
            distinct(f"{there}.{ident(c.there)}", f"{here}.{ident(c.here)}", c.type) for c in columns
        )

    def joined(self, there: str, here: str) -> str:
        """Whether a row there belongs to a row here."""
        pairs = zip(self.on, self.key, strict=True)
        return " AND ".join(f"{there}.{ident(on)} = {here}.{ident(key)}" for on, key in pairs)

    def same(self, row: str, record: str) -> str:
        """Whether a row here has the key of a record of it."""
        return " AND ".join(f"{row}.{ident(key)} = {record}.{ident(key)}" for key in self.key)

    def linked(self, row: str, record: str) -> str:
        """Whether a row there belongs where a record of it does."""
        return " AND ".join(f"{row}.{ident(on)} = {record}.{ident(on)}" for on in self.on)

    def insert(self, rows: str) -> str:
        """Rows there, from some here; those that are there are written over, where they differ."""
        sets = ", ".join(f"{ident(c.there)} = excluded.{ident(c.there)}" for c in self.columns)
        apart = anyof(
            distinct(f"_there.{ident(c.there)}", f"excluded.{ident(c.there)}", c.type) for c in self.columns
        )
        return (
            f"INSERT INTO {self.target} AS _there ({idents((*self.on, *self.columns_there))}) {rows}"
            f" ON CONFLICT ({idents(self.on)}) DO UPDATE SET {sets} WHERE {apart}"
        )


def anyof(conditions: Iterable[str]) -> str:
    """Whether any of them holds."""
    return " OR ".join(conditions)
