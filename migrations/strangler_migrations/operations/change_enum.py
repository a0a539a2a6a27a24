"""`change_enum`: values come, go and change their names; each version sees those that it knows."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Annotated, ClassVar

from pydantic import Field, StringConstraints, model_validator

from strangler.config.base import Part
from strangler.config.problems import did_you_mean
from strangler_migrations import enums, second_form, surveys
from strangler_migrations.binding import merged
from strangler_migrations.catalog.model import Column
from strangler_migrations.checks import Check
from strangler_migrations.draft import Change, Draft, Pair
from strangler_migrations.operations.base import Name
from strangler_migrations.second_form import Form
from strangler_migrations.sql.names import NEW, OLD, ident, literal, prefixed, qualified
from strangler_migrations.statement import Phase, Statement

Value = Annotated[str, StringConstraints(min_length=1, max_length=63)]
"""A value of an enum."""


class AddedValue(Part):
    """A value that the old version does not know."""

    value: Value
    """The value."""
    down: Value
    """What the old version sees in its place."""
    before: Value | None = None
    """Its place in the order: before this one."""
    after: Value | None = None
    """Or behind this one; default: at the end."""


class ChangeEnum(Part):
    """Change the values of an enum."""

    KIND: ClassVar = "change_enum"

    type: Name
    """The enum."""
    add: tuple[AddedValue, ...] = ()
    """Values that come."""
    rename: dict[Value, Value] = Field(default_factory=dict[str, str])
    """Values that get another name."""
    remove: dict[Value, Value] = Field(default_factory=dict[str, str])
    """Values that go, and which of the new version stands in their place."""

    @model_validator(mode="after")
    def _something(self) -> ChangeEnum:
        if not (self.add or self.rename or self.remove):
            raise ValueError("nothing is to change: say add, rename or remove")
        if any(each.before and each.after for each in self.add):
            raise ValueError("a value has one place: `before` or `after`")
        return self


def phases(operation: ChangeEnum, draft: Draft) -> Change:
    """A second type, and a second form of every column of the enum; types and columns change names at `complete`."""
    change = _change(operation, draft)
    old, new = ident(operation.type), ident(prefixed(NEW, operation.type))
    _refuse(operation, draft, old)
    done, after = list[Change](), replace(draft, made_types=draft.made_types | {new})
    checks = list[Check]()
    for table, columns in _columns(draft, old).items():
        forms = tuple(_form(operation, draft, table, name, change, new) for name in columns)
        checks += [
            surveys.of_values(draft, table, name, operation.remove) for name in columns if operation.remove
        ]
        done.append(
            second_form.given(after, table, forms, mends=True, said=_said(draft, table, change, old, new))
        )
        after = done[-1].draft
    types = {
        Phase.START: (_made(draft, operation.type, change),),
        Phase.COMPLETE: tuple(_named(draft, operation.type)),
    }
    gone = {Phase.DROP: (_dropped(draft, operation.type),)}
    pairs = tuple(_kept(draft, operation.type, pair) for each in done for pair in each.pairs)
    notes = tuple(note for each in done for note in each.warnings)
    return Change(merged(types, *(each.phases for each in done), gone), after, pairs, notes, tuple(checks))


def _said(draft: Draft, table: str, change: enums.Change, old: str, new: str) -> Callable[[str], str]:
    def refused(why: str) -> Exception:
        return draft.wrong(
            f"a check or an index of `{table}` cannot be said of the new values: {why}",
            "drop it in a file before",
        )

    return enums.said(change, old, new, refused)


def _change(operation: ChangeEnum, draft: Draft) -> enums.Change:
    text = draft.catalog.types.get(operation.type, "")
    if not text.startswith("enum"):
        raise draft.wrong(
            f"there is no enum `{operation.type}`", did_you_mean(operation.type, draft.catalog.types)
        )
    old = enums.labels(text)
    for value in (*operation.rename, *operation.remove, *(each.down for each in operation.add)):
        if value not in old:
            raise draft.wrong(f"`{operation.type}` has no value `{value}`", f"it has {', '.join(old)}")
    if both := operation.rename.keys() & operation.remove.keys():
        raise draft.wrong(f"`{min(both)}` is both renamed and removed")
    new = [operation.rename.get(value, value) for value in old if value not in operation.remove]
    for each in operation.add:
        place = _place(draft, each, new)
        new.insert(place, each.value)
    if len(set(new)) != len(new):
        raise draft.wrong(f"`{operation.type}` would have a value twice: {', '.join(new)}")
    for value, into in operation.remove.items():
        if into not in new:
            raise draft.wrong(
                f"`{value}` becomes `{into}`, which is no value of the new version",
                f"it has {', '.join(new)}",
            )
    back = {to: from_ for from_, to in operation.rename.items()} | {
        each.value: each.down for each in operation.add
    }
    return enums.Change(
        old, tuple(new), {**operation.rename, **operation.remove}, back, frozenset(operation.remove)
    )


def _place(draft: Draft, added: AddedValue, values: list[str]) -> int:
    beside = added.before or added.after
    if beside is None:
        return len(values)
    if beside not in values:
        raise draft.wrong(f"`{beside}` is no value of the new version", f"it has {', '.join(values)}")
    return values.index(beside) + (0 if added.before else 1)


def _refuse(operation: ChangeEnum, draft: Draft, type_: str) -> None:
    for user in draft.catalog.type_users.get(operation.type, ()):
        raise draft.wrong(f"{user} is made with `{operation.type}`", "drop it, and make it anew afterwards")
    for table in draft.catalog.tables.values():
        own = {column.name for column in table.columns.values() if column.type == type_}
        for column in table.columns.values():
            if column.type == f"{type_}[]":
                raise draft.wrong(
                    f"`{table.name}.{column.name}` holds arrays of it", "move them to a table of their own"
                )
            if column.name not in own and f"::{type_}" in (column.default or ""):
                raise draft.wrong(
                    f"the default of `{table.name}.{column.name}` reads it", "drop the default first"
                )
        bound = [(each.name, each.columns, each.definition) for each in table.constraints.values()]
        bound += [(each.name, each.columns, each.definition) for each in table.indexes.values()]
        for name, columns, definition in bound:
            if f"::{type_}" in definition and own.isdisjoint(columns):
                raise draft.wrong(
                    f"`{name}` of `{table.name}` reads it", "drop it, and make it anew afterwards"
                )


def _columns(draft: Draft, type_: str) -> dict[str, list[str]]:
    """The columns of the enum, by the tables and names that the version shows."""
    found = defaultdict[str, list[str]](list)
    for name, shown in draft.shown.items():
        known = draft.catalog.tables[shown.table].columns
        for column, physical in shown.columns.items():
            if known[physical].type == type_:
                found[name].append(column)
    return found


def _form(operation: ChangeEnum, draft: Draft, table: str, name: str, change: enums.Change, new: str) -> Form:
    column = draft.column(table, name)
    default = _default(operation, draft, table, column, change)
    up, down = enums.mapped(name, change.up), enums.mapped(name, change.down)
    return Form(name, new, column.nullable, default, column.comment, up, down)


def _default(
    operation: ChangeEnum, draft: Draft, table: str, column: Column, change: enums.Change
) -> str | None:
    if column.default is None:
        return None
    found = re.fullmatch(rf"'((?:[^']|'')*)'::{re.escape(ident(operation.type))}", column.default)
    if found is None:
        raise draft.wrong(
            f"`{table}.{column.name}` has the default {column.default}, which is no plain value",
            "drop the default first",
        )
    value = found[1].replace("''", "'")
    return literal(change.up.get(value, value))


def _made(draft: Draft, name: str, change: enums.Change) -> Statement:
    new = qualified(draft.catalog.schema, prefixed(NEW, name))
    values = ", ".join(map(literal, change.new))
    return Statement(
        f"CREATE TYPE {new} AS ENUM ({values})",
        undo=(f"DROP TYPE IF EXISTS {new}",),
        unit=f"enum {name}",
        why="a value added to the old type could not be taken back, and the old version would read it",
    )


def _named(draft: Draft, name: str) -> Iterator[Statement]:
    schema = draft.catalog.schema
    for now, then in ((name, prefixed(OLD, name)), (prefixed(NEW, name), name)):
        yield Statement(
            f"ALTER TYPE {qualified(schema, now)} RENAME TO {ident(then)}",
            undo=(f"ALTER TYPE {qualified(schema, then)} RENAME TO {ident(now)}",),
            unit="contract",
        )


def _dropped(draft: Draft, name: str) -> Statement:
    old = qualified(draft.catalog.schema, prefixed(OLD, name))
    return Statement(f"DROP TYPE IF EXISTS {old}", undo=None, unit=f"drop type {name}")


def _kept(draft: Draft, name: str, pair: Pair) -> Pair:
    schema = draft.catalog.schema
    return replace(pair, kept_type=qualified(schema, prefixed(OLD, name)), final_type=qualified(schema, name))
