"""What the pages share: the source they read from, threads to read with, the snapshot, who follows."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from strangler.ledger.patience import TookTooLong
from strangler.ledger.pulse import pulse
from strangler.views.status import OverrideView
from strangler.views.words import iso
from strangler_dashboard.live import Live, Pace
from strangler_dashboard.looks import Looks
from strangler_dashboard.migrated import Looked, look, silent
from strangler_dashboard.models.board import Taken, take
from strangler_dashboard.snapshot import Snapshot
from strangler_dashboard.threads import Threads
from strangler_shadow.override import in_force

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection

    from strangler.config import Loaded
    from strangler.ledger.store import Ledger
    from strangler_dashboard.source import Source

WANTED_S: Final = 20.0
"""For so long after somebody asked for it, the migrated database is looked at. Pages ask every 15 s at the latest."""
THREADS: Final = 3
"""Readings at once: a crowd of readers must not crowd out the traffic."""
PATIENCE_S: Final = 10.0
"""A reading of the ledger that takes longer is given up."""
STANDING_S: Final = 60.0
"""What the board is made of may take so long: it is read once for everybody, and pages show the last one meanwhile."""
_GRACE_S: Final = 2.0
"""A page waits for so much longer: in this time whoever ends a reading says so."""
ACTS: Final = 2
"""Writings at once, with threads of their own: a rollback does not wait until a crowd has read."""


@dataclass(frozen=True, slots=True)
class Clocks:
    """`now_ns`: Unix time; `monotonic`: seconds that never go back."""

    now_ns: Callable[[], int]
    monotonic: Callable[[], float]


class Room:
    """Everything a page reads with."""

    def __init__(self, source: Source, clocks: Clocks, pace: Pace | None = None) -> None:
        """`pace`: of whoever follows."""
        self.source, self.clocks = source, clocks
        patience = source.patience
        self.longest_s = patience.seconds + _GRACE_S if patience is not None else None
        self._threads, self._acting = Threads(THREADS, "page"), Threads(ACTS, "act")
        self._thread = Threads(1, "migrated")
        self.live = Live(self._beat, pace or Pace())
        self.snapshot: Snapshot[Taken] = Snapshot(
            self._take, self.token, clocks.monotonic, self.live.wake, self.longest_s
        )
        self._looked: Snapshot[Looked] = Snapshot(self._look, self._file, clocks.monotonic, self.live.wake)
        self._wanted = -WANTED_S
        self.looks = Looks(clocks.now_ns, self.write)

    async def read[T](self, reading: Callable[[Connection, Loaded], T], *, first: bool = False) -> T:
        """In a thread, in one consistent view of the ledger. Raises what reading raises; TookTooLong where it, or the
        wait for its turn, takes too long. `first`: what somebody does waits for it, so it does not wait for a crowd.
        """
        return await self._run(self._acting if first else self._threads, lambda: self._read(reading))

    async def write[T](self, writing: Callable[[Connection, Loaded], T]) -> T:
        """In a thread, in one transaction, done when it returns. Raises what writing raises."""

        def written(ledger: Ledger, loaded: Loaded) -> T:
            with ledger.begin() as connection:
                return writing(connection, loaded)

        return await self.act(written)

    async def act[T](self, acting: Callable[[Ledger, Loaded], T]) -> T:
        """In a thread, with the ledger: for what takes several transactions, each of which ends by itself. Raises what
        acting raises. It is waited for however long it takes: nobody is to be told less than what was done.
        """

        def acted() -> T:
            loaded = self.source.loaded()
            return acting(self.source.ledger(loaded), loaded)

        try:
            return await asyncio.wrap_future(self._acting.submit(acted))
        finally:
            self.snapshot.outdated()

    def override(self, loaded: Loaded) -> OverrideView | None:
        """A `rollback --all` that is in force."""
        found = in_force(state_folder(loaded))
        if found is None:
            return None
        return OverrideView(found.generation, iso(found.issued_ns), found.actor, found.reason)

    async def migrated(self) -> Looked:
        """What the migrated database says, as of some seconds ago; it is looked at while somebody asks."""
        self._wanted = self.clocks.monotonic()
        return await self._looked.get()

    def close(self) -> None:
        """Let everybody who follows go, and end."""
        self.live.close()
        self._threads.close()
        self._thread.close()
        self._acting.close()
        self.source.close()

    async def _take(self) -> Taken:
        def taken() -> Taken:
            with self.source.patience.lasting(STANDING_S) if self.source.patience else nullcontext():
                return self._read(lambda connection, loaded: take(connection, loaded, self.clocks.now_ns()))

        return await asyncio.wrap_future(self._threads.submit(taken))

    async def _look(self) -> Looked:
        """By a thread of its own: what the migrated database does never keeps a page of the ledger waiting."""
        loaded = self.source.loaded()
        try:
            async with asyncio.timeout(PATIENCE_S):
                return await asyncio.wrap_future(self._thread.submit(lambda: look(loaded)))
        except TimeoutError:
            return silent(loaded)

    async def _file(self) -> str:
        return self.source.loaded().digest

    async def _beat(self) -> str:
        """What followers hear of: the ledger, and the migrated database while somebody looks at its page."""
        token = await self.token()
        if self.clocks.monotonic() - self._wanted < WANTED_S:
            return f"{token}-{(await self._looked.get()).sign}"
        return token

    async def token(self) -> str:
        """Another text when something was written that pages show. Raises what reading raises."""
        return await self.read(
            lambda connection, loaded: (
                f"{pulse(connection)}-{loaded.digest[:8]}-{self._override_token(loaded)}"
            )
        )

    def _override_token(self, loaded: Loaded) -> int:
        found = in_force(state_folder(loaded))
        return found.generation if found else 0

    def _read[T](self, reading: Callable[[Connection, Loaded], T]) -> T:
        loaded = self.source.loaded()
        with self.source.read(loaded) as connection:
            return reading(connection, loaded)

    async def _run[T](self, threads: Threads, work: Callable[[], T]) -> T:
        try:
            async with asyncio.timeout(self.longest_s):
                return await asyncio.wrap_future(threads.submit(work))
        except TimeoutError:
            raise TookTooLong(
                f"no answer from the ledger within {self.longest_s:g} s",
                remedy="other questions may be before this one: ask again in a while; where it stays so, see that the "
                "ledger's disk or server answers",
            ) from None


def state_folder(loaded: Loaded) -> Path:
    """Where planes look for an override."""
    return loaded.folder / loaded.config.serve.state
