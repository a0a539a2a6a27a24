"""Names as PostgreSQL reads them: quoted where needed, 63 bytes long, and a prefix that is ours."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from typing import Final

MAX_BYTES: Final = 63
"""NAMEDATALEN - 1. PostgreSQL cuts longer names without a word."""
OURS: Final = "_strangler_"
"""Begins every name made beside the user's; columns and tables so called are no part of any version."""
NEW: Final = f"{OURS}new_"
OLD: Final = f"{OURS}old_"
SYNCED: Final = f"{OURS}synced"
"""The column that says a row's two forms are in step; NULL: not yet."""

_PLAIN: Final = re.compile(r"[a-z_][a-z0-9_]*")
# Appendix C of PostgreSQL's manual: what cannot be a column's name without quotes.
_WORDS: Final = """
all analyse analyze and any array as asc asymmetric authorization binary both case cast check collate collation column
concurrently constraint create cross current_catalog current_date current_role current_schema current_time
current_timestamp current_user default deferrable desc distinct do else end except false fetch for foreign freeze from
full grant group having ilike in initially inner intersect into is isnull join lateral leading left like limit localtime
localtimestamp natural not notnull null offset on only or order outer overlaps placing primary references returning
right select session_user similar some symmetric system_user table tablesample then to trailing true union unique user
using variadic verbose when where window with
"""
_RESERVED: Final = frozenset(_WORDS.split())


def ident(name: str) -> str:
    """The name as an identifier, in quotes where it needs them."""
    if _PLAIN.fullmatch(name) and name not in _RESERVED:
        return name
    return '"' + name.replace('"', '""') + '"'


def qualified(schema: str, name: str) -> str:
    """`schema.name`."""
    return f"{ident(schema)}.{ident(name)}"


def idents(names: Iterable[str]) -> str:
    """Names, separated by commas."""
    return ", ".join(ident(name) for name in names)


def literal(text: str | None) -> str:
    """The text as a literal that reads the same whatever `standard_conforming_strings` says."""
    if text is None:
        return "NULL"
    escaped = text.replace("'", "''")
    return f"E'{escaped.replace(chr(92), chr(92) * 2)}'" if "\\" in text else f"'{escaped}'"


def prefixed(prefix: str, name: str) -> str:
    """The name behind a prefix; one that grows too long is cut and keeps a digest, so that two stay two."""
    whole = prefix + name
    if len(whole.encode()) <= MAX_BYTES:
        return whole
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    room = MAX_BYTES - len(prefix) - len(digest) - 1
    return f"{prefix}{name.encode()[:room].decode(errors='ignore')}_{digest}"


def is_ours(name: str) -> bool:
    """Whether the name was made here."""
    return name.startswith(OURS)
