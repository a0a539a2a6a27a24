"""What a backfill writes: the new form of the rows of one range of the primary key, in one statement.

Only rows that no trigger has seen are written, so nothing that a version wrote meanwhile is overwritten, and a range
that was written twice is written once. pgroll marks rows with a flag, too, but looks for the next thousand by joining
them back to the table; a range of the key needs neither a sort nor a join.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

import msgspec

from strangler_migrations.catalog.model import Catalog
from strangler_migrations.sql.names import SYNCED, ident, qualified
from strangler_migrations.sql.tokens import mentioned

if TYPE_CHECKING:
    from strangler_migrations.draft import Pair

RANGE: Final = "/* the range */"


class Filling(msgspec.Struct, frozen=True):
    """`table` as it is called at the time, its `key` columns with their types, and the `sets` of an UPDATE.

    `write`: another statement in place of that UPDATE, with RANGE where the rows of a range are said; `missing`: a row
    that it should have written, and has not.
    """

    schema: str
    table: str
    key: tuple[str, ...]
    key_types: tuple[str, ...]
    sets: tuple[str, ...]
    write: str = ""
    missing: str = ""

    @property
    def on(self) -> str:
        """The table with its schema."""
        return qualified(self.schema, self.table)

    @property
    def writes(self) -> bool:
        """Whether there is anything to fill."""
        return bool(self.sets or self.write)

    def bound(self, *, first: bool) -> str:
        """The key that ends the next range; parameters: the last key (not `first`), rows less one."""
        after = "" if first else f" WHERE {self._row} > ({self._parameters})"
        columns = ", ".join(f"{_said(column)}::text" for column in self.key)
        # With the table's name: a bare one would be that of the text beside it, and sort as text.
        order = ", ".join(f"{_said(self.table)}.{_said(column)}" for column in self.key)
        rows = f"{_doubled(self.on)} AS {_said(self.table)}{after}"
        return f"SELECT {columns} FROM {rows} ORDER BY {order} OFFSET %s LIMIT 1"

    def update(self, *, first: bool, last: bool) -> str:
        """Write a range; parameters: the key before it (not `first`), the key that ends it (not `last`)."""
        where = [] if self.write else [f"{SYNCED} IS NULL"]
        where += [] if first else [f"{self._row} > ({self._parameters})"]
        where += [] if last else [f"{self._row} <= ({self._parameters})"]
        if self.write:
            return _doubled(self.write).replace(RANGE, " AND ".join(where) or "true")
        sets = ", ".join((*self.sets, f"{SYNCED} = true"))
        return f"UPDATE {_doubled(self.on)} AS {_said(self.table)} SET {sets} WHERE {' AND '.join(where)}"

    @property
    def left(self) -> str:
        """Whether a row is left that has no second form."""
        missing = self.missing or f"SELECT 1 FROM {self.on} WHERE {SYNCED} IS NULL"
        return f"SELECT EXISTS ({missing})"

    @property
    def _row(self) -> str:
        return f"({', '.join(f'{_said(self.table)}.{_said(column)}' for column in self.key)})"

    @property
    def _parameters(self) -> str:
        return ", ".join(f"%s::{type_}" for type_ in self.key_types)


def _doubled(text: str) -> str:
    """A text among parameters: a name may hold what begins one."""
    return text.replace("%", "%%")


def _said(name: str) -> str:
    return _doubled(ident(name))


def filling(catalog: Catalog, table: str, pairs: Sequence[Pair]) -> Filling:
    """How the rows of a table get their new forms."""
    known = catalog.tables[table]
    sets = tuple(
        f"{_said(pair.new)} = {_doubled(_value(pair, table))}"
        for pair in pairs
        if pair.new is not None and pair.up is not None
    )
    types = tuple(known.columns[column].type for column in known.key)
    return Filling(catalog.schema, table, known.key, types, sets)


def _value(pair: Pair, table: str) -> str:
    assert pair.up is not None
    expression = f"CAST(({pair.up}) AS {pair.new_type})"
    if _same(pair.up_row, pair.up):
        return expression
    columns = ", ".join(
        f"{ident(table)}.{ident(column)} AS {ident(name)}" for name, column in pair.up_row.items()
    )
    return f"(SELECT {expression} FROM (SELECT {columns}) AS {ident(table)})"


def _same(row: Mapping[str, str], expression: str) -> bool:
    """Whether the names in an expression are those of the columns: then it stands in the UPDATE as it is."""
    return all(row[name] == name for name in mentioned(expression, row))
