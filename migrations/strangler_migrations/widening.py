"""Which columns become wider with a key: itself, all that point at it, all that point at those."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from strangler_migrations.catalog.model import Catalog, Constraint
from strangler_migrations.draft import Draft
from strangler_migrations.numbering import LARGEST, numbered
from strangler_migrations.refusals import second_form_refused


@dataclass(frozen=True, slots=True)
class Wide:
    """A table's columns that get a second form, by the names that the version shows."""

    shown: str
    table: str
    columns: tuple[str, ...]


def reached(catalog: Catalog, table: str, column: str) -> Mapping[str, tuple[str, ...]]:
    """Table → the columns that hold the key's values, the key's own table first."""
    found: dict[str, tuple[str, ...]] = {table: (column,)}
    todo = [(table, column)]
    while todo:
        at, name = todo.pop(0)
        for other, constraint in catalog.referencing(at):
            for own, there in zip(constraint.columns, constraint.there, strict=True):
                if there == name and own not in found.get(other, ()):
                    found[other] = (*found.get(other, ()), own)
                    todo.append((other, own))
    return found


def widened(draft: Draft, table: str, column: str) -> tuple[Wide, ...]:
    """What gets a second form. Raises UsageError where something cannot."""
    all_ = reached(draft.catalog, table, column)
    _refuse_keys(draft, all_)
    return tuple(_wide(draft, name, columns) for name, columns in all_.items())


def _wide(draft: Draft, table: str, columns: tuple[str, ...]) -> Wide:
    known = draft.catalog.tables[table]
    name = next((name for name, shown in draft.shown.items() if shown.table == table), None)
    if name is None:
        raise draft.wrong(f"`{table}` points at the key, and this file drops it", "drop it in a file before")
    narrow = tuple(column for column in columns if known.columns[column].type in LARGEST)
    for column in narrow:
        second_form_refused(draft, known, column, key=True)
        try:
            numbered(draft.catalog, table, known.columns[column])
        except LookupError as error:
            raise draft.wrong(
                f"`{table}.{column}` is numbered by {error.args[0]}, which is no sequence of this schema",
                "give it one of its own first",
            ) from None
    if known.replica_identity.startswith("index "):
        index = known.indexes.get(known.replica_identity.removeprefix("index "))
        if index is not None and not set(columns).isdisjoint(index.columns):
            raise draft.wrong(
                f"`{table}` is replicated by {index.name}, which the key is part of",
                "set_replica_identity to `default` in a file before",
            )
    names = {physical: shown for shown, physical in draft.shown[name].columns.items()}
    return Wide(name, table, tuple(names[column] for column in narrow))


def _refuse_keys(draft: Draft, all_: Mapping[str, tuple[str, ...]]) -> None:
    for name, target in draft.catalog.foreign_keys.items():
        if target in all_:
            raise draft.wrong(
                f"the foreign key {name} of another schema points at `{target}`",
                "drop it, and make it anew afterwards",
            )
    for table, constraint in keys(draft.catalog, all_):
        if "SET DEFAULT" in constraint.definition:
            raise draft.wrong(
                f"the foreign key {constraint.name} of `{table}` sets a default, which would be set in one form only",
                "replace it by one with another action first",
            )


def keys(catalog: Catalog, all_: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[str, Constraint]]:
    """The foreign keys that have to be made anew: of one of these columns."""
    for table, columns in all_.items():
        for constraint in catalog.tables[table].constraints.values():
            if constraint.kind == "foreign" and not set(columns).isdisjoint(constraint.columns):
                yield table, constraint
