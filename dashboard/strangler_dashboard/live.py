"""Who follows the ledger: one look at a time for all of them, however many there are.

A page that is open asks for `/events` and hears `changed` when something was written that a page may show, at most
every so often; it then asks for itself again. Nothing of the ledger is in the events, so nobody learns from them what
a page would not show them.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final

from strangler.errors import StranglerError

EVERY_S: Final = 0.4
QUIET_S: Final = 15.0
"""After so long without a change a page asks all the same: that something has become old is no change."""
MOST: Final = 500


class Live:
    """`look` gives a text that is another one when something has changed."""

    def __init__(
        self, look: Callable[[], Awaitable[str]], every_s: float = EVERY_S, quiet_s: float = QUIET_S
    ) -> None:
        self._look, self._every_s, self._quiet_s = look, every_s, quiet_s
        self._token = ""
        self._number = 0
        self._changed = asyncio.Event()
        self._looking: asyncio.Task[None] | None = None
        self._closed = False
        self.followers = 0

    @property
    def full(self) -> bool:
        """Whether nobody more is taken on."""
        return self._closed or self.followers >= MOST

    def wake(self) -> None:
        """Something is there that was not."""
        self._number += 1
        self._changed.set()
        self._changed = asyncio.Event()

    def close(self) -> None:
        """Let everybody go."""
        self._closed = True
        self.wake()
        if self._looking is not None:
            self._looking.cancel()

    async def follow(self) -> AsyncIterator[bytes]:
        """Server-sent events, until whoever follows goes or `close`."""
        self.followers += 1
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._keep_looking())
        try:
            yield b"retry: 2000\nevent: hello\ndata: \n\n"
            while not self._closed:
                yield await self._next()
        finally:
            self.followers -= 1

    async def _next(self) -> bytes:
        before = self._number
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._quiet_s):
                await self._changed.wait()
        name = "changed" if self._number != before else "quiet"
        return f"id: {self._number}\nevent: {name}\ndata: \n\n".encode()

    async def _keep_looking(self) -> None:
        while self.followers and not self._closed:
            try:
                token = await self._look()
            except StranglerError as error:
                token = f"away: {error.what}"
            if self._token and token != self._token:
                self.wake()
            self._token = token
            await asyncio.sleep(self._every_s)
        self._token = ""
