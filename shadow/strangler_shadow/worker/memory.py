"""How much may be held in memory, with hysteresis: once over the ceiling, nothing more until 7/8 of it is left."""

from __future__ import annotations

from typing import Final

import msgspec

OVERHEAD: Final = 2_048
"""Bytes that an exchange takes beside what its frame held (objects, tasks, its place in queues)."""


class MemoryGate(msgspec.Struct, frozen=True):
    """`held`: bytes now. `shedding`: it went over, and has not come down to 7/8 of `ceiling` yet."""

    ceiling: int
    held: int = 0
    shedding: bool = False

    def admit(self, size: int) -> tuple[MemoryGate, bool]:
        """Whether `size` more bytes may come in; then they are held."""
        held = self.held + size
        if self.shedding or held > self.ceiling:
            return MemoryGate(self.ceiling, self.held, self.held > self.low), False
        return MemoryGate(self.ceiling, held), True

    def grow(self, size: int) -> MemoryGate:
        """Something that is held already got bigger (an answer came)."""
        held = self.held + size
        return MemoryGate(self.ceiling, held, self.shedding or held > self.ceiling)

    def release(self, size: int) -> MemoryGate:
        """`size` bytes are gone."""
        held = max(0, self.held - size)
        return MemoryGate(self.ceiling, held, self.shedding and held > self.low)

    @property
    def low(self) -> int:
        """Where shedding ends."""
        return self.ceiling // 8 * 7
