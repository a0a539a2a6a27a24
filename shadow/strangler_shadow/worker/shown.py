"""Which exchanges are worth a whole, redacted document: the first of each divergence, then a few."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final

_REMEMBERED: Final = 10_000
_EVERY: Final = 16
_CHOICE: Final = 4
"""The ledger keeps the most telling documents; it is given this many times as many to choose from."""


class Shown:
    """Counts what was shown per epoch and fingerprint; bounded."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str]] = Counter()

    def worth(self, epoch: str, fingerprints: Iterable[str], kept: int) -> bool:
        """Whether to show one more; `kept`: documents that the ledger keeps per divergence."""
        if len(self._counts) > _REMEMBERED:
            self._counts.clear()
        wanted = False
        for mark in fingerprints:
            self._counts[epoch, mark] += 1
            seen = self._counts[epoch, mark]
            wanted = wanted or seen <= _CHOICE * kept or seen % _EVERY == 0
        return wanted and kept > 0
