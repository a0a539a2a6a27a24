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
        self._ready = asyncio.Semaphore(0)

    def __len__(self) -> int:
        return len(self._fresh) + len(self._again)

    def put(self, case: Case) -> None:
        """A new case, or one that is to be asked again."""
        (self._fresh if case.first is None else self._again).append(case)
        self._ready.release()

    async def get(self) -> Case:
        """The next one."""
        await self._ready.acquire()
        return self._again.popleft() if self._again else self._fresh.popleft()
