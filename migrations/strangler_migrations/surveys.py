"""Checks over all rows of a table: its key names a row, and a part of them is looked at before anything starts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from strangler_migrations.catalog.model import Table
from strangler_migrations.checks import Check
from strangler_migrations.draft import Draft
from strangler_migrations.money import Amount
from strangler_migrations.sql.names import NEW, ident, literal, prefixed, qualified
from strangler_migrations.statement import Phase

_BYTES: Final = 32 << 20
"""A table up to this size is looked through whole before anything starts: a fraction of a second."""
_NEW: Final = "_strangler_new"


def of_amounts(draft: Draft, table: str, amount: Amount) -> Check:
    """What becomes of every amount in minor units; afterwards also whether both forms agree."""
    shown = draft.visible(table)
    physical = draft.catalog.tables[shown.table]
    currency = amount.scale.column
    read = {name: shown.columns[name] for name in (amount.column, currency) if name}
    afterwards = {**read, _NEW: prefixed(NEW, amount.column)}
    sample = None
    if draft.is_there(physical.name, read.values()):
        sample = rows(draft, physical, read, amount.finding(None), amount.column, part=True)
    lost = f"have more digits than {_currency(amount)}" + ("" if amount.exact else f": {amount.rounding}")
    return Check(
        amount.place,
        rows(draft, physical, afterwards, amount.finding(_NEW), amount.column),
        {
            "null": "are NULL and stay so",
            "rounded": lost,
            "rewritten": "are written in another way than the old version will read them, once the new one wrote them",
            "unreadable": "are no amounts as they are written",
            "nan": "are NaN",
            "infinite": "are infinite",
            "currency": f"have no currency in `{amount.scale.column}`",
            "overflow": "are beyond what bigint holds",
            "differs": "do not have the same amount in both forms",
        },
        (
            "unreadable",
            "nan",
            "infinite",
            "currency",
            "overflow",
            "differs",
            *(["rounded"] if amount.exact else []),
        ),
        (Phase.VERIFY,),
        draft.where,
        "mend these rows; or declare what becomes of them: `rounding`, `text`, `digits`",
        sample,
        large(physical),
    )


def of_values(draft: Draft, table: str, column: str, gone: Mapping[str, str]) -> Check:
    """How many rows have a value that goes."""
    shown = draft.visible(table)
    physical = draft.catalog.tables[shown.table]
    text = f"CAST({ident(column)} AS text)"
    finding = f"CASE WHEN {text} IN ({', '.join(map(literal, gone))}) THEN {text} ELSE 'kept' END"
    row = {column: shown.columns[column]}
    there = draft.is_there(physical.name, row.values())
    return Check(
        f"{table}.{column}",
        rows(draft, physical, row, finding, column),
        {value: f"are {value}, and become {into}" for value, into in gone.items()},
        (),
        (Phase.VERIFY,),
        draft.where,
        "",
        rows(draft, physical, row, finding, column, part=True) if there else None,
        large(physical),
    )


def _currency(amount: Amount) -> str:
    steady = amount.scale.steady
    return "their currency" if steady is None else f"{amount.scale.currency} ({steady})"


def large(table: Table) -> bool:
    """Whether it is too large to be looked through whole before anything starts."""
    return table.bytes > _BYTES


def rows(
    draft: Draft, table: Table, row: Mapping[str, str], finding: str, column: str, *, part: bool = False
) -> str:
    """A finding for each row, and the column's value; `finding` is over `row` (name → column).

    `part`: of a large table only some pages, always the same.
    """
    key = " || ', ' || ".join(f"{literal(f'{each} ')} || CAST(r.{ident(each)} AS text)" for each in table.key)
    columns = ", ".join(f"r.{ident(physical)} AS {ident(name)}" for name, physical in row.items())
    share = f"{100 * _BYTES / table.bytes:.4f}" if part and large(table) else ""
    some = f" TABLESAMPLE SYSTEM ({share}) REPEATABLE (0)" if share else ""
    on = qualified(draft.catalog.schema, table.name)
    value = f"COALESCE(left(CAST({ident(column)} AS text), 60), 'NULL')"
    return (
        f"SELECT {finding}, _strangler_key || ': ' || {value}"
        f" FROM (SELECT {key} AS _strangler_key, {columns} FROM {on} AS r{some}) AS {ident(table.name)}"
    )
