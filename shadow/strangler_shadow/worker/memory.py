"""How much may be held in memory, with hysteresis: once over the ceiling, nothing more until 7/8 of it is left."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

OVERHEAD: Final = 2_048
"""Bytes that an exchange takes beside what its frame held (objects, tasks, its place in queues)."""


@dataclass(frozen=True, slots=True)
class MemoryGate:
    """`held`: bytes now. `shedding`: it went over, and has not come down to 7/8 of `ceiling` yet."""

    ceiling: int
    held: int = 0
    shedding: bool = False

    def admit(self, size: int) -> tuple[MemoryGate, bool]:
        """Whether `size` more bytes may come in; then they are held."""
        if self.shedding or self.held + size > self.ceiling:
            return replace(self, shedding=self.held > self.low), False
        return replace(self, held=self.held + size), True

    def grow(self, size: int) -> MemoryGate:
        """Something that is held already got bigger (an answer came)."""
        held = self.held + size
        return replace(self, held=held, shedding=self.shedding or held > self.ceiling)

    def release(self, size: int) -> MemoryGate:
        """`size` bytes are gone."""
        held = max(0, self.held - size)
        return replace(self, held=held, shedding=self.shedding and held > self.low)

    @property
    def low(self) -> int:
        """Where shedding ends."""
        return self.ceiling // 8 * 7
