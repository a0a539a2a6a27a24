"""What takes long to read is read once for everybody, and not more often than it can be afforded.

With tens of thousands of divergences the gate's view of a cutover takes the better part of a second. A page waits for
that once; from then on it gets what was read last. It is read anew when something was written meanwhile, with pauses of
several times what reading takes, so that pages never use more than a small share of a processor beside the traffic.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from strangler.ledger.patience import TookTooLong

PATIENCE_S: Final = 0.25
"""What is read in so long is waited for."""
REST: Final = 4
"""Pauses between two readings last so many times as long as one."""
LEAST_S: Final = 0.1
OLDEST_S: Final = 5.0
"""What nothing was written to is read anew all the same: it speaks of times that have passed."""
LEISURE: Final = 30
"""Then pauses are so many times as long as a reading, so that fewer than one page in twenty meets one: up to
`LATEST_S`, for that a worker is silent must be seen.
"""
LATEST_S: Final = 15.0


class Snapshot[T]:
    """`read` gives the value, `token` a text that is another one when the value may be; `clock` seconds that never go
    back; `changed` is called when a value came after somebody was given the one before.
    """

    def __init__(
        self,
        read: Callable[[], Awaitable[T]],
        token: Callable[[], Awaitable[str]],
        clock: Callable[[], float],
        changed: Callable[[], None],
        longest_s: float | None = None,
    ) -> None:
        """`longest_s`: who comes first waits no longer; it is read on, for who comes next."""
        self._longest_s = longest_s
        self._read, self._ask, self._clock, self._changed = read, token, clock, changed
        self._values: list[T] = []
        self._token = ""
        self._ended = self._took = 0.0
        self._reading: asyncio.Task[T] | None = None

    async def get(self) -> T:
        """The value: of now where that is quickly had, else of a moment ago. Raises what reading raises."""
        if self._reading is None and (not self._values or await self._is_old()):
            self._begin()
        reading = self._reading
        if self._values and (reading is None or self._took > PATIENCE_S):
            return self._values[0]
        try:
            async with asyncio.timeout(self._longest_s):
                return await asyncio.shield(reading or self._begin())
        except TimeoutError:
            raise TookTooLong(
                "where cutovers stand is still being read, for the first time since this process began",
                remedy="ask again in a while; it is kept from then on",
            ) from None

    def outdated(self) -> None:
        """Something was written just now: the next reader does not get what was read before it."""
        self._ended = float("-inf")

    async def _is_old(self) -> bool:
        age = self._clock() - self._ended
        if age < max(LEAST_S, REST * self._took):
            return False
        oldest = min(LATEST_S, max(OLDEST_S, LEISURE * self._took))
        return age > oldest or await self._ask() != self._token

    def _begin(self) -> asyncio.Task[T]:
        if self._reading is None:
            self._reading = asyncio.create_task(self._refresh())
            self._reading.add_done_callback(_looked_at)
        return self._reading

    async def _refresh(self) -> T:
        late = bool(self._values) and self._took > PATIENCE_S
        began = self._clock()
        try:
            token = await self._ask()
            value = await self._read()
        except BaseException:
            self._values = []  # what cannot be read now is not shown as if it were
            raise
        finally:
            self._ended = self._clock()
            self._took = self._ended - began
            self._reading = None
        self._values, self._token = [value], token
        if late:
            self._changed()
        return value


def _looked_at[T](task: asyncio.Task[T]) -> None:
    """Whoever waits gets the error; where nobody does, the next one asks anew."""
    if not task.cancelled():
        task.exception()
