"""Primary and foreign keys over second forms: built while both versions work, and in the keys' places at `complete`.

A foreign key binds the unique index that it found when it was made. So the new index is built first, CONCURRENTLY; the
new foreign keys point at it; and at `complete`, in one transaction with the names, it becomes the primary key's: no row
is looked at. The old key's rows keep a unique index of their own, so that the way back is as short.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from strangler_migrations import binding
from strangler_migrations.catalog.model import Constraint, Table
from strangler_migrations.copies import Copies, renames, using
from strangler_migrations.draft import Draft
from strangler_migrations.numbering import LARGEST, handed_over
from strangler_migrations.sql.names import NEW, OLD, OURS, ident, idents, literal, prefixed, qualified
from strangler_migrations.sql.tokens import renamed
from strangler_migrations.statement import AFTER, BEFORE, Lock, Statement, changes
from strangler_migrations.widening import Wide, keys


@dataclass(frozen=True, slots=True)
class Keys:
    """`draft` as it was before; `wide`: what gets a second form; `reached`: all columns that hold the key's values."""

    draft: Draft
    wide: tuple[Wide, ...]
    reached: Mapping[str, tuple[str, ...]]

    def table(self, wide: Wide) -> Table:
        """The table as the catalogue has it."""
        return self.draft.catalog.tables[wide.table]

    def shown(self, table: str) -> str:
        """What the new version calls a table, and the table is called at `complete`."""
        return next((each.shown for each in self.wide if each.table == table), table)

    def news(self, table: str) -> dict[str, str]:
        """Old column → new one."""
        wide = next((each for each in self.wide if each.table == table), None)
        if wide is None:
            return {}
        columns = self.draft.shown[wide.shown].columns
        return {columns[name]: prefixed(NEW, name) for name in wide.columns}

    def on(self, table: str) -> str:
        """With its schema."""
        return qualified(self.draft.catalog.schema, table)

    def primary(self) -> Iterator[tuple[Wide, Constraint]]:
        """The primary keys that one of the columns is part of."""
        for each in self.wide:
            for constraint in self.table(each).constraints.values():
                if constraint.kind == "primary" and not self.news(each.table).keys().isdisjoint(
                    constraint.columns
                ):
                    yield each, constraint

    def foreign(self) -> list[tuple[str, Constraint]]:
        """The foreign keys that are made anew, with their tables."""
        return list(keys(self.draft.catalog, self.reached))


def built(keys: Keys) -> tuple[Statement, ...]:
    """At `verify`: unique indexes over the new forms and, for the way back, over the old ones; then foreign keys."""
    indexes = [index for wide, key in keys.primary() for index in _indexes(keys, wide, key)]
    pointing = [each for table, key in keys.foreign() for each in _pointing(keys, table, key)]
    return (*indexes, *pointing)


def _indexes(keys: Keys, wide: Wide, key: Constraint) -> Iterator[Statement]:
    rest = using(keys.table(wide).indexes[key.name].definition)
    news = keys.news(wide.table)
    copies = Copies(news, {column: ident(new) for column, new in news.items()})
    for prefix, text in ((NEW, copies.index(rest)), (OLD, rest)):
        yield binding.indexed(keys.draft, wide.table, prefixed(prefix, key.name), text, unique=True)


def _pointing(keys: Keys, table: str, key: Constraint) -> Iterator[Statement]:
    on, name = f"ALTER TABLE {keys.on(table)}", ident(prefixed(NEW, key.name))
    yield Statement(
        f"{on} ADD CONSTRAINT {name} {_definition(keys, table, key, key.references or '')} NOT VALID",
        Lock.SHARE_ROW_EXCLUSIVE,
        tuple(dict.fromkeys(filter(None, (table, key.references)))),
        (f"{on} DROP CONSTRAINT IF EXISTS {name}",),
        why="NOT VALID: SHARE ROW EXCLUSIVE on both tables for a moment",
    )
    if key.validated:
        yield Statement(
            f"{on} VALIDATE CONSTRAINT {name}",
            Lock.SHARE_UPDATE_EXCLUSIVE,
            (table,),
            scans=True,
            why="scans under SHARE UPDATE EXCLUSIVE: readers and writers go on",
        )


def _definition(keys: Keys, table: str, key: Constraint, target: str, *, old: bool = False) -> str:
    """FOREIGN KEY … REFERENCES …, into `target` as it is called then, over the new forms or the old ones."""
    own, _, there = key.definition.removesuffix(" NOT VALID").partition(" REFERENCES ")
    _, _, tail = there.partition(")")
    mine = {} if old else keys.news(table)
    theirs = {} if old or key.references is None else keys.news(key.references)
    columns = idents(theirs.get(column, column) for column in key.there)
    to = keys.on(target) if key.references else there.partition("(")[0]
    return f"{renamed(own, mine)} REFERENCES {to} ({columns}){renamed(tail, mine)}"


def taken(keys: Keys) -> tuple[Statement, ...]:
    """At `complete`, before the names change places: the old keys go, and the new primary keys come."""
    foreign, primary = keys.foreign(), list(keys.primary())
    return (
        *(_revalidated(keys, table, key) for table, key in foreign if key.validated),
        *(_dropped(keys, table, key) for table, key in foreign),
        *(each for wide, key in primary for each in _replaced(keys, wide, key)),
    )


def _revalidated(keys: Keys, table: str, key: Constraint) -> Statement:
    on = keys.on(keys.shown(table))
    return Statement(
        "SELECT 1",
        undo=(f"ALTER TABLE {on} VALIDATE CONSTRAINT {ident(key.name)}",),
        unit=f"{BEFORE}: {table} {key.name}",
        why="nothing now; on the way back the old foreign key is validated here, when no lock is held any more",
    )


def _dropped(keys: Keys, table: str, key: Constraint) -> Statement:
    on, target = f"ALTER TABLE {keys.on(keys.shown(table))}", keys.shown(key.references or "")
    return Statement(
        f"{on} DROP CONSTRAINT {ident(key.name)}",
        Lock.ACCESS_EXCLUSIVE,
        tuple(dict.fromkeys(filter(None, (keys.shown(table), target)))),
        (
            f"{on} ADD CONSTRAINT {ident(key.name)} {_definition(keys, table, key, target, old=True)} NOT VALID",
        ),
        "contract",
        why="the new one binds the same rows already",
    )


def _replaced(keys: Keys, wide: Wide, key: Constraint) -> Iterator[Statement]:
    on, name = f"ALTER TABLE {keys.on(wide.shown)}", ident(key.name)
    new, old = ident(prefixed(NEW, key.name)), ident(prefixed(OLD, key.name))
    _, deferrable, options = key.definition.partition(" DEFERRABLE")
    adopt = f"{on} ADD CONSTRAINT {name} PRIMARY KEY USING INDEX {{}}{deferrable}{options}"
    pointing = tuple(
        f"ALTER TABLE {keys.on(keys.shown(table))} DROP CONSTRAINT IF EXISTS {ident(prefixed(NEW, each.name))}"
        for table, each in keys.foreign()
        if each.references == wide.table
    )
    yield changes(wide.shown, f"{on} DROP CONSTRAINT {name}", adopt.format(old), unit="contract")
    yield Statement(
        adopt.format(new),
        Lock.ACCESS_EXCLUSIVE,
        (wide.shown,),
        (*pointing, f"{on} DROP CONSTRAINT {name}"),
        "contract",
        why="the index is there and the columns are NOT NULL: nothing is built or scanned under the lock",
    )


def named(keys: Keys) -> tuple[Statement, ...]:
    """At `complete`, behind the columns' names: those of the foreign keys, the numbers, and what the old forms hold."""
    renaming = [
        renames(
            keys.shown(table),
            f"ALTER TABLE {keys.on(keys.shown(table))} RENAME CONSTRAINT",
            ident(prefixed(NEW, key.name)),
            ident(key.name),
        )
        for table, key in keys.foreign()
    ]
    columns = [(wide, name) for wide in keys.wide for name in wide.columns]
    numbers = [
        each
        for wide, name in columns
        for each in handed_over(keys.draft, wide.shown, name, keys.draft.column(wide.shown, name))
    ]
    freed = [each for wide, name in columns for each in _freed(keys, wide, name)]
    return (*renaming, *numbers, *freed)


def _freed(keys: Keys, wide: Wide, name: str) -> Iterator[Statement]:
    """The old form may be NULL, where it cannot hold the new one; on the way back NOT NULL is proven without a lock."""
    column = keys.draft.column(wide.shown, name)
    on, old = f"ALTER TABLE {keys.on(wide.shown)}", ident(prefixed(OLD, name))
    check, highest = ident(prefixed(f"{OURS}was_", name)), LARGEST[column.type]
    said = literal(f"{wide.shown}.{name} holds ")
    back = (
        ()
        if column.nullable
        else (f"{on} ALTER COLUMN {old} SET NOT NULL", f"{on} DROP CONSTRAINT IF EXISTS {check}")
    )
    yield Statement(
        f"{on} ALTER COLUMN {old} DROP NOT NULL",
        Lock.ACCESS_EXCLUSIVE,
        (wide.shown,),
        back,
        "contract",
        guard=f"SELECT {said} || {ident(name)} FROM {keys.on(wide.shown)}"
        f" WHERE {ident(name)} > {highest} OR {ident(name)} < {-highest - 1} LIMIT 1",
    )
    if column.nullable:
        return
    why = "nothing now; on the way back NOT NULL is proven here, so that nothing is scanned under a lock"
    # Interrupted between the two, there is no check: then SET NOT NULL itself looks at the rows.
    proven = (
        f"DO $strangler$ BEGIN IF EXISTS (SELECT FROM pg_catalog.pg_constraint WHERE conname ="
        f" {literal(prefixed(f'{OURS}was_', name))} AND conrelid = {literal(keys.on(wide.shown))}::regclass) THEN"
        f" {on} VALIDATE CONSTRAINT {check}; END IF; END $strangler$"
    )
    for kind, undo in (
        ("validated", proven),
        ("added", f"{on} ADD CONSTRAINT {check} CHECK ({old} IS NOT NULL) NOT VALID"),
    ):
        yield Statement("SELECT 1", undo=(undo,), unit=f"{AFTER}: {wide.shown} {name} {kind}", why=why)
