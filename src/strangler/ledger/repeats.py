"""Which questions of an epoch were counted already: a filter of fixed size in the ledger, whose errors lose evidence.

A mark (eight bytes) that was not seen yet goes to the epoch's latest, kept exactly in one row. Once those are many
they go into a Bloom filter of `BLOCKS` rows, a mark into one block: so a flush reads the blocks of its marks alone,
and writes blocks only once in `LATEST` marks. All of it is read and written in the flush's own transaction: workers
that share a ledger share it, and a flush that is rolled back leaves no trace by which it would be a repeat of itself.

Two marks may look alike (docs/adr/0015-repeats.md has how often). Then a comparison is taken for a repeat: evidence is
lost, never won.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from typing import Final

from sqlalchemy import Connection, select

from strangler.ledger import tables
from strangler.ledger.counting import CellKey
from strangler.ledger.settled import Settled
from strangler.ledger.upsert import upsert

BLOCKS: Final = 64
_BLOCK_BYTES: Final = 8_192
_PLACE: Final = 8 * _BLOCK_BYTES - 1
LATEST: Final = 4_096
"""Marks that are kept exactly before they go into blocks."""
_LATEST_ROW: Final = -1


def repeated(connection: Connection, placed: Sequence[tuple[CellKey, Settled]]) -> list[bool]:
    """For each exchange whether its mark was seen in its epoch before, and remember them all. Part of `flush`."""
    marks: dict[int, list[tuple[int, int]]] = {}
    for position, ((epoch, *_), settled) in enumerate(placed):
        if settled.mark:
            marks.setdefault(epoch, []).append((position, int.from_bytes(settled.mark, "little")))
    found = [False] * len(placed)
    for epoch, numbered in marks.items():
        for position in _seen(connection, epoch, numbered):
            found[position] = True
    return found


def _seen(connection: Connection, epoch: int, numbered: Sequence[tuple[int, int]]) -> list[int]:
    """The positions of marks that were there, or earlier in the batch."""
    filter_ = _Filter(connection, epoch)
    filter_.need(mark for _, mark in numbered)
    before: list[int] = []
    for position, mark in numbered:
        if mark in filter_:
            before.append(position)
        else:
            filter_.add(mark)
    filter_.write()
    return before


class _Filter:
    """The filter of one epoch within one transaction."""

    def __init__(self, connection: Connection, epoch: int) -> None:
        self._connection, self._epoch = connection, epoch
        self._blocks: dict[int, bytearray] = {}
        self._latest: dict[int, None] = dict.fromkeys(_numbers(self._stored([_LATEST_ROW])[_LATEST_ROW]))
        self._before = len(self._latest)

    def need(self, marks: Iterable[int]) -> None:
        """Read the blocks of these marks, as far as they are not here yet."""
        wanted = {mark % BLOCKS for mark in marks} - self._blocks.keys()
        self._blocks |= self._stored(sorted(wanted))

    def __contains__(self, mark: int) -> bool:
        if mark in self._latest:
            return True
        block = self._blocks[mark % BLOCKS]
        if not block:
            return False
        first, second = _places(mark)
        return bool(block[first >> 3] >> (first & 7) & 1 and block[second >> 3] >> (second & 7) & 1)

    def add(self, mark: int) -> None:
        """Remember it."""
        self._latest[mark] = None

    def write(self) -> None:
        """Keep what was added."""
        if len(self._latest) == self._before:
            return
        rows: dict[int, bytes] = {}
        if len(self._latest) > LATEST:
            self.need(self._latest)
            rows = {number: bytes(block) for number, block in self._merged().items()}
            self._latest = {}
        rows[_LATEST_ROW] = struct.pack(f"<{len(self._latest)}Q", *self._latest)
        kept = [{"epoch": self._epoch, "block": number, "bits": bits} for number, bits in rows.items()]
        upsert(self._connection, tables.repeats, kept, replace=("bits",))

    def _merged(self) -> dict[int, bytearray]:
        changed: dict[int, bytearray] = {}
        for mark in self._latest:
            number = mark % BLOCKS
            block = changed[number] = self._blocks[number] = self._blocks[number] or bytearray(_BLOCK_BYTES)
            for place in _places(mark):
                block[place >> 3] |= 1 << (place & 7)
        return changed

    def _stored(self, numbers: Sequence[int]) -> dict[int, bytearray]:
        """Rows by their number; empty where there is none yet."""
        table = tables.repeats
        statement = select(table.c.block, table.c.bits).where(
            table.c.epoch == self._epoch, table.c.block.in_(numbers)
        )
        found = dict.fromkeys(numbers, bytearray())
        found |= {number: bytearray(bits) for number, bits in self._connection.execute(statement)}
        return found


def _places(mark: int) -> tuple[int, int]:
    """The two bits of a mark in its block."""
    return mark >> 8 & _PLACE, mark >> 24 & _PLACE


def _numbers(stored: bytes | bytearray) -> tuple[int, ...]:
    return struct.unpack(f"<{len(stored) // 8}Q", stored)
