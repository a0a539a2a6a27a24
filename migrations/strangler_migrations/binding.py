"""Constraints that come without anybody waiting for a scan: NOT VALID first, validated later; indexes CONCURRENTLY.

Each function gives the statements by phase. Tables are named as they are at `start` and `verify`.
"""

from __future__ import annotations

from collections.abc import Mapping

from strangler_migrations.catalog.model import Grants
from strangler_migrations.draft import Draft
from strangler_migrations.sql.names import OURS, ident, idents, literal, prefixed, qualified
from strangler_migrations.statement import Lock, Phase, Statement, changes

type Phases = Mapping[Phase, tuple[Statement, ...]]


def merged(*several: Phases) -> Phases:
    """The statements of several, phase by phase, in order."""
    return {phase: tuple(each for one in several for each in one.get(phase, ())) for phase in Phase}


def expand(table: str) -> str:
    """The unit in which a table gets all it needs at `start`: with its triggers, or constraints come too soon."""
    return f"expand {table}"


def checked(draft: Draft, table: str, name: str, condition: str) -> Phases:
    """A check of this form: `CHECK (…)`."""
    on = qualified(draft.catalog.schema, table)
    add = changes(
        table,
        f"ALTER TABLE {on} ADD CONSTRAINT {ident(name)} {condition} NOT VALID",
        f"ALTER TABLE {on} DROP CONSTRAINT IF EXISTS {ident(name)}",
        unit=expand(table),
        why="NOT VALID: binds what is written from now on and scans nothing",
    )
    return {Phase.START: (add,), Phase.VERIFY: (_validated(on, table, name),)}


def referenced(draft: Draft, table: str, name: str, key: str, target: str) -> Phases:
    """A foreign key of this form: `FOREIGN KEY (…) REFERENCES …`, into `target`."""
    on = qualified(draft.catalog.schema, table)
    add = Statement(
        f"ALTER TABLE {on} ADD CONSTRAINT {ident(name)} {key} NOT VALID",
        Lock.SHARE_ROW_EXCLUSIVE,
        (table, target),
        (f"ALTER TABLE {on} DROP CONSTRAINT IF EXISTS {ident(name)}",),
        expand(table),
        why="NOT VALID: binds what is written from now on; SHARE ROW EXCLUSIVE on both tables for a moment",
    )
    return {Phase.START: (add,), Phase.VERIFY: (_validated(on, table, name),)}


def _validated(on: str, table: str, name: str) -> Statement:
    return Statement(
        f"ALTER TABLE {on} VALIDATE CONSTRAINT {ident(name)}",
        Lock.SHARE_UPDATE_EXCLUSIVE,
        (table,),
        scans=True,
        why="scans under SHARE UPDATE EXCLUSIVE: readers and writers go on",
    )


def not_null(draft: Draft, table: str, column: str) -> Phases:
    """NOT NULL by way of a check, which PostgreSQL takes as the proof: no scan under ACCESS EXCLUSIVE."""
    on, name = qualified(draft.catalog.schema, table), prefixed(f"{OURS}nn_", column)
    unit = f"not null {table} {column}"
    check = checked(draft, table, name, f"CHECK ({ident(column)} IS NOT NULL)")
    settle = (
        changes(
            table,
            f"ALTER TABLE {on} ALTER COLUMN {ident(column)} SET NOT NULL",
            f"ALTER TABLE {on} ALTER COLUMN {ident(column)} DROP NOT NULL",
            unit=unit,
            why="the validated check proves it: no scan",
        ),
        changes(
            table,
            f"ALTER TABLE {on} DROP CONSTRAINT {ident(name)}",
            f"ALTER TABLE {on} ADD CONSTRAINT {ident(name)} CHECK ({ident(column)} IS NOT NULL) NOT VALID",
            unit=unit,
        ),
    )
    return merged(check, {Phase.VERIFY: settle})


def indexed(draft: Draft, table: str, name: str, rest: str, *, unique: bool = False) -> Statement:
    """An index; `rest` begins with `USING`. Writers go on: SHARE UPDATE EXCLUSIVE in place of SHARE."""
    schema = draft.catalog.schema
    kind = "UNIQUE INDEX" if unique else "INDEX"
    return Statement(
        f"CREATE {kind} CONCURRENTLY {ident(name)} ON {qualified(schema, table)} {rest}",
        Lock.SHARE_UPDATE_EXCLUSIVE,
        (table,),
        (f"DROP INDEX CONCURRENTLY IF EXISTS {qualified(schema, name)}",),
        scans=True,
        transactional=False,
        index=name,
        why="CONCURRENTLY: writers go on; two scans, and it waits for transactions that began before",
    )


def unique(draft: Draft, table: str, name: str, rest: str, suffix: str = "") -> Phases:
    """A unique constraint over an index that is built first; `suffix`: its deferral."""
    on = qualified(draft.catalog.schema, table)
    adopt = changes(
        table,
        f"ALTER TABLE {on} ADD CONSTRAINT {ident(name)} UNIQUE USING INDEX {ident(name)}{suffix}",
        f"ALTER TABLE {on} DROP CONSTRAINT IF EXISTS {ident(name)}",
        why="the index is there: nothing is built under the lock",
    )
    return {Phase.VERIFY: (indexed(draft, table, name, rest, unique=True), adopt)}


def commented(draft: Draft, table: str, column: str, comment: str) -> Phases:
    """A column's comment, of one that goes when its making is undone."""
    sql = f"COMMENT ON COLUMN {qualified(draft.catalog.schema, table)}.{ident(column)} IS {literal(comment)}"
    return {Phase.START: (Statement(sql, Lock.SHARE_UPDATE_EXCLUSIVE, (table,), unit=expand(table)),)}


def granted(draft: Draft, table: str, column: str, grants: Grants) -> Phases:
    """A new column, which goes when its making is undone, may be used by those who might use the old one."""
    on = qualified(draft.catalog.schema, table)
    steps = (
        Statement(
            f"GRANT {privilege} ({ident(column)}) ON {on} TO {'PUBLIC' if role == 'public' else ident(role)}"
            + (" WITH GRANT OPTION" if grantable else ""),
            unit=expand(table),
        )
        for role, privilege, grantable in sorted(grants)
    )
    return {Phase.START: tuple(steps)}


def btree(columns: tuple[str, ...], *, nulls_not_distinct: bool = False) -> str:
    """`USING btree (…)`."""
    return f"USING btree ({idents(columns)})" + (" NULLS NOT DISTINCT" if nulls_not_distinct else "")
