"""What numbers a column, given to its new form at `complete`: the sequence of a serial, or an identity's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from strangler_migrations.catalog.model import Catalog, Column
from strangler_migrations.draft import Draft
from strangler_migrations.sql.names import OLD, ident, literal, prefixed, qualified
from strangler_migrations.statement import Lock, Statement, changes

LARGEST: Final = {"smallint": 2**15 - 1, "integer": 2**31 - 1}
_NEXT: Final = re.compile(r"nextval\('((?:[^']|'')+)'::regclass\)")
_TEXT: Final = re.compile(
    r"(\w+) start (-?\d+) by (-?\d+) from (-?\d+) to (-?\d+) cache (\d+)( cycle)?(?: of (.*))?"
)


@dataclass(frozen=True, slots=True)
class Sequence:
    """A sequence of this schema; `owned`: it goes with the column."""

    name: str
    type: str
    start: str
    step: str
    lowest: str
    highest: str
    cache: str
    cycles: bool
    owned: bool

    def options(self, type_: str) -> str:
        """Behind AS IDENTITY, for a column of a type; the bounds are the type's where they were."""
        parts = [f"START WITH {self.start} INCREMENT BY {self.step} MINVALUE {self.lowest}"]
        if int(self.highest) != LARGEST.get(self.type) or type_ == self.type:
            parts.append(f"MAXVALUE {self.highest}")
        parts.append(f"CACHE {self.cache}{' CYCLE' if self.cycles else ''}")
        return " ".join(parts)


def numbered(catalog: Catalog, table: str, column: Column) -> Sequence | None:
    """The sequence that numbers a column. Raises LookupError for one of another schema."""
    of = f"{table}.{column.name}"
    if column.identity:
        name = next((n for n, text in catalog.sequences.items() if text.endswith(f" of {of}")), None)
    elif found := _NEXT.search(column.default or ""):
        name = found[1].replace("''", "'").strip('"').replace('""', '"')
    else:
        return None
    text = _TEXT.fullmatch(catalog.sequences.get(name or "", ""))
    if name is None or text is None:
        raise LookupError(name or of)
    type_, start, step, lowest, highest, cache, cycles, owner = text.groups()
    return Sequence(name, type_, start, step, lowest, highest, cache, bool(cycles), owner == of)


def handed_over(draft: Draft, table: str, name: str, column: Column) -> Iterator[Statement]:
    """In the contract, behind the names: the new form is numbered from where the old one was."""
    sequence = numbered(draft.catalog, draft.visible(table).table, column)
    if sequence is None:
        return
    if column.identity:
        yield _identity(draft, table, name, column, sequence)
        return
    yield from _serial(draft, table, name, column, sequence)


def _serial(draft: Draft, table: str, name: str, column: Column, sequence: Sequence) -> Iterator[Statement]:
    schema = draft.catalog.schema
    on, seq = f"ALTER TABLE {qualified(schema, table)} ALTER COLUMN", qualified(schema, sequence.name)
    new, old = ident(name), ident(prefixed(OLD, name))
    back = f"SET DEFAULT {column.default}"
    yield changes(table, f"{on} {new} {back}", f"{on} {new} DROP DEFAULT", unit="contract")
    yield changes(table, f"{on} {old} DROP DEFAULT", f"{on} {old} {back}", unit="contract")
    if sequence.type in LARGEST:
        yield Statement(
            f"ALTER SEQUENCE {seq} AS bigint",
            Lock.SHARE_ROW_EXCLUSIVE,
            (sequence.name,),
            (f"ALTER SEQUENCE {seq} AS {sequence.type}",),
            "contract",
            why="who draws a number waits for a moment",
            guard=_drawn(seq, sequence),
        )
    if sequence.owned:
        owner = f"ALTER SEQUENCE {seq} OWNED BY {qualified(schema, table)}"
        yield changes(table, f"{owner}.{new}", f"{owner}.{old}", unit="contract")


def _identity(draft: Draft, table: str, name: str, column: Column, sequence: Sequence) -> Statement:
    old, kind = prefixed(OLD, name), column.identity
    return Statement(
        _moved(draft, table, old, name, kind, sequence, "bigint"),
        Lock.ACCESS_EXCLUSIVE,
        (table,),
        (_moved(draft, table, name, old, kind, sequence, sequence.type),),
        "contract",
        why="an identity cannot change its column: another of the same name goes on from the same number",
        guard=_drawn(qualified(draft.catalog.schema, sequence.name), sequence),
    )


def _moved(
    draft: Draft, table: str, giver: str, taker: str, kind: str, sequence: Sequence, type_: str
) -> str:
    on = qualified(draft.catalog.schema, table)
    seq = qualified(draft.catalog.schema, sequence.name)
    return f"""DO $strangler$ DECLARE last bigint; called boolean; BEGIN
  SELECT last_value, is_called INTO last, called FROM {seq};
  ALTER TABLE {on} ALTER COLUMN {ident(giver)} DROP IDENTITY;
  ALTER TABLE {on} ALTER COLUMN {ident(taker)} ADD GENERATED {kind} AS IDENTITY
    (SEQUENCE NAME {seq} {sequence.options(type_)});
  PERFORM pg_catalog.setval({literal(seq)}, last, called);
END $strangler$"""


def _drawn(seq: str, sequence: Sequence) -> str:
    highest = LARGEST.get(sequence.type, 2**63 - 1)
    said = literal(f"the sequence {sequence.name} has drawn ")
    return f"SELECT {said} || last_value FROM {seq} WHERE last_value > {highest}"
