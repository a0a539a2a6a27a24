"""Empty tables and views of each version, in schemas of their own, in a transaction that is rolled back.

Nothing of the user's is locked for it: the tables are made anew from the catalogue, not like those that are there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from strangler_migrations import marks
from strangler_migrations.catalog.model import Catalog, Table
from strangler_migrations.sql.names import OURS, ident, idents, is_ours, qualified

_BOUND: Final = {"primary": "PRIMARY KEY", "unique": "UNIQUE"}


@dataclass(frozen=True, slots=True)
class Stage:
    """A form of the tables: in schema `tables` themselves, in `views` as `version` shows them.

    `there`: the tables that are in the base schema now.
    """

    version: str
    catalog: Catalog
    there: frozenset[str]
    number: int

    @property
    def tables(self) -> str:
        """The schema of the empty tables."""
        return f"{OURS}probe_tables_{self.number}"

    @property
    def views(self) -> str:
        """The schema of the views over them."""
        return f"{OURS}probe_views_{self.number}"

    @property
    def names(self) -> frozenset[str]:
        """What the version shows."""
        return frozenset(name for name in self.catalog.tables if not is_ours(name))

    @property
    def hidden(self) -> frozenset[str]:
        """Tables of the base schema that the version does not show: they must not be found behind it."""
        return self.there - self.names

    def made(self) -> Iterator[str]:
        """The statements that make it."""
        for schema in (self.tables, self.views):
            yield f"CREATE SCHEMA {ident(schema)}"
        for name in sorted(self.names):
            yield from self._table(self.catalog.tables[name])

    def _table(self, table: Table) -> Iterator[str]:
        shown = [column for column in table.columns.values() if not is_ours(column.name)]
        columns = [f"{ident(c.name)} {_plain(c.type)}" for c in shown]
        bound = [
            f"CONSTRAINT {ident(each.name)} {_BOUND[each.kind]} ({idents(each.columns)})"
            for each in table.constraints.values()
            if each.kind in _BOUND and each.columns and set(each.columns) <= {c.name for c in shown}
        ]
        on = qualified(self.tables, table.name)
        yield f"CREATE TABLE {on} ({', '.join((*columns, *bound))})"
        names = idents(column.name for column in shown)
        yield (
            f"CREATE VIEW {qualified(self.views, table.name)} AS SELECT {names} FROM {on}"
            f" WHERE {marks.reader(self.version)}"
        )


def _plain(type_: str) -> str:
    """A serial column is a number here."""
    return {"serial": "int", "bigserial": "bigint", "smallserial": "smallint"}.get(type_.lower(), type_)
