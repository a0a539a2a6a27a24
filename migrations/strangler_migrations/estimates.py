"""What statements and backfills cost, about: rows and bytes from the catalogue, time by what two cores do. Pure.

A table that nobody counted yet (-1 rows) is reckoned by its bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from strangler_migrations.catalog.model import Catalog
from strangler_migrations.filling import Filling
from strangler_migrations.statement import Statement

_READ_BYTES: Final = 200 << 20
_CHECKED_ROWS: Final = 4_000_000
_SORTED_ROWS: Final = 800_000
_FILLED_ROWS: Final = 60_000
_ROW_BYTES: Final = 128
"""A row's bytes, where they are not known."""
_ROW_WAL: Final = 180
"""Bytes of WAL that filling a row writes beside the row itself: its index entries, and what comes with a checkpoint."""
_SCANS: Final = 2
"""CREATE INDEX CONCURRENTLY reads the table twice."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """`rows` and `bytes` that are read or written, `wal`: bytes of write-ahead log; `seconds`: at least one, but for
    what only takes a moment (0).
    """

    rows: int = 0
    bytes: int = 0
    wal: int = 0
    seconds: int = 0


def of_statement(catalog: Catalog, statement: Statement) -> Estimate:
    """What a statement reads and writes; nothing for one that takes a moment, whatever the table holds."""
    if not (statement.scans or statement.rewrites):
        return Estimate()
    rows, size = _held(catalog, statement.targets)
    if statement.index is not None:
        seconds = _SCANS * size / _READ_BYTES + rows / _SORTED_ROWS
        return Estimate(rows, _SCANS * size, rows * _ROW_BYTES // 4, max(1, round(seconds)))
    return Estimate(rows, size, 0, max(1, round(size / _READ_BYTES + rows / _CHECKED_ROWS)))


def of_filling(catalog: Catalog, filling: Filling, max_rate: int | None = None) -> Estimate:
    """What a backfill writes: every row once more."""
    rows, size = _held(catalog, (filling.table,))
    rate = _FILLED_ROWS if max_rate is None else min(max_rate, _FILLED_ROWS)
    return Estimate(rows, size, size + rows * _ROW_WAL, max(1, round(rows / rate)))


def _held(catalog: Catalog, tables: tuple[str, ...]) -> tuple[int, int]:
    known = [catalog.tables[name] for name in tables if name in catalog.tables]
    rows = sum(each.rows if each.rows >= 0 else each.bytes // _ROW_BYTES for each in known)
    return rows, sum(each.bytes for each in known)
