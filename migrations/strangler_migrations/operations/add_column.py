"""`add_column`: a column that rows get filled in ranges, never by rewriting the table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import ClassVar

from strangler.config.base import Part
from strangler_migrations import binding
from strangler_migrations.binding import Phases, expand, merged
from strangler_migrations.columns import definition, expected, foreign_key, is_serial, may_vary
from strangler_migrations.draft import Change, Draft, Pair
from strangler_migrations.operations.base import ColumnSpec, Expression, Name
from strangler_migrations.refusals import rows_refused
from strangler_migrations.sql.names import ident, qualified
from strangler_migrations.statement import Phase, changes


class AddColumn(Part):
    """Add a column."""

    KIND: ClassVar = "add_column"

    table: Name
    """The table."""
    column: ColumnSpec
    """The column."""
    up: Expression | None = None
    """Its value in rows that the old version writes, and in those that are there."""


def phases(operation: AddColumn, draft: Draft) -> Change:
    """With a steady default in a moment, for every row at once. Else empty, and filled by triggers and ranges.

    A default that varies, or NOT NULL at once, would rewrite or scan the table under ACCESS EXCLUSIVE.
    """
    spec, table = operation.column, draft.table(operation.table)
    _refuse(operation, draft)
    fills = operation.up is not None or may_vary(spec.default)
    if table.name in draft.made:
        fills = operation.up is not None
    if fills:
        rows_refused(draft, table)
    plain = spec.model_copy(update={"default": None, "nullable": True}) if fills else spec
    on = qualified(draft.catalog.schema, table.name)
    add = changes(
        table.name,
        f"ALTER TABLE {on} ADD COLUMN {definition(plain)}",
        f"ALTER TABLE {on} DROP COLUMN IF EXISTS {ident(spec.name)}",
        unit=expand(table.name),
        why="empty: no rewrite"
        if fills
        else "a default that is the same for all rows is only noted down: no rewrite",
    )
    parts = merged({Phase.START: (add,)}, *_bound(operation, draft, table.name, fills=fills))
    after = _after(operation, draft, fills=fills)
    return Change(parts, after, (_pair(operation, draft, after),) if fills else ())


def _refuse(operation: AddColumn, draft: Draft) -> None:
    spec, table = operation.column, draft.table(operation.table)
    place = f"`{operation.table}.{spec.name}`"
    if spec.name in table.columns or spec.name in draft.visible(operation.table).columns:
        raise draft.wrong(f"{place} is there already")
    if spec.pk:
        raise draft.wrong(f"{place} cannot join the primary key", "add it with `up`, then change the key")
    if (spec.generated or is_serial(spec.type)) and table.name not in draft.made:
        raise draft.wrong(
            f"{place} would rewrite {operation.table} under ACCESS EXCLUSIVE: PostgreSQL numbers or computes every row",
            "add it plain, with `up`; give it its sequence by `default` once it is filled",
        )
    valueless = not spec.nullable and spec.default is None and operation.up is None and not spec.generated
    if valueless and table.name not in draft.made:
        raise draft.wrong(
            f"{place} is NOT NULL, and the rows that are there have no value",
            "say one with `up` or `default`, or `nullable: true`",
        )


def _bound(operation: AddColumn, draft: Draft, table: str, *, fills: bool) -> Iterator[Phases]:
    spec, schema = operation.column, draft.catalog.schema
    if spec.comment is not None:
        yield binding.commented(draft, table, spec.name, spec.comment)
    if fills and not spec.nullable:
        yield binding.not_null(draft, table, spec.name)
    if fills and spec.default is not None:
        on = f"ALTER TABLE {qualified(schema, operation.table)} ALTER COLUMN {ident(spec.name)}"
        late = changes(
            operation.table, f"{on} SET DEFAULT {spec.default}", f"{on} DROP DEFAULT", unit="contract"
        )
        yield {Phase.COMPLETE: (late,)}
    if spec.check is not None:
        inherit = " NO INHERIT" if spec.check.no_inherit else ""
        yield binding.checked(draft, table, spec.check.name, f"CHECK ({spec.check.constraint}){inherit}")
    if (to := spec.references) is not None:
        draft.column(to.table, to.column)
        target = draft.visible(to.table)
        key = foreign_key(
            ident(spec.name), qualified(schema, target.table), ident(target.columns[to.column]), to
        )
        yield binding.referenced(draft, table, to.name, key, target.table)
    if spec.unique:
        name = f"{operation.table}_{spec.name}_key"
        yield binding.unique(draft, table, name, binding.btree((spec.name,)), "")


def _pair(operation: AddColumn, draft: Draft, after: Draft) -> Pair:
    spec, shown = operation.column, draft.visible(operation.table)
    return Pair(
        shown.table,
        spec.name,
        None,
        spec.name,
        new_type=spec.type,
        up=operation.up or spec.default,
        up_row=shown.columns,
        down_row=after.visible(operation.table).columns,
        where=draft.where,
    )


def _after(operation: AddColumn, draft: Draft, *, fills: bool) -> Draft:
    spec, shown = operation.column, draft.visible(operation.table)
    table = draft.table(operation.table).having(expected(spec))
    defaults = {**shown.defaults, spec.name: spec.default} if fills and spec.default else shown.defaults
    columns = {**shown.columns, spec.name: spec.name}
    new = draft.showing(operation.table, replace(shown, columns=columns, defaults=defaults))
    paired = draft.paired | ({(table.name, spec.name)} if fills else set())
    return replace(new, catalog=draft.catalog.with_table(table), paired=paired)
