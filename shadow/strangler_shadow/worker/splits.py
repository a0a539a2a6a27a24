"""First sightings of a canary's buckets, for the ledger: each bucket and side once per table."""

from __future__ import annotations

from collections import Counter
from typing import Final

from strangler.exchange import Exchange, Side
from strangler.ledger.splits import Sighting
from strangler.routing.cohort import BUCKETS

_TABLES: Final = 8
"""Tables whose buckets are remembered; one that comes back later is told again, which changes nothing."""


class Splits:
    """Of the loop alone. `saw` costs two look-ups for a bucket that is known."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, int], set[tuple[int, Side]]] = {}
        self._sightings: list[Sighting] = []
        self._requests: Counter[tuple[str, int, str, bool]] = Counter()

    def saw(self, exchange: Exchange) -> None:
        """An exchange came, whatever becomes of it."""
        if not exchange.cohort:
            return
        cutover, generation, bucket = exchange.cutover, exchange.generation, exchange.bucket
        self._requests[cutover, generation, exchange.route, exchange.cohort != "nameless"] += 1
        if exchange.cohort != "bucket" or bucket is None or not 0 <= bucket < BUCKETS:
            return
        known = self._known.get((cutover, generation))
        if known is None:
            if len(self._known) >= _TABLES:
                del self._known[next(iter(self._known))]
            known = self._known[cutover, generation] = set()
        side = exchange.meant_for
        if (bucket, side) not in known:
            known.add((bucket, side))
            self._sightings.append(Sighting(cutover, generation, bucket, side))

    def take(self) -> tuple[list[Sighting], Counter[tuple[str, int, str, bool]]]:
        """What is to be written; the caller keeps it until it is."""
        taken = self._sightings, self._requests
        self._sightings, self._requests = [], Counter()
        return taken
