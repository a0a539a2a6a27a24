"""Tells webhooks what happened: the audit is the outbox, a cursor per target in the ledger says how far it is.

Each target has a task of its own; the ledger is read and written in a thread of their own, through a connection of
their own. Nothing that control does for planes ever waits for one of them: a target that is dead, slow or hostile costs
its own entries time, and nobody else anything.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import Final

import aiohttp
import msgspec

from strangler.config import Loaded, expand
from strangler.config.notifications import Notification
from strangler.errors import StranglerError, UsageError
from strangler.ledger import notifications as book
from strangler.ledger.audit import Entry
from strangler.ledger.notifications import Told
from strangler.ledger.store import Ledger
from strangler.webhook import entry_message, key_of, wanted
from strangler_shadow.control.post import post, session

_log = logging.getLogger(__name__)

LOOK_SECONDS: Final = 0.5
FIRST_SECONDS: Final = 1.0
LONGEST_SECONDS: Final = 300.0
_PAGE: Final = 100


def pause(failures: int, draw: float) -> float:
    """Seconds before the next attempt after so many failures in a row: twice as long each time, by half at random."""
    longest: float = min(LONGEST_SECONDS, FIRST_SECONDS * 2.0 ** min(failures - 1, 20))
    return longest * (0.5 + draw / 2)


@dataclass(slots=True)
class Notifier:
    """All targets. `loaded` gives the configuration in force; `opened` opens the ledger."""

    loaded: Callable[[], Loaded]
    opened: Callable[[], Ledger]
    now_ns: Callable[[], int] = time.time_ns
    _tasks: dict[Notification, asyncio.Task[None]] = field(default_factory=dict)
    _ledger: Ledger | None = None
    _thread: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "webhook-ledger"))

    async def run(self) -> None:
        """Keep a task for each target of the file, until cancelled."""
        try:
            while True:
                self._follow(self.loaded())
                await asyncio.sleep(LOOK_SECONDS)
        finally:
            for task in self._tasks.values():
                task.cancel()
            await asyncio.gather(*self._tasks.values(), return_exceptions=True)
            self._thread.submit(self._close)
            self._thread.shutdown(wait=False)

    def _follow(self, loaded: Loaded) -> None:
        targets = loaded.config.notifications
        for gone in [target for target in self._tasks if target not in targets]:
            self._tasks.pop(gone).cancel()
        for target in targets:
            task = self._tasks.get(target)
            if task is not None and task.done() and not task.cancelled():
                # A mistake of ours must cost neither the target for good nor control.
                _log.error("webhook %s failed; it is begun again", target.host, exc_info=task.exception())
            if task is None or task.done():
                self._tasks[target] = asyncio.create_task(self._serve(target))

    async def _serve(self, target: Notification) -> None:
        draw = Random(target.key)  # noqa: S311  jitter
        failures, before = 0, ""
        async with session() as client:
            while True:
                problem = await self._once(client, target)
                failures = failures + 1 if problem else 0
                if problem not in {"", before}:
                    _log.warning("webhook %s: %s; tried again later", target.host, problem)
                before = problem
                await asyncio.sleep(pause(failures, draw.random()) if failures else LOOK_SECONDS)

    async def _once(self, client: aiohttp.ClientSession, target: Notification) -> str:
        """Send what there is, in order; why it stopped, empty at the end of the audit."""
        try:
            state, entries = await self._in_thread(partial(self._page, target.key))
            key = await self._key(target, state)
            while entries:
                state, problem = await self._send(client, target, key, state, entries)
                if problem:
                    return problem
                state, entries = await self._in_thread(partial(self._page, target.key))
        except StranglerError as error:
            return str(error)
        return ""

    async def _key(self, target: Notification, state: Told) -> bytes:
        try:
            return key_of(expand(target.secret), "notifications")
        except UsageError as error:
            said = msgspec.structs.replace(state, problem=error.what, at_ns=self.now_ns())
            await self._in_thread(partial(self._keep, said))
            raise

    async def _send(
        self,
        client: aiohttp.ClientSession,
        target: Notification,
        key: bytes,
        state: Told,
        entries: list[Entry],
    ) -> tuple[Told, str]:
        problem = ""
        for entry in entries:
            sent = 0
            if wanted(entry.body["action"], target.events):
                message = entry_message(entry.body, entry.hash)
                now_ns = self.now_ns()
                problem = await post(
                    client, target.url, key, message, now_ns=now_ns, timeout_ms=target.timeout
                )
                if problem:
                    state = self._given_up(target, state, entries, entry.seq, problem)
                    break
                sent = 1
            state = msgspec.structs.replace(
                state, seq=entry.seq, sent=state.sent + sent, problem="", at_ns=self.now_ns()
            )
            if sent:
                await self._in_thread(partial(self._keep, state))
        await self._in_thread(partial(self._keep, state))
        return state, problem

    def _given_up(
        self, target: Notification, state: Told, entries: list[Entry], failed: int, problem: str
    ) -> Told:
        """Leave behind what is too old: from the entry that failed on, as far as the page goes."""
        oldest_ns = self.now_ns() - target.give_up * 1_000_000
        left = state
        for entry in entries:
            if entry.seq < failed:
                continue
            if entry.body["at_ns"] >= oldest_ns:
                break
            mine = wanted(entry.body["action"], target.events)
            left = msgspec.structs.replace(left, seq=entry.seq, given_up=left.given_up + mine)
        return msgspec.structs.replace(left, problem=problem, at_ns=self.now_ns())

    async def _in_thread[R](self, job: Callable[[], R]) -> R:
        return await asyncio.get_running_loop().run_in_executor(self._thread, job)

    # --- in the ledger's thread ---

    def _page(self, target: str) -> tuple[Told, list[Entry]]:
        ledger = self._at_hand()
        with ledger.read() as connection:
            state = book.told(connection, target)
            if state is not None:
                return state, list(book.after(connection, state.seq, _PAGE))
        with ledger.begin() as connection:
            return book.first(connection, target, self.now_ns()), []

    def _keep(self, state: Told) -> None:
        with self._at_hand().begin() as connection:
            book.keep(connection, state)

    def _at_hand(self) -> Ledger:
        if self._ledger is not None and not self._ledger.there:
            self._close()
        if self._ledger is None:
            self._ledger = self.opened()
        return self._ledger

    def _close(self) -> None:
        if self._ledger is not None:
            self._ledger.close()
            self._ledger = None
