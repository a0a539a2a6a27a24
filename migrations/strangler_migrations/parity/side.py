"""One side of a comparison, whatever database stands behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from strangler.errors import StranglerError
from strangler_migrations.parity.layout import Layout
from strangler_migrations.parity.model import Column, Grid, Key, Range, Row, Sums
from strangler_migrations.parity.statements import Method


class Lost(Exception):  # noqa: N818  it is a state, and reads as one
    """The connection went away, or the server gave up on the snapshot: what was asked is asked again."""


class Insufficient(StranglerError):  # noqa: N818  as its neighbours in strangler.errors
    """There is too little to prove parity by: no key, rights that hide rows, a server that stays away."""

    exit_code = 3


@dataclass(frozen=True, slots=True)
class Shape:
    """What a side has. `key`: of its primary key or a unique index over columns that are never NULL, else empty.

    `nullable`: columns that may be NULL for all that is known. `hashes`: for each method what the server makes of
    known values: two that agree hash alike. `place`: equal for two sides in one database.
    """

    columns: tuple[Column, ...]
    key: tuple[str, ...]
    relation: str
    server: str
    version: str
    hashes: dict[Method, str]
    place: str
    major: int


class Side(Protocol):
    """Read only. Each may be asked by one thread at a time. Raises Lost, and StranglerError for what stays wrong."""

    label: str

    def shape(self) -> Shape:
        """Columns, key and server, asked anew."""
        ...

    def prepare(self, layout: Layout, method: Method) -> None:
        """What all further questions are about."""
        ...

    def snapshot(self, shared: str | None = None) -> str:
        """Let go of the snapshot there may be and take one, or the one that another side exported; its name."""
        ...

    def read_at(self) -> int:
        """When the snapshot was taken, in Unix nanoseconds by the server's clock."""
        ...

    def without_key(self) -> int:
        """Rows with NULL in their key."""
        ...

    def extremes(self) -> tuple[int, int] | None:
        """The least and the greatest whole-number key."""
        ...

    def in_order(self) -> bool:
        """Whether rows can be read in the key's order without sorting all of them."""
        ...

    def estimated(self, within: Range) -> int:
        """About how many rows a range has."""
        ...

    def cuts(self, within: Range, most: int | None, step: int) -> list[tuple[int, Key]]:
        """Rank (from 1) and key of each `step`-th row after the first, among the first `most` + 1."""
        ...

    def sums(self, within: Range, grid: Grid) -> dict[int, Sums]:
        """Rows and sum of hashes by bucket."""
        ...

    def keyed(self, within: Range) -> dict[Key, Sums]:
        """The same by key."""
        ...

    def rows(self, keys: Sequence[Key], *, now: bool = False) -> dict[Key, list[Row]]:
        """The rows of some keys, in the snapshot or as they are now."""
        ...

    def again(self) -> None:
        """Connect anew."""
        ...

    def cancel(self) -> None:
        """Stop what another thread is asking."""
        ...

    def close(self) -> None:
        """Let go of everything."""
        ...
