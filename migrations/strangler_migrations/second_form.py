"""A column in two forms: what `alter_column` and the operations on constraints have in common.

`start` adds the new form beside the old (no default, may be NULL: a moment's lock, no rewrite); triggers keep both in
step; `backfill` fills it; `verify` builds and validates what binds it; `complete` swaps the names; `drop` lets the old
form go. Nobody's statement sees a column of the wrong form, because each version reads through its own views.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from strangler_migrations import binding
from strangler_migrations.binding import Phases, expand, merged
from strangler_migrations.catalog.model import Column, Table
from strangler_migrations.copies import Copies, copied, renames
from strangler_migrations.draft import Change, Draft, Pair
from strangler_migrations.refusals import second_form_refused, shared_refused, warnings_for
from strangler_migrations.sql.names import NEW, OLD, ident, prefixed, qualified
from strangler_migrations.statement import Phase, changes

KEYS: Final = frozenset({"primary", "foreign"})


@dataclass(frozen=True, slots=True)
class Form:
    """The new form of a column; `default` and `comment` None: none.

    `meaning`: the old value as an expression over `{new}`, in which checks and partial indexes are said of the new
    form; empty: they hold of it as they are.
    """

    name: str
    type: str
    nullable: bool
    default: str | None
    comment: str | None
    up: str
    down: str
    meaning: str = ""


def as_is(column: Column, name: str, up: str | None = None, down: str | None = None) -> Form:
    """The same form once more."""
    return Form(
        name,
        column.type,
        column.nullable,
        column.default,
        column.comment,
        up or ident(name),
        down or ident(name),
    )


def given(
    draft: Draft,
    table: str,
    forms: tuple[Form, ...],
    *,
    without: str = "",
    mends: bool = False,
    said: Callable[[str], str] = str,
    key: bool = False,
) -> Change:
    """The columns in their new forms, bound as the old ones are but for the constraint `without`.

    `said`: a check's or an index's definition, with its literals as the new forms have them. Raises UsageError where it
    cannot be done while both versions work. `key`: primary and foreign keys are left to who asks.
    """
    shown = draft.visible(table)
    physical = draft.catalog.tables[shown.table]
    news = {shown.columns[form.name]: prefixed(NEW, form.name) for form in forms}
    for form in forms:
        second_form_refused(draft, physical, shown.columns[form.name], key=key)
    shared_refused(draft, physical, tuple(news))
    columns = merged(*(_column(draft, table, physical, form) for form in forms))
    bound = _copies_of(forms, shown.columns, said, key=key)
    copies = merged(*copied(draft, table, physical, bound, without))
    after = _after(draft, table, physical, forms)
    pairs = tuple(_pair(draft, after, table, form, mends=mends) for form in forms)
    return Change(merged(columns, copies), after, pairs, tuple(warnings_for(physical, tuple(news))))


def _column(draft: Draft, table: str, physical: Table, form: Form) -> Phases:
    source = physical.columns[draft.visible(table).columns[form.name]]
    on, new = qualified(draft.catalog.schema, physical.name), prefixed(NEW, form.name)
    collation = f" COLLATE {source.collation}" if source.collation and form.type == source.type else ""
    add = changes(
        physical.name,
        f"ALTER TABLE {on} ADD COLUMN {ident(new)} {form.type}{collation}",
        f"ALTER TABLE {on} DROP COLUMN IF EXISTS {ident(new)}",
        unit=expand(physical.name),
        why="may be NULL and has no default: no rewrite, ACCESS EXCLUSIVE for a moment",
    )
    parts: list[Phases] = [
        {Phase.START: (add,)},
        binding.granted(draft, physical.name, new, source.grants),
        _swapped(draft, table, form, source),
    ]
    if form.comment is not None:
        parts.append(binding.commented(draft, physical.name, new, form.comment))
    if not form.nullable:
        parts.append(binding.not_null(draft, physical.name, new))
    return merged(*parts)


def _swapped(draft: Draft, table: str, form: Form, source: Column) -> Phases:
    """The names change places at `complete`, when the table is called as the new version calls it."""
    why = f"with it go the constraints and indexes of the old form ({source.type})"
    return merged(kept(draft, table, form.name, why), named(draft, table, form.name, form.default))


def kept(draft: Draft, table: str, name: str, why: str = "") -> Phases:
    """An old column: under another name and fed from `complete` on, dropped at the end."""
    on, away = qualified(draft.catalog.schema, table), ident(prefixed(OLD, name))
    final = draft.final(draft.visible(table).table)
    drop = changes(
        final,
        f"ALTER TABLE {qualified(draft.catalog.schema, final)} DROP COLUMN IF EXISTS {away}",
        None,
        unit=f"drop {final}",
        why=why,
    )
    gone = renames(table, f"ALTER TABLE {on} RENAME COLUMN", ident(name), away)
    return {Phase.COMPLETE: (gone,), Phase.DROP: (drop,)}


def named(draft: Draft, table: str, name: str, default: str | None) -> Phases:
    """A new column: under its name, with its default, from `complete` on."""
    on = qualified(draft.catalog.schema, table)
    new, name = ident(prefixed(NEW, name)), ident(name)
    steps = [renames(table, f"ALTER TABLE {on} RENAME COLUMN", new, name)]
    if default is not None:
        set_ = f"ALTER TABLE {on} ALTER COLUMN {name}"
        steps.append(changes(table, f"{set_} SET DEFAULT {default}", f"{set_} DROP DEFAULT", unit="contract"))
    return {Phase.COMPLETE: tuple(steps)}


def _copies_of(
    forms: tuple[Form, ...], shown: Mapping[str, str], said: Callable[[str], str], *, key: bool
) -> Copies:
    news = {shown[form.name]: prefixed(NEW, form.name) for form in forms}
    meanings = {
        shown[form.name]: (form.meaning or "{new}").replace("{new}", ident(prefixed(NEW, form.name)))
        for form in forms
    }
    return Copies(news, meanings, said, KEYS if key else frozenset())


def _pair(draft: Draft, after: Draft, table: str, form: Form, *, mends: bool) -> Pair:
    shown = draft.visible(table)
    column = draft.column(table, form.name)
    return Pair(
        shown.table,
        form.name,
        column.name,
        prefixed(NEW, form.name),
        column.type,
        form.type,
        None if column.volatile else column.default,
        form.up,
        form.down,
        shown.columns,
        after.visible(table).columns,
        prefixed(OLD, form.name),
        mends,
        draft.where,
        varies=column.volatile or bool(column.identity),
    )


def _after(draft: Draft, table: str, physical: Table, forms: tuple[Form, ...]) -> Draft:
    shown = draft.visible(table)
    added = [
        Column(
            prefixed(NEW, form.name),
            form.type,
            form.nullable,
            grants=physical.columns[shown.columns[form.name]].grants,
        )
        for form in forms
    ]
    defaults = {form.name: form.default for form in forms if form.default is not None}
    columns = {**shown.columns, **{form.name: prefixed(NEW, form.name) for form in forms}}
    kept = {name: value for name, value in shown.defaults.items() if name not in {f.name for f in forms}}
    return replace(
        draft.showing(table, replace(shown, columns=columns, defaults={**kept, **defaults})),
        catalog=draft.catalog.with_table(physical.having(*added)),
        paired=draft.paired | {(physical.name, shown.columns[form.name]) for form in forms},
    )
