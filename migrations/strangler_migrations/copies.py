"""What binds the old form of columns, made once more for the new one.

Checks come NOT VALID, indexes CONCURRENTLY; at `complete` the names change places, as the columns' do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from strangler_migrations import binding
from strangler_migrations.binding import Phases
from strangler_migrations.catalog.model import Constraint, Index, Table
from strangler_migrations.draft import Draft
from strangler_migrations.sql.names import NEW, OLD, ident, prefixed, qualified
from strangler_migrations.sql.tokens import renamed, reread
from strangler_migrations.statement import Lock, Phase, Statement, changes


@dataclass(frozen=True, slots=True)
class Copies:
    """How what binds the old forms binds the new ones. `news`: old column → new one; `meanings`: what stands for it in
    an expression; `said`: what becomes of the rest of a definition. `left`: kinds of constraints to
    leave alone.
    """

    news: Mapping[str, str]
    meanings: Mapping[str, str]
    said: Callable[[str], str] = str
    left: frozenset[str] = frozenset()

    def check(self, definition: str, table: str) -> str:
        """A check's definition."""
        return reread(self.said(definition), self.meanings, table)

    def index(self, definition: str) -> str:
        """An index's, from USING on."""
        listed = {column: ident(new) for column, new in self.news.items()}
        return reread(self.said(definition), self.meanings, "", listed)


def renames(table: str, what: str, old: str, new: str, lock: Lock = Lock.ACCESS_EXCLUSIVE) -> Statement:
    """A renaming at `complete`, with the others; `what` begins the statement."""
    return changes(table, f"{what} {old} TO {new}", f"{what} {new} TO {old}", lock=lock, unit="contract")


def copied(draft: Draft, table: str, physical: Table, copies: Copies, without: str) -> Iterator[Phases]:
    """What binds the old form, over the new one; the names change places with the columns'."""
    news = copies.news
    bound = [each for each in physical.constraints.values() if not news.keys().isdisjoint(each.columns)]
    for constraint in bound:
        if constraint.kind in copies.left:
            continue
        yield _renamed_constraint(draft, table, constraint.name, copied=constraint.name != without)
        if constraint.name != without:
            yield _copied_constraint(draft, physical, constraint, copies)
    for index in physical.indexes.values():
        if not index.constraint and not news.keys().isdisjoint(index.columns):
            yield _copied_index(draft, physical, index, copies)
            both = ((index.name, prefixed(OLD, index.name)), (prefixed(NEW, index.name), index.name))
            yield {Phase.COMPLETE: tuple(_renamed(draft, table, now, then) for now, then in both)}


def freed(draft: Draft, table: str, physical: Table, columns: tuple[str, ...]) -> Iterator[Statement]:
    """At `complete`: the names of what binds columns that go are free again."""
    on = f"ALTER TABLE {qualified(draft.catalog.schema, table)} RENAME CONSTRAINT"
    for constraint in physical.constraints.values():
        if not set(columns).isdisjoint(constraint.columns):
            yield renames(table, on, ident(constraint.name), ident(prefixed(OLD, constraint.name)))
    for index in physical.indexes.values():
        if not set(columns).isdisjoint(index.columns) and not index.constraint:
            yield _renamed(draft, table, index.name, prefixed(OLD, index.name))


def _renamed(draft: Draft, table: str, now: str, then: str) -> Statement:
    schema, lock = draft.catalog.schema, Lock.SHARE_UPDATE_EXCLUSIVE
    sql = f"ALTER INDEX {qualified(schema, now)} RENAME TO {ident(then)}"
    back = f"ALTER INDEX {qualified(schema, then)} RENAME TO {ident(now)}"
    return changes(table, sql, back, lock=lock, unit="contract")


def _renamed_constraint(draft: Draft, table: str, name: str, *, copied: bool) -> Phases:
    what = f"ALTER TABLE {qualified(draft.catalog.schema, table)} RENAME CONSTRAINT"
    swap = [renames(table, what, ident(name), ident(prefixed(OLD, name)))]
    if copied:
        swap.append(renames(table, what, ident(prefixed(NEW, name)), ident(name)))
    return {Phase.COMPLETE: tuple(swap)}


def _copied_constraint(draft: Draft, physical: Table, constraint: Constraint, copies: Copies) -> Phases:
    name = prefixed(NEW, constraint.name)
    text = constraint.definition.removesuffix(" NOT VALID")
    if constraint.kind == "check":
        return binding.checked(draft, physical.name, name, copies.check(text, physical.name))
    if constraint.kind == "foreign":
        # Only the columns on this side are ours to rename; the other side's may have the same names.
        own, _, there = text.partition(" REFERENCES ")
        key = f"{renamed(own, copies.news)} REFERENCES {there}"
        return binding.referenced(draft, physical.name, name, key, constraint.references or physical.name)
    rest = copies.index(using(physical.indexes[constraint.name].definition))
    _, deferrable, options = text.partition(" DEFERRABLE")
    return binding.unique(draft, physical.name, name, rest, deferrable + options)


def _copied_index(draft: Draft, physical: Table, index: Index, copies: Copies) -> Phases:
    rest = copies.index(using(index.definition))
    built = binding.indexed(draft, physical.name, prefixed(NEW, index.name), rest, unique=index.unique)
    return {Phase.VERIFY: (built,)}


def using(definition: str) -> str:
    """The part of an index's definition behind its table."""
    return "USING" + definition.partition(" USING")[2]
