"""Names and texts as SQL writes them (PostgreSQL with `standard_conforming_strings`, SQLite)."""

from __future__ import annotations


def name(text: str) -> str:
    """A quoted name."""
    escaped = text.replace('"', '""')
    return f'"{escaped}"'


def quoted(text: str) -> str:
    """A quoted text."""
    escaped = text.replace("'", "''")
    return f"'{escaped}'"
