"""How often somebody may be wrong. What guards a token is its 256 bits; this guards the ledger from who tries many."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Final

WRONG: Final = 10
"""So many in a row, then one more every `EVERY_S`."""
EVERY_S: Final = 6.0
KNOWN: Final = 10_000
"""Of so many addresses it is remembered."""


class Throttle:
    """A bucket for each address. `clock`: seconds that never go back."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._wrong: OrderedDict[str, float] = OrderedDict()

    def wait_s(self, address: str) -> int:
        """How long this address has to wait before it is heard again; 0: it is heard."""
        full = self._wrong.get(address, 0.0) - self._clock() - (WRONG - 1) * EVERY_S
        return max(0, int(full) + 1) if full > 0 else 0

    def wrong(self, address: str) -> None:
        """What this address said was wrong."""
        now = self._clock()
        self._wrong[address] = max(self._wrong.pop(address, now), now) + EVERY_S
        while len(self._wrong) > KNOWN:
            self._wrong.popitem(last=False)
