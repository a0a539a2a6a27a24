"""How fast requests are sent: as wished, and slower while the worker behind the proxy cannot keep up."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

_FLOOR: Final = 20
_SECOND: Final = 1_000_000_000


@dataclass(slots=True)
class Pace:
    """`wish`: requests a second, at most. `now`: at the moment."""

    wish: int
    now: int = 0
    _shed: int = 0
    _waiting: int = 0

    def __post_init__(self) -> None:
        self.now = self.now or self.wish

    def adapt(self, waiting: int, shed: int) -> None:
        """Ease when anything more was shed, or more than two seconds' worth waits and it does not get less; pick up
        again when less than a second's worth waits.

        `waiting`: exchanges under way; `shed`: all that ever were.
        """
        if shed > self._shed or waiting > max(2 * self.wish, self._waiting):
            self.now = max(_FLOOR, self.now * 3 // 4)
        elif waiting < self.wish:
            self.now = min(self.wish, self.now * 5 // 4 + 1)
        self._shed, self._waiting = max(shed, self._shed), waiting

    def due[T](self, calls: Iterable[T], clock: Callable[[], int]) -> Iterator[tuple[int, T]]:
        """Each call with the nanosecond before which it is not sent. Time lost is made up for a second's worth only."""
        at = clock()
        for call in calls:
            yield at, call
            at = max(at + _SECOND // self.now, clock() - _SECOND)
