"""`widen_key`: an integer key becomes bigint, and all that points at it with it; nobody waits."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from strangler.config.base import Part
from strangler_migrations import key_swap, second_form
from strangler_migrations.binding import merged
from strangler_migrations.catalog.model import Column
from strangler_migrations.draft import Change, Draft, Pair
from strangler_migrations.key_swap import Keys
from strangler_migrations.numbering import LARGEST, numbered
from strangler_migrations.operations.base import Name
from strangler_migrations.second_form import Form
from strangler_migrations.sql.names import ident
from strangler_migrations.statement import Phase
from strangler_migrations.widening import reached, widened


class WidenKey(Part):
    """Make an integer key bigint, with all foreign keys that point at it."""

    KIND: ClassVar = "widen_key"

    table: Name
    """The table."""
    column: Name | None = None
    """Its column; default: the one of the primary key."""


def phases(operation: WidenKey, draft: Draft) -> Change:
    """A second form of the key and of every column that holds its values; keys change places at `complete`."""
    column, table = _column(operation, draft), draft.visible(operation.table).table
    wide = widened(draft, table, column.name)
    keys = Keys(draft, wide, reached(draft.catalog, table, column.name))
    changes, after = list[Change](), draft
    for each in wide:
        if each.columns:
            forms = tuple(_form(draft, each.shown, name) for name in each.columns)
            changes.append(second_form.given(after, each.shown, forms, key=True))
            after = changes[-1].draft
    parts = [change.phases for change in changes]
    steps = merged({Phase.COMPLETE: key_swap.taken(keys)}, *parts, {Phase.COMPLETE: key_swap.named(keys)})
    verify = {Phase.VERIFY: (*steps[Phase.VERIFY], *key_swap.built(keys))}
    pairs = tuple(_kept(pair) for change in changes for pair in change.pairs)
    notes = tuple(note for change in changes for note in change.warnings)
    return Change({**steps, **verify}, after, pairs, notes)


def _column(operation: WidenKey, draft: Draft) -> Column:
    table = draft.table(operation.table)
    if operation.column is None and len(table.key) != 1:
        raise draft.wrong(
            f"the primary key of `{operation.table}` has {len(table.key) or 'no'} columns",
            "say which: `column: …`",
        )
    column = (
        draft.column(operation.table, operation.column) if operation.column else table.columns[table.key[0]]
    )
    place = f"`{operation.table}.{column.name}`"
    if column.type not in LARGEST:
        raise draft.wrong(f"{place} is {column.type}; only smallint and integer become wider")
    pointed_at = any(column.name in key.there for _, key in draft.catalog.referencing(table.name))
    if column.name not in table.key and not pointed_at:
        raise draft.wrong(f"{place} is no key", "alter_column makes it bigint")
    return column


def _form(draft: Draft, table: str, name: str) -> Form:
    column = draft.column(table, name)
    default = None if numbered(draft.catalog, draft.visible(table).table, column) else column.default
    return Form(name, "bigint", column.nullable, default, column.comment, ident(name), ident(name))


def _kept(pair: Pair) -> Pair:
    """After `complete` the old form of what it cannot hold is NULL: the new version goes on."""
    name, highest = ident(pair.name), LARGEST[pair.old_type]
    return replace(pair, kept_down=f"CASE WHEN {name} BETWEEN {-highest - 1} AND {highest} THEN {name} END")
