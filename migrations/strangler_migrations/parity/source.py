"""A database that reckons no checksums as PostgreSQL does: where rows are read from, to be compared elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from strangler_migrations.parity.model import Relation

type Cells = tuple[Any, ...]
BATCH = 500
"""Keys that are asked for at once."""


@dataclass(frozen=True, slots=True)
class Found:
    """What the source has: its columns, the primary key, and the columns that are declared as numbers."""

    columns: tuple[str, ...]
    key: tuple[str, ...]
    numbers: frozenset[str]


class Source(Protocol):
    """A table or query of such a database. Read only. Raises UsageError for what is not there."""

    @property
    def label(self) -> str:
        """`left` or `right`."""
        ...

    @property
    def relation(self) -> Relation:
        """What is read."""
        ...

    @property
    def server(self) -> str:
        """Where it is, without a password."""
        ...

    @property
    def version(self) -> str:
        """Of what reads it."""
        ...

    def found(self) -> Found:
        """Columns and key, asked anew."""
        ...

    def rows(self, columns: Sequence[str]) -> Iterator[Cells]:
        """All of them, of one moment: one statement."""
        ...

    def some(self, columns: Sequence[str], key: str, values: Sequence[str | int]) -> Iterator[Cells]:
        """At least those with some keys, as they are now."""
        ...
