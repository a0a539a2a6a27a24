"""Who follows the ledger: one look at a time for all of them, however many there are.

A page that is open asks for `/events` and hears `changed` when something was written that a page may show; it then
asks for itself again. They are told one after the other, so that a crowd asks for pages at the pace of a few readers
and never all at once: traffic goes before who reads. Nothing of the ledger is in the events, so nobody learns from
them what a page would not show them. Nothing waits in a queue either: what a follower has not heard yet is a number,
and one who reads slowly is told once of several changes. Whoever was let in by something that can end is asked about
again, all of them by one question, and is let go when it has ended.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Final

from strangler.errors import StranglerError

MOST: Final = 500

type Standing = Callable[[frozenset[str]], Awaitable[frozenset[str]]]
"""Which of these still let somebody in (`Visitor.known`). Raises what the ledger raises."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds between two looks; between two followers who are told of the same change (twelve of them hear within a
    second); from the last event to a `quiet` one, after which a page asks all the same (that something has become old
    is no change); between two questions who may still follow.
    """

    look_s: float = 0.4
    each_s: float = 0.05
    quiet_s: float = 15.0
    standing_s: float = 2.0


@dataclass(eq=False, slots=True)
class _Follower:
    known: str
    heard: int
    news: asyncio.Event = field(default_factory=asyncio.Event)
    gone: bool = False


class Live:
    """`look` gives a text that is another one when something has changed. `standing`: None where everybody may stay."""

    def __init__(self, look: Callable[[], Awaitable[str]], pace: Pace) -> None:
        self._look, self._pace = look, pace
        self.standing: Standing | None = None
        self._token = ""
        self._number = 0
        self._following: set[_Follower] = set()
        self._looking: asyncio.Task[None] | None = None
        self._asking: asyncio.Task[None] | None = None
        self._closed = False

    @property
    def followers(self) -> int:
        """How many follow now."""
        return len(self._following)

    @property
    def full(self) -> bool:
        """Whether nobody more is taken on."""
        return self._closed or self.followers >= MOST

    def wake(self) -> None:
        """Something is there that was not."""
        self._number += 1

    def close(self) -> None:
        """Let everybody go."""
        self._closed = True
        for follower in self._following:
            follower.news.set()
        for task in (self._looking, self._asking):
            if task is not None:
                task.cancel()

    async def follow(self, known: str = "") -> AsyncIterator[bytes]:
        """Server-sent events, until whoever follows goes, `close`, or what they are known by has ended.

        `hello` at first; `changed` with the number of changes since the event before as its data; `quiet`. Each has
        the number of the latest change as its id: it is always the id before and the data.
        """
        follower = _Follower(known, self._number)
        self._following.add(follower)
        self._looking = _kept(self._looking, self._keep_looking)
        self._asking = _kept(self._asking, self._keep_asking)
        try:
            yield b"retry: 2000\n" + _event("hello", follower.heard, 0)
            while await self._stays(follower):
                missed, follower.heard = self._number - follower.heard, self._number
                yield _event("changed" if missed else "quiet", follower.heard, missed)
        finally:
            self._following.discard(follower)

    async def _stays(self, follower: _Follower) -> bool:
        """Until there is something to say to them; False where that is nothing any more."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._pace.quiet_s):
                await follower.news.wait()
        follower.news.clear()
        return not (self._closed or follower.gone)

    async def _keep_looking(self) -> None:
        while self._following and not self._closed:
            try:
                token = await self._look()
            except StranglerError as error:
                token = f"away: {error.what}"
            if self._token and token != self._token:
                self.wake()
            self._token = token
            await self._tell()
            await asyncio.sleep(self._pace.look_s)
        self._token = ""

    async def _tell(self) -> None:
        for follower in [each for each in self._following if each.heard != self._number]:
            follower.news.set()
            await asyncio.sleep(self._pace.each_s)

    async def _keep_asking(self) -> None:
        while self.standing and self._following and not self._closed:
            await asyncio.sleep(self._pace.standing_s)
            asked = frozenset(each.known for each in self._following)
            # While the ledger is away nobody is sent off: the events say nothing, and each page asks at the door.
            with contextlib.suppress(StranglerError):
                self._let_go(asked - await self.standing(asked))

    def _let_go(self, ended: frozenset[str]) -> None:
        for follower in self._following:
            if follower.known in ended:
                follower.gone = True
                follower.news.set()


def _kept(
    task: asyncio.Task[None] | None, keep: Callable[[], Coroutine[None, None, None]]
) -> asyncio.Task[None]:
    return asyncio.create_task(keep()) if task is None or task.done() else task


def _event(name: str, number: int, missed: int) -> bytes:
    return f"id: {number}\nevent: {name}\ndata: {missed or ''}\n\n".encode()
