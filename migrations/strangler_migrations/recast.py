"""Columns in place of others, several for one or one for several: what `split_column` and `merge_columns` share.

Like a second form, but none of the columns there is the new form of one here: both are kept in step together. What
binds the old columns goes with them, because it says nothing of the new ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from strangler_migrations import binding
from strangler_migrations.binding import Phases, expand, merged
from strangler_migrations.catalog.model import Column, Grants, Table
from strangler_migrations.copies import freed
from strangler_migrations.draft import Change, Draft, Pair
from strangler_migrations.operations.base import FilledColumn
from strangler_migrations.refusals import going, second_form_refused, shared_refused, warnings_for
from strangler_migrations.second_form import kept, named
from strangler_migrations.sql.names import NEW, OLD, ident, prefixed, qualified
from strangler_migrations.statement import Phase, changes


def given(draft: Draft, table: str, downs: Mapping[str, str], parts: tuple[FilledColumn, ...]) -> Change:
    """The `parts` in place of the columns of `downs` (name → its value in rows of the new version).

    Raises UsageError where it cannot be done while both versions work.
    """
    physical = draft.table(table)
    sources = {name: draft.column(table, name) for name in downs}
    _refuse(draft, table, physical, sources, parts)
    after = _after(draft, table, parts, sources)
    grants = frozenset[tuple[str, str, bool]].intersection(*(column.grants for column in sources.values()))
    columns = tuple(column.name for column in sources.values())
    away = [kept(draft, table, name) for name in downs]
    bound = {Phase.COMPLETE: tuple(freed(draft, table, physical, columns))}
    made = [_made(draft, table, physical, part, grants) for part in parts]
    group = f"{draft.where} {table} {', '.join(downs)}"
    pairs = (
        *(_new(draft, after, table, part, group) for part in parts),
        *(_old(draft, after, table, name, sources[name], down, group) for name, down in downs.items()),
    )
    notes = (*warnings_for(physical, columns), *going(physical, columns))
    return Change(merged(*away, bound, *made), after, pairs, notes)


def _refuse(
    draft: Draft, table: str, physical: Table, sources: Mapping[str, Column], parts: tuple[FilledColumn, ...]
) -> None:
    for column in sources.values():
        second_form_refused(draft, physical, column.name)
    shared_refused(draft, physical, tuple(column.name for column in sources.values()))
    names = [part.name for part in parts]
    if len(set(names)) != len(names):
        raise draft.wrong(f"two of the new columns of `{table}` have the same name")
    for name in names:
        if name in draft.visible(table).columns and name not in sources:
            raise draft.wrong(f"`{table}` has a column `{name}` already")


def _made(draft: Draft, table: str, physical: Table, part: FilledColumn, grants: Grants) -> Phases:
    """A new column: empty at first, under its name from `complete` on."""
    schema, new = draft.catalog.schema, prefixed(NEW, part.name)
    on = qualified(schema, physical.name)
    add = changes(
        physical.name,
        f"ALTER TABLE {on} ADD COLUMN {ident(new)} {part.type}",
        f"ALTER TABLE {on} DROP COLUMN IF EXISTS {ident(new)}",
        unit=expand(physical.name),
        why="may be NULL and has no default: no rewrite, ACCESS EXCLUSIVE for a moment",
    )
    parts: list[Phases] = [{Phase.START: (add,)}, binding.granted(draft, physical.name, new, grants)]
    if part.comment is not None:
        parts.append(binding.commented(draft, physical.name, new, part.comment))
    if not part.nullable:
        parts.append(binding.not_null(draft, physical.name, new))
    return merged(*parts, named(draft, table, part.name, part.default))


def _after(draft: Draft, table: str, parts: tuple[FilledColumn, ...], sources: Mapping[str, Column]) -> Draft:
    shown, physical = draft.visible(table), draft.table(table)
    news = {part.name: prefixed(NEW, part.name) for part in parts}
    columns = dict[str, str]()
    for name, column in shown.columns.items():
        if name not in sources:
            columns[name] = column
        elif name == next(iter(sources)):  # the new ones stand where the first old one stood
            columns |= news
    defaults = {name: value for name, value in shown.defaults.items() if name not in sources}
    defaults |= {part.name: part.default for part in parts if part.default is not None}
    known = physical.having(*(Column(news[part.name], part.type, part.nullable) for part in parts))
    return replace(
        draft.showing(table, replace(shown, columns=columns, defaults=defaults)),
        catalog=draft.catalog.with_table(known),
        paired=draft.paired | {(physical.name, column.name) for column in sources.values()},
    )


def _new(draft: Draft, after: Draft, table: str, part: FilledColumn, group: str) -> Pair:
    return Pair(
        draft.visible(table).table,
        part.name,
        None,
        prefixed(NEW, part.name),
        new_type=part.type,
        up=part.up,
        up_row=draft.visible(table).columns,
        down_row=after.visible(table).columns,
        where=draft.where,
        group=group,
        required=not part.nullable,
    )


def _old(draft: Draft, after: Draft, table: str, name: str, column: Column, down: str, group: str) -> Pair:
    return Pair(
        draft.visible(table).table,
        name,
        column.name,
        None,
        column.type,
        old_default=None if column.volatile else column.default,
        down=down,
        up_row=draft.visible(table).columns,
        down_row=after.visible(table).columns,
        kept=prefixed(OLD, name),
        where=draft.where,
        group=group,
    )
