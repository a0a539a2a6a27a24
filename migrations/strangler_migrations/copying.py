"""The triggers that keep a copy of a table in step, one way, until the migration is complete."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from strangler_migrations.catalog.model import Catalog, Table
from strangler_migrations.filling import RANGE, Filling
from strangler_migrations.sql.names import ident, idents, literal, prefixed, qualified
from strangler_migrations.statement import Lock, Statement, changes
from strangler_migrations.sync import distinct, function, function_name, owned

_TRIGGER = "~strangler_copy"


@dataclass(frozen=True, slots=True)
class Copied:
    """A table, its copy's name and the columns that it has."""

    catalog: Catalog
    table: Table
    to: str
    columns: tuple[str, ...]

    @property
    def into(self) -> str:
        """The copy, with its schema."""
        return qualified(self.catalog.schema, self.to)

    @property
    def function(self) -> str:
        """The trigger's function."""
        return function_name(self.catalog, self.to, "copy")

    def making(self) -> Iterator[Statement]:
        """The function that copies a row, as its owner: a writer of the table need not have rights on the copy."""
        unit = f"copy {self.to}"
        yield Statement(
            function(self.catalog, self.function, self._body, as_owner=True),
            undo=(f"DROP FUNCTION IF EXISTS {self.function}()",),
            unit=unit,
        )
        yield owned(self.function, unit)

    def triggers(self) -> Iterator[Statement]:
        """At `start`; writers of the table wait for a moment."""
        for make, always, drop in self._each(self.table.name):
            for sql, undo in ((make, drop), (always, "")):
                yield changes(
                    self.table.name, sql, undo, lock=Lock.SHARE_ROW_EXCLUSIVE, unit=f"copy {self.to}"
                )

    def ended(self, table: str) -> Iterator[Statement]:
        """At `complete`, of the table as it is called then: the copy goes its own way."""
        for make, always, drop in self._each(table):
            yield Statement(drop, Lock.ACCESS_EXCLUSIVE, (table,), (make, always), "contract")

    def _each(self, table: str) -> Iterator[tuple[str, str, str]]:
        on = qualified(self.catalog.schema, table)
        for kind, event, rows in (
            ("rows", "INSERT OR UPDATE OR DELETE", "ROW"),
            ("whole", "TRUNCATE", "STATEMENT"),
        ):
            name = ident(prefixed(f"{_TRIGGER}_{kind}_", self.to))
            make = f"CREATE TRIGGER {name} AFTER {event} ON {on} FOR EACH {rows} EXECUTE FUNCTION {self.function}()"
            yield (
                make,
                f"ALTER TABLE {on} ENABLE ALWAYS TRIGGER {name}",
                f"DROP TRIGGER IF EXISTS {name} ON {on}",
            )

    @property
    def _body(self) -> str:
        """A row whose key changes may take another's: then both keys are looked up in the table as it is by now."""
        own, key = qualified(self.catalog.schema, self.table.name), self.table.key
        columns, keyed = idents(self.columns), idents(key)
        news = ", ".join(f"NEW.{ident(column)}" for column in self.columns)
        rest = [column for column in self.columns if column not in key]
        sets = ", ".join(f"{ident(column)} = excluded.{ident(column)}" for column in rest)
        write = f"DO UPDATE SET {sets}" if rest else "DO NOTHING"
        old, new = (", ".join(f"{record}.{ident(column)}" for column in key) for record in ("OLD", "NEW"))
        return f"""#variable_conflict use_column
BEGIN
  IF TG_OP = 'TRUNCATE' THEN
    TRUNCATE {self.into};
    RETURN NULL;
  END IF;
  IF TG_OP = 'DELETE' THEN
    DELETE FROM {self.into} WHERE ({keyed}) = ({old});
    RETURN NULL;
  END IF;
  IF TG_OP = 'UPDATE' AND ({old}) IS DISTINCT FROM ({new}) THEN
    DELETE FROM {self.into} WHERE ({keyed}) IN (({old}), ({new}));
    INSERT INTO {self.into} ({columns}) SELECT {columns} FROM {own} WHERE ({keyed}) IN (({old}), ({new}))
      ON CONFLICT ({keyed}) {write};
    RETURN NULL;
  END IF;
  INSERT INTO {self.into} ({columns}) VALUES ({news}) ON CONFLICT ({keyed}) {write};
  RETURN NULL;
END"""

    def filling(self) -> Filling:
        """Rows are locked while they are copied: who changes one meanwhile finds its copy, or is waited for."""
        table, columns = self.table, idents(self.columns)
        own, alias = qualified(self.catalog.schema, table.name), ident(table.name)
        same = " AND ".join(f"copied.{ident(c)} = own.{ident(c)}" for c in table.key)
        return Filling(
            self.catalog.schema,
            table.name,
            table.key,
            tuple(table.columns[column].type for column in table.key),
            (),
            f"INSERT INTO {self.into} ({columns}) SELECT {columns} FROM {own} AS {alias}"
            f" WHERE {RANGE} FOR SHARE OF {alias} ON CONFLICT DO NOTHING",
            f"SELECT 1 FROM {own} AS own WHERE NOT EXISTS (SELECT 1 FROM {self.into} AS copied WHERE {same})",
        )

    def compared(self) -> str:
        """A finding for each row: `kept`, or where it is."""
        own = qualified(self.catalog.schema, self.table.name)
        same = " AND ".join(f"own.{ident(c)} = copied.{ident(c)}" for c in self.table.key)
        first = ident(self.table.key[0])
        apart = " OR ".join(
            distinct(f"own.{ident(c)}", f"copied.{ident(c)}", self.table.columns[c].type)
            for c in self.columns
        )
        key = " || ', ' || ".join(
            f"{literal(f'{c} ')} || CAST(COALESCE(own.{ident(c)}, copied.{ident(c)}) AS text)"
            for c in self.table.key
        )
        return (
            f"SELECT CASE WHEN copied.{first} IS NULL THEN 'missing' WHEN own.{first} IS NULL THEN 'alone'"
            f" WHEN {apart} THEN 'differs' ELSE 'kept' END, {key}"
            f" FROM {own} AS own FULL JOIN {self.into} AS copied ON {same}"
        )
