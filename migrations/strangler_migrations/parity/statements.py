"""The statements of a pass on PostgreSQL, written from the layout. Texts in, texts out; nothing is asked here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from strangler_migrations.parity.chain import chained
from strangler_migrations.parity.forms import as_text
from strangler_migrations.parity.kinds import TEXTS
from strangler_migrations.parity.layout import KeyPart, Layout
from strangler_migrations.parity.model import Column, Grid, Key, Range
from strangler_migrations.parity.quoting import name, quoted

type Method = Literal["typed", "text", "md5"]
"""How a row is hashed: its typed values; its canonical text; MD5 of that, which every server has alike."""


@dataclass(frozen=True, slots=True)
class Statements:
    """All that one side is asked. `source`: what stands behind FROM. `version`: the server's major."""

    source: str
    layout: Layout
    right: bool
    method: Method
    version: int = 0

    def sums(self, within: Range, grid: Grid) -> str:
        """Bucket, rows and sum of hashes, for every bucket that has rows."""
        hashes = f"count(*), sum({self.row_hash()})"
        if grid.apart:
            # A range scan each costs less than finding the group of every row.
            numbered = ((number, grid.part(number, within)) for number in range(len(grid.cuts) + 1))
            return " UNION ALL ".join(
                f"SELECT {number}, {hashes} FROM {self.source}{self._where(part)}"
                for number, part in numbered
            )
        return f"SELECT {self._bucket(grid)} AS bucket, {hashes} FROM {self.source}{self._where(within)} GROUP BY 1"

    def keyed(self, within: Range) -> str:
        """Every key with its rows and their sum: what is looked at where a bucket differs."""
        keys = ", ".join(self._key_texts())
        positions = ", ".join(str(place) for place in range(1, len(self.layout.key) + 1))
        return (
            f"SELECT {keys}, count(*), sum({self.row_hash()})"
            f" FROM {self.source}{self._where(within)} GROUP BY {positions}"
        )

    def cuts(self, within: Range, most: int | None, step: int) -> str:
        """Key and rank of each `step`-th row in the key's order, among the first `most`."""
        named = [f"k{place}" for place in range(len(self.layout.key))]
        inner = ", ".join(f"{sql} AS {each}" for sql, each in zip(self._keys(), named, strict=True))
        limit = "" if most is None else f" LIMIT {most + 1}"
        texts = ", ".join(
            f"{_key_text(part, each)} AS {each}" for part, each in zip(self.layout.key, named, strict=True)
        )
        return (
            f"SELECT {texts}, rank FROM (SELECT *, row_number() OVER () AS rank FROM (SELECT {inner}"
            f" FROM {self.source}{self._where(within)} ORDER BY {', '.join(named)}{limit}) AS a) AS b"
            f" WHERE rank > 1 AND (rank - 1) % {step} = 0 ORDER BY rank"
        )

    def extremes(self) -> str:
        """The least and the greatest key, a whole number."""
        (key,) = self._keys()
        return f"SELECT min({key}), max({key}) FROM {self.source}"

    def without_key(self) -> str:
        """How many rows have NULL in their key."""
        nulls = " OR ".join(f"{self._column(part)} IS NULL" for part in self.layout.key)
        return f"SELECT count(*) FROM {self.source} WHERE {nulls}"

    def estimated(self, within: Range) -> str:
        """What the planner expects of a range."""
        return f"EXPLAIN (FORMAT JSON) SELECT FROM {self.source}{self._where(within)}"

    def in_order(self) -> str:
        """What the planner would do to read the first rows in the key's order."""
        keys = ", ".join(self._keys())
        return f"EXPLAIN (FORMAT JSON) SELECT {keys} FROM {self.source} ORDER BY {keys} LIMIT 1000"

    def rows(self, keys: Sequence[Key]) -> str:
        """The rows of some keys: the key, then every compared column as text."""
        texts = ", ".join([*self._key_texts(), *(_shown(self._of(pair)) for pair in self.layout.pairs)])
        listed = ", ".join(self._key_literal(key) for key in keys)
        return f"SELECT {texts} FROM {self.source} WHERE {self._row(self._keys())} IN ({listed})"

    def row_hash(self) -> str:
        """The hash of a row, as an exact number."""
        values = []
        for pair in self.layout.pairs:
            column = self._of(pair)
            template = pair.form.right if self.right else pair.form.left
            values.append((template.replace("{x}", name(column.name)), pair.form, column.nullable))
        if self.method == "typed":
            return chained(values, self.version)
        texts = (as_text(sql, form) for sql, form, _ in values)
        whole = " || ".join(f"coalesce(char_length({value})::text || ':' || {value}, '-')" for value in texts)
        if self.method == "text":
            return f'hashtextextended(({whole}) COLLATE "C", 0)'
        return f"('x' || substr(md5(convert_to({whole}, 'UTF8')), 1, 15))::bit(60)::bigint"

    def _of(self, part: KeyPart | object) -> Column:
        column: Column = getattr(part, "right" if self.right else "left")
        return column

    def _column(self, part: KeyPart) -> str:
        return name(self._of(part).name)

    def _keys(self) -> list[str]:
        return [self._ordered(part) for part in self.layout.key]

    def _ordered(self, part: KeyPart) -> str:
        column = self._column(part)
        if part.order == "native":
            return column
        return (
            f'{column} COLLATE "C"'
            if self._of(part).type in TEXTS - {"bpchar"}
            else f'{column}::text COLLATE "C"'
        )

    def _key_texts(self) -> list[str]:
        return [_key_text(part, self._ordered(part)) for part in self.layout.key]

    def _key_literal(self, key: Key) -> str:
        parts = [
            quoted(value) + ("::text" if part.order == "C" else f"::{self._of(part).declared or 'text'}")
            for value, part in zip(key, self.layout.key, strict=True)
        ]
        return self._row(parts)

    def _bound(self, key: Key) -> str:
        if self.layout.whole:
            return f"{int(key[0])}"
        return self._key_literal(key)

    def _row(self, parts: Sequence[str]) -> str:
        return parts[0] if len(parts) == 1 else f"ROW({', '.join(parts)})"

    def _where(self, within: Range) -> str:
        keys = self._row(self._keys())
        tests = [
            f"{keys} {sign} {self._bound(bound)}"
            for sign, bound in ((">=", within.low), ("<", within.high))
            if bound is not None
        ]
        return f" WHERE {' AND '.join(tests)}" if tests else ""

    def _bucket(self, grid: Grid) -> str:
        if grid.shift is not None:
            return f"({self._column(self.layout.key[0])}::int8 >> {grid.shift})"
        if not grid.cuts:
            return "0"
        cuts = ", ".join(self._bound(cut) for cut in grid.cuts)
        return f"width_bucket({self._row(self._keys())}, ARRAY[{cuts}])"


def _key_text(part: KeyPart, sql: str) -> str:
    # 1.0 and 1.00 are one key.
    return f"trim_scale({sql})::text" if part.native_as("numeric") else f"({sql})::text"


def _shown(column: Column) -> str:
    return f"{name(column.name)}::text"
