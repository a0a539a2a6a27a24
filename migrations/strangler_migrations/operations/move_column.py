"""`move_column`: columns of one table become columns of another, whose rows belong to its rows one to one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import ClassVar

from pydantic import Field

from strangler.config.base import Part
from strangler_migrations import binding, moving
from strangler_migrations.binding import Phases, merged
from strangler_migrations.catalog.model import Column, Constraint, Table
from strangler_migrations.checks import Check
from strangler_migrations.copies import freed
from strangler_migrations.draft import Change, Draft
from strangler_migrations.moved import Moved, MovedColumn
from strangler_migrations.operations.base import Expression, Name
from strangler_migrations.refusals import (
    going,
    rows_refused,
    second_form_refused,
    shared_refused,
    warnings_for,
)
from strangler_migrations.second_form import kept, named
from strangler_migrations.sql.names import NEW, OLD, ident, prefixed, qualified
from strangler_migrations.statement import Phase, changes

_WORDS = {"homeless": "rows hold values and have no row there", "differs": "rows differ from theirs"}

# Other functions that are not volatile give the same for the same; these tell of the moment, or of who asks.
_BY_THE_CLOCK = re.compile(
    r"\b(now|transaction_timestamp|statement_timestamp|age|current_\w+|localtime\w*|session_user|user|txid_\w+"
    r"|pg_\w+|inet_\w+)\b(?!')|'(now|today|tomorrow|yesterday)'",
    re.IGNORECASE,
)


class MoveColumn(Part):
    """Move columns to another table."""

    KIND: ClassVar = "move_column"

    table: Name
    """The table."""
    columns: tuple[Name, ...] = Field(min_length=1)
    """The columns, which keep their names."""
    to: Name
    """The table they move to; it has a unique foreign key that points at the first one's key."""
    without: Mapping[Name, Expression] = Field(default_factory=dict[str, str])
    """What a column that is NOT NULL holds in rows of the new version that have no row there yet."""


def phases(operation: MoveColumn, draft: Draft) -> Change:
    """In both tables, in step, until `complete`; then the old ones are fed until they are dropped."""
    here, there = draft.table(operation.table), draft.table(operation.to)
    columns = {name: draft.column(operation.table, name) for name in operation.columns}
    key = _belonging(operation, draft, here, there)
    _refuse(operation, draft, here, there, columns)
    moved = _moved(operation, draft, here, key, columns)
    final = tuple(
        replace(each, here=prefixed(OLD, name), there=name)
        for name, each in zip(columns, moved.columns, strict=True)
    )
    then = replace(moved, columns=final)
    parts: list[Phases] = [
        {Phase.COMPLETE: tuple(moving.closed(moved)), Phase.DROP: tuple(moving.ended(moved, then))},
        *(_made(draft, operation, moved, columns[name]) for name in columns),
        {Phase.START: tuple(moving.begun(moved))},
        *(kept(draft, operation.table, name) for name in columns),
        {Phase.COMPLETE: tuple(freed(draft, operation.table, here, tuple(columns)))},
        {Phase.COMPLETE: tuple(moving.fed(moved, then))},
    ]
    notes = (*warnings_for(here, tuple(columns)), *_notes(operation, draft, key, here, there))
    return Change(
        merged(*parts),
        _after(operation, draft, here, there, columns),
        warnings=notes,
        checks=_checks(operation, draft, moved, then),
        fillings=(moved.filling(),),
    )


def _belonging(operation: MoveColumn, draft: Draft, here: Table, there: Table) -> Constraint:
    """The foreign key by which rows there belong to rows here. Raises UsageError where it is not one to one."""
    keys = [
        each
        for each in there.constraints.values()
        if each.kind == "foreign" and each.references == here.name and set(each.there) == set(here.key)
    ]
    if here.name == there.name or len(keys) != 1:
        raise draft.wrong(
            f"`{operation.to}` has {len(keys) or 'no'} foreign key{'s' * (len(keys) != 1)} that point at the primary"
            f" key of `{operation.table}`: which rows belong together is not known",
            "give it one; where one row belongs to many, add the column with `up` and move the readers over",
        )
    key = keys[0]
    if not _unique(there, key.columns):
        raise draft.wrong(
            f"{key.name} of `{operation.to}` is not unique: several rows there may belong to one here",
            "make its columns unique first; the old column could not hold what several rows say",
        )
    loose = [c for c in key.columns if c not in there.key and there.columns[c].nullable]
    if loose or not key.validated or " DEFERRABLE" in key.definition:
        raise draft.wrong(
            f"{key.name} of `{operation.to}` binds not every row at once",
            f"set {', '.join(loose)} NOT NULL first" if loose else "validate it, or make it not deferrable",
        )
    return key


def _unique(table: Table, columns: tuple[str, ...]) -> bool:
    constraints = (
        set(each.columns) == set(columns) and " DEFERRABLE" not in each.definition
        for each in table.constraints.values()
        if each.kind in {"primary", "unique"}
    )
    indexes = (
        each.unique and each.valid and set(each.columns) == set(columns) and " WHERE " not in each.definition
        for each in table.indexes.values()
        if not each.constraint
    )
    return any(constraints) or any(indexes)


def _refuse(
    operation: MoveColumn, draft: Draft, here: Table, there: Table, columns: Mapping[str, Column]
) -> None:
    rows_refused(draft, here)
    if there.kind != "plain":
        raise draft.wrong(
            f"`{operation.to}` {'inherits or is inherited from' if there.kind == 'inherited' else 'is partitioned'}",
            "move the column with SQL, table by table",
        )
    _made_refused(operation, draft, there)
    for name, column in columns.items():
        second_form_refused(draft, here, column.name)
        if column.default is not None and not _steady(column):
            raise draft.wrong(
                f"`{operation.table}.{name}` has a default that is not always the same ({column.default}): it would"
                f" give every row of `{operation.table}` a value, where the new version knows of none",
                "drop that default first; the application can set it",
            )
        if name in draft.visible(operation.to).columns:
            remedy = (
                "leave it out of create_table: move_column makes it" if there.name in draft.made else None
            )
            raise draft.wrong(f"`{operation.to}` has a column `{name}` already", remedy)
    shared_refused(draft, here, tuple(columns))
    for table in (here, there):
        if table.row_security:
            raise draft.wrong(
                f"`{table.name}` has row security, which a write from the other table would pass by",
                "move the column with SQL, and its policies",
            )
    for name in operation.without:
        if name not in columns or columns[name].nullable or _steady(columns[name]):
            raise draft.wrong(
                f"`without` says `{name}`, which {'has a value as it is' if name in columns else 'is not moved'}",
                "it is for columns that are NOT NULL and have no default",
            )


def _made_refused(operation: MoveColumn, draft: Draft, there: Table) -> None:
    """Rows of a table that this file makes come by themselves, so all its other columns must do without a value."""
    if there.name not in draft.made:
        return
    key = _foreign(there, operation.table, draft)
    for column in there.columns.values():
        given = column.nullable or column.default is not None or column.identity or column.generated
        if column.name not in key and not given:
            raise draft.wrong(
                f"`{operation.to}.{column.name}` is NOT NULL and has no default, and rows of `{operation.to}` come by"
                f" themselves, one for each row of `{operation.table}` that has a value",
                "let it be nullable, or give it a default",
            )
    for each in there.constraints.values():
        alike = [there.columns[name] for name in each.columns if name in there.columns]
        if each.kind in {"primary", "unique"} and not any(
            c.name in key or c.identity or c.volatile or (c.nullable and c.default is None) for c in alike
        ):
            raise draft.wrong(
                f"{each.name} of `{operation.to}` would let only one row come by itself: all have the same default",
                "give the column no default, and let it be nullable",
            )


def _foreign(there: Table, table: str, draft: Draft) -> frozenset[str]:
    here = draft.table(table).name
    keys = (each for each in there.constraints.values() if each.kind == "foreign" and each.references == here)
    return frozenset(column for each in keys for column in each.columns)


def _steady(column: Column) -> bool:
    """Whether it has a default that is the same at any time: what holds it says nothing."""
    return column.default is not None and not column.volatile and not _BY_THE_CLOCK.search(column.default)


def _moved(
    operation: MoveColumn, draft: Draft, here: Table, key: Constraint, columns: Mapping[str, Column]
) -> Moved:
    found = list[MovedColumn]()
    for name, column in columns.items():
        given = operation.without.get(name)
        if given is None and not column.nullable and not _steady(column):
            raise draft.wrong(
                f"`{operation.table}.{name}` is NOT NULL and has no steady default: rows of the new version would have"
                f" no value before theirs is in `{operation.to}`",
                f"say it with `without`, such as `without: {{{name}: \"''\"}}`",
            )
        value = given or (column.default if _steady(column) else None) or "NULL"
        found.append(
            MovedColumn(
                column.name,
                prefixed(NEW, name),
                column.type,
                f"CAST({value} AS {column.type})",
                without=given is not None,
                required=not column.nullable,
            )
        )
    by = dict(zip(key.there, key.columns, strict=True))
    there = draft.visible(operation.to).table
    on = tuple(by[column] for column in here.key)
    made = there in draft.made
    return Moved(draft.catalog, here.name, here.key, there, on, tuple(found), made, draft.versions)


def _made(draft: Draft, operation: MoveColumn, moved: Moved, column: Column) -> Phases:
    on, new = qualified(draft.catalog.schema, moved.there), prefixed(NEW, column.name)
    collation = f" COLLATE {column.collation}" if column.collation else ""
    add = changes(
        moved.there,
        f"ALTER TABLE {on} ADD COLUMN {ident(new)} {column.type}{collation}",
        f"ALTER TABLE {on} DROP COLUMN IF EXISTS {ident(new)}",
        unit=moved.unit,
        why="may be NULL and has no default: no rewrite, ACCESS EXCLUSIVE for a moment",
    )
    parts: list[Phases] = [{Phase.START: (add,)}, binding.granted(draft, moved.there, new, column.grants)]
    if column.comment is not None:
        parts.append(binding.commented(draft, moved.there, new, column.comment))
    if not column.nullable:
        parts.append(binding.not_null(draft, moved.there, new))
    default = column.default if _steady(column) else None
    return merged(*parts, named(draft, operation.to, column.name, default))


def _check(
    draft: Draft, name: str, moved: Moved, *phases: Phase, remedy: str = "", sample: str | None = None
) -> Check:
    """Whether each row that holds anything has one there, which holds the same."""
    return Check(name, moved.compared, _WORDS, tuple(_WORDS), phases, draft.where, remedy, sample)


def _checks(operation: MoveColumn, draft: Draft, moved: Moved, then: Moved) -> tuple[Check, Check]:
    """Before `complete`, and in the grace time: then it is what a rollback would give back."""
    # Rows of a table that is there must be there before; for one that is made, they are made.
    before = _check(
        draft,
        f"{operation.to}, which gets columns of {operation.table}",
        moved,
        Phase.VERIFY,
        Phase.COMPLETE,
        remedy=f"give each of these rows one in {operation.to}",
        sample=None if moved.made else moved.homeless,
    )
    name = f"{operation.table}, whose columns went to {operation.to}"
    return before, _check(draft, name, then, Phase.DROP)


def _after(
    operation: MoveColumn, draft: Draft, here: Table, there: Table, columns: Mapping[str, Column]
) -> Draft:
    source, target = draft.visible(operation.table), draft.visible(operation.to)
    left = {name: column for name, column in source.columns.items() if name not in columns}
    news = {name: prefixed(NEW, name) for name in columns}
    known = there.having(
        *(Column(news[name], c.type, c.nullable, grants=c.grants) for name, c in columns.items())
    )
    shown = draft.showing(operation.table, replace(source, columns=left)).showing(
        # Its view has no default: an insert that leaves a column out says nothing, and takes what is here.
        operation.to,
        replace(target, columns={**target.columns, **news}),
    )
    return replace(
        shown,
        catalog=draft.catalog.with_table(known),
        paired=draft.paired
        | {(here.name, column.name) for column in columns.values()}
        | {(there.name, new) for new in news.values()},
    )


def _notes(operation: MoveColumn, draft: Draft, key: Constraint, here: Table, there: Table) -> Iterator[str]:
    if there.name in draft.made and "ON UPDATE CASCADE" not in key.definition:
        yield (
            f"who changes the key of a row of {here.name} that has a row of {there.name} is refused from now on:"
            f" `on_update: CASCADE` in {key.name} lets them"
        )
    yield from going(here, operation.columns)
    if not there.rows or there.rows > 0:
        yield f"who changes a row of {here.name} and its row of {there.name} in two sessions at once may see a deadlock"
