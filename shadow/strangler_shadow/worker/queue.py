"""Cases that wait for their turn. What is asked again goes first: the moment for it was chosen."""

from __future__ import annotations

import asyncio
from collections import deque

from strangler_shadow.worker.case import Case


class CaseQueue:
    """`put` never waits; `get` does. One event loop."""

    def __init__(self) -> None:
        self._fresh: deque[Case] = deque()
        self._again: deque[Case] = deque()
        self._idle: deque[asyncio.Future[None]] = deque()

    def __len__(self) -> int:
        return len(self._fresh) + len(self._again)

    def put(self, case: Case) -> None:
        """A new case, or one that is to be asked again."""
        (self._fresh if case.first is None else self._again).append(case)
        self._wake()

    async def get(self) -> Case:
        """The next one."""
        while not self._again and not self._fresh:
            idle = asyncio.get_running_loop().create_future()
            self._idle.append(idle)
            try:
                await idle
            except asyncio.CancelledError:
                if not idle.cancelled():
                    self._wake()  # it was for somebody who works on
                raise
        return self._again.popleft() if self._again else self._fresh.popleft()

    def _wake(self) -> None:
        while self._idle:
            idle = self._idle.popleft()
            if not idle.done():
                idle.set_result(None)
                return
