"""The legacy's change log, read in order."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec


@dataclass(frozen=True, slots=True)
class Change:
    """One row image. `seq` rises with every change; `row` holds the columns by name."""

    seq: int
    table: str
    row: dict[str, Any]


def connect(path: Path) -> sqlite3.Connection:
    """Opens the legacy's database to read only. Raises sqlite3.OperationalError when it is not there."""
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None, timeout=10)


def read(legacy: sqlite3.Connection, after: int, until_ms: int, limit: int) -> list[Change]:
    """Up to `limit` changes after a sequence number, none younger than `until_ms` (Unix time)."""
    rows = legacy.execute(
        "SELECT seq, tabelle, zeile FROM aenderung WHERE seq > ? AND at_ms <= ? ORDER BY seq LIMIT ?",
        (after, until_ms, limit),
    )
    return [Change(seq, table, msgspec.json.decode(image)) for seq, table, image in rows]
