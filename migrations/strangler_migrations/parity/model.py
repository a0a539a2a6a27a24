"""The shapes of parity: what is compared, ranges of keys, what differs, and the evidence."""

from __future__ import annotations

from typing import Literal

import msgspec

from strangler.canonical import digest as digest_of

type Key = tuple[str, ...]
"""The values of a row's key, as text in canonical form."""
type Row = tuple[str | None, ...]
"""A row's compared columns as text, in their order; None is NULL."""
type Sums = tuple[int, int]
"""How many rows, and the sum of their hashes."""
type Verdict = Literal["equal", "different", "unfinished"]
type DifferenceKind = Literal["changed", "missing", "surplus", "duplicate"]


class Relation(msgspec.Struct, frozen=True):
    """What is read on one side: a table by its name as SQL writes it, or a query. Exactly one is set."""

    table: str = ""
    query: str = ""

    @classmethod
    def of_expressions(cls, table: str, columns: dict[str, str]) -> Relation:
        """A table seen through expressions: `{"id": "id", "amount": "amount_minor / 100.0"}`.

        The table's name and the expressions are SQL that the caller answers for.
        """
        listed = ", ".join(
            f'{sql} AS "{name.replace(chr(34), chr(34) * 2)}"' for name, sql in columns.items()
        )
        return cls(query=f"SELECT {listed} FROM {table}")

    def __str__(self) -> str:
        return self.table or self.query


class Column(msgspec.Struct, frozen=True):
    """A column of a side. `type`: its name in the catalogue; `typmod` as PostgreSQL gives it, -1 without one."""

    name: str
    type: str
    typmod: int = -1
    declared: str = ""
    """How SQL writes the type."""
    collation: str = ""
    """Name, provider, locale and version of the order of texts; empty where that is not known."""
    nullable: bool = True
    """It may be NULL for all that is known."""


class Range(msgspec.Struct, frozen=True):
    """Keys from `low` on and below `high`; None is without an end."""

    low: Key | None = None
    high: Key | None = None


class Grid(msgspec.Struct, frozen=True):
    """Where a range is cut: into powers of two of a whole number (`shift`), or at keys. `apart`: each part is read by
    itself, which takes an index.
    """

    shift: int | None = None
    cuts: tuple[Key, ...] = ()
    apart: bool = False

    def part(self, number: int, within: Range) -> Range:
        """The range of keys of one bucket."""
        if self.shift is None:
            low = self.cuts[number - 1] if number else within.low
            return Range(low, self.cuts[number] if number < len(self.cuts) else within.high)
        low_end, high_end = number << self.shift, (number + 1) << self.shift
        if within.low is not None:
            low_end = max(low_end, int(within.low[0]))
        if within.high is not None:
            high_end = min(high_end, int(within.high[0]))
        return Range((str(low_end),), (str(high_end),))


class ColumnDifference(msgspec.Struct, frozen=True):
    """One column of a row that differs: both values as text, and the comparison's cause."""

    column: str
    left: str | None
    right: str | None
    cause: str


class Difference(msgspec.Struct, frozen=True):
    """A row that differs. `missing`: the right side lacks it; `surplus`: the left does.

    `duplicate`: the key is there more than once on a side, and the rows are not the same.
    """

    kind: DifferenceKind
    key: dict[str, str | None]
    columns: tuple[ColumnDifference, ...] = ()


class SideSeen(msgspec.Struct, frozen=True):
    """One side as it was read. Times in Unix nanoseconds by the server's own clock."""

    server: str
    version: str
    relation: str
    rows: int
    snapshots: int
    first_snapshot_ns: int
    last_snapshot_ns: int


class Counts(msgspec.Struct, frozen=True):
    """Rows by what became of them.

    `tolerated`: stored differently and the same under the rules; `moved`: differed at first and then no more;
    `unsettled`: changed at every look.
    """

    changed: int = 0
    missing: int = 0
    surplus: int = 0
    duplicate: int = 0
    tolerated: int = 0
    moved: int = 0
    unsettled: int = 0

    @property
    def different(self) -> int:
        """Rows that differ for good."""
        return self.changed + self.missing + self.surplus + self.duplicate


class Evidence(msgspec.Struct, frozen=True):
    """What a pass came to. `complete`: every key was looked at. `differences`: the first of them, redacted."""

    left: SideSeen
    right: SideSeen
    key: tuple[str, ...]
    columns: tuple[str, ...]
    method: str
    rules: str
    counts: Counts
    differences: tuple[Difference, ...]
    silenced: dict[str, int]
    ranges: int
    reconnects: int
    started_ns: int
    ended_ns: int
    complete: bool
    one_snapshot: bool

    @property
    def verdict(self) -> Verdict:
        """Different as soon as a row differs; equal only if every row was looked at and none is unsettled."""
        if self.counts.different:
            return "different"
        return "equal" if self.complete and not self.counts.unsettled else "unfinished"

    @property
    def exit_code(self) -> int:
        """As the gate's: 0 equal, 1 different, 3 unfinished."""
        return {"equal": 0, "different": 1, "unfinished": 3}[self.verdict]

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical JSON, as hex."""
        return digest_of(self)
