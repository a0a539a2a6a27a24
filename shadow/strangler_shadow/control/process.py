"""The life of the control process: the endpoint, and the loop that keeps table, lag and file in step."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import time
from collections.abc import Coroutine, Generator, Iterator
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any, Final

import aiohttp
import uvicorn

from strangler.config import Loaded
from strangler.config.cutovers import Lag, Synced, SyncedState
from strangler.errors import LedgerUnavailable, StranglerError, Unreachable
from strangler.gate.wayback import BACK
from strangler.ledger.facts import Fact
from strangler.ledger.store import Ledger, open_ledger
from strangler_shadow.control.app import app
from strangler_shadow.control.board import Board
from strangler_shadow.control.effects import ask_all
from strangler_shadow.control.lag import probe
from strangler_shadow.control.notify import Notifier
from strangler_shadow.control.settings import ControlSettings
from strangler_shadow.control.status import status
from strangler_shadow.control.watch import Picture, Watch
from strangler_shadow.metrics import families
from strangler_shadow.metrics.families import Sample
from strangler_shadow.metrics.traffic import samples
from strangler_shadow.override import in_force, last_table
from strangler_shadow.readiness import Readiness, check, readiness, worker_check
from strangler_shadow.watched import WatchedConfig

_log = logging.getLogger(__name__)

TICK_SECONDS: Final = 0.15
AWAY_SECONDS: Final = 0.5
CONFIG_SECONDS: Final = 0.5
PROBE_SECONDS: Final = 1.0
EFFECTS_SECONDS: Final = 2.0
PICTURE_SECONDS: Final = 0.5
GRACE_SECONDS: Final = 2


async def serve(settings: ControlSettings, stop: asyncio.Event) -> None:
    """Answer and watch until told to stop."""
    control = Control(settings)
    server = _Server(
        uvicorn.Config(
            app(control.board, control),
            log_level="warning",
            access_log=False,
            lifespan="off",
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
    )
    listening = socket.socket(fileno=settings.listen_fd)
    tasks = [asyncio.create_task(job) for job in control.jobs()]
    answering = asyncio.create_task(server.serve(sockets=[listening]))
    ended = asyncio.create_task(stop.wait())
    await asyncio.wait((answering, ended, *tasks), return_when=asyncio.FIRST_COMPLETED)
    control.board.close()
    server.should_exit = True
    await asyncio.wait((answering,), timeout=2 * GRACE_SECONDS)
    failed = [task for task in (*tasks, answering) if task.done() and task.exception() is not None]
    for task in (*tasks, ended):
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    for task in failed:
        await task


class _Server(uvicorn.Server):
    """uvicorn without its signal handling: signals end the process as a whole."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        """Capture none."""
        yield


class Control:
    """What control knows, and the tasks that keep it so."""

    def __init__(self, settings: ControlSettings) -> None:
        state = self._state = Path(settings.state)
        self._settings = settings
        self._watched = WatchedConfig(Path(settings.config), state)
        self._watch = Watch(
            self._watched.loaded,
            partial(_open, self._watched),
            time.time_ns,
            lambda: in_force(state) is not None,
        )
        self._changed = "start"
        self._picture: Picture | None = None
        self._ledger_problem = ""
        self._probes: dict[str, str] = {}
        self._lags: dict[str, tuple[Decimal, int]] = {}
        self._backs: dict[str, Fact] = {}
        self._facts: list[Fact] = []
        self._effects: list[Fact] = []
        self._notifier = Notifier(lambda: self._watched.loaded, partial(_open, self._watched, create=False))
        self.board = Board(last_table(state))
        self._started = self._watched.loaded

    def jobs(self) -> tuple[Coroutine[Any, Any, None], ...]:
        """What runs side by side."""
        told = self._notifier.run()
        return self.watch(), self.follow_file(), self.probe(), self.ask_effects(), told

    def status(self) -> dict[str, Any]:
        """What `/v1/status` answers."""
        return status(
            self._picture,
            table=self.board.table,
            override=in_force(self._state),
            waiting=self.board.waiting,
            instance=self._settings.instance,
            ledger_problem=self._ledger_problem,
            config_problem=self._watched.problem,
            file=str(self._watched.file),
            restart=_needs_restart(self._started, self._watched.loaded),
            probes=self._probes,
            rollbacks=self._watch.rollbacks,
        )

    def samples(self) -> Iterator[Sample]:
        """What `/metrics` answers: of the picture that was taken last, so that a scrape never waits for the ledger."""
        up = self._picture is not None and not self._ledger_problem
        yield families.LEDGER_UP, (), int(up)
        if self._picture is not None:
            yield from samples(
                self._picture.traffic,
                generation=self.board.table.generation if self.board.table else 0,
                overridden=in_force(self._state) is not None,
            )

    def readiness(self) -> Readiness:
        """What `/readyz` answers."""
        taken = self._picture
        ledger = self._ledger_problem or ("" if taken else "the ledger was not read yet")
        worker = None if taken is None else taken.traffic.worker_ns
        return readiness(
            check("ledger", ledger),
            check("table", "" if self.board.table else "there is no routing table yet"),
            worker_check(worker, time.time_ns()),
        )

    async def watch(self) -> None:
        """Follow the ledger: publish what changed, hand out what others published, roll back."""
        pictured = 0.0
        while True:
            try:
                await self._tick()
                if time.monotonic() - pictured > PICTURE_SECONDS:
                    self._picture = await asyncio.to_thread(self._watch.picture)
                    pictured = time.monotonic()
            except StranglerError as error:
                if str(error) != self._ledger_problem:
                    _log.warning("the ledger is away; the last table stays in force: %s", error)
                self._ledger_problem = str(error)
                if not isinstance(error, LedgerUnavailable):
                    self._watch.close()
                await asyncio.sleep(AWAY_SECONDS)
                continue
            if self._ledger_problem:
                _log.warning("the ledger is back")
                self._ledger_problem = ""
            await asyncio.sleep(TICK_SECONDS)

    async def _tick(self) -> None:
        if self._changed:
            reason = self._changed
            table = await asyncio.to_thread(self._watch.publish, reason)
            self.board.post(table)
            if self._changed == reason:
                self._changed = ""
        current = await asyncio.to_thread(self._watch.table)
        if current is not None:
            self.board.post(current)
        if self._facts or self._effects or self._lags or self._backs:
            found, lags = [*self._facts, *self._effects, *self._backs.values()], self._lags
            self._facts, self._effects, self._lags, self._backs = [], [], {}, {}
            await asyncio.to_thread(self._watch.note, found, lags)

    async def follow_file(self) -> None:
        """Take over a changed strangler.yaml; a broken one is told and changes nothing."""
        self._tell_file()
        while True:
            await asyncio.sleep(CONFIG_SECONDS)
            if not await asyncio.to_thread(self._watched.poll):
                continue
            if self._watched.loaded is not self._watch.loaded:
                self._watch.loaded = self._watched.loaded
                self._changed = "strangler.yaml changed"
            self._tell_file()

    async def probe(self) -> None:
        """Ask for the replication lag of every cutover that declares where."""
        async with aiohttp.ClientSession() as session:
            while True:
                for name, plan in self._watched.loaded.config.cutovers.items():
                    if isinstance(plan.state, SyncedState):
                        await self._probe(session, name, plan.state.synced)
                await asyncio.sleep(PROBE_SECONDS)

    async def _probe(self, session: aiohttp.ClientSession, name: str, synced: Synced) -> None:
        found = await self._seconds(session, name, synced.lag)
        if found is not None:
            self._lags[name] = found
        if synced.back is not None:
            found = await self._seconds(session, f"{name}, back", synced.back.lag)
            if found is not None:
                seconds, asked_ns = found
                self._backs[name] = Fact(BACK, name, f"{seconds:f}", "", asked_ns)

    async def _seconds(
        self, session: aiohttp.ClientSession, name: str, lag: Lag
    ) -> tuple[Decimal, int] | None:
        # When it was asked for: what it says is true of that moment or a later one.
        asked_ns = time.time_ns()
        try:
            seconds = await probe(session, lag)
        except Unreachable as error:
            self._probes[name] = str(error)
            return None
        self._probes[name] = f"{seconds:f} s"
        return seconds, asked_ns

    async def ask_effects(self) -> None:
        """Ask both sides of every effect whether it is at work there."""
        async with aiohttp.ClientSession() as session:
            while True:
                # What was not written yet (the ledger is away) gives way to what is known now.
                self._effects = await ask_all(session, self._watched.loaded)
                await asyncio.sleep(EFFECTS_SECONDS)

    def _tell_file(self) -> None:
        problem = self._watched.problem
        if problem:
            _log.warning("strangler.yaml is not taken over, the last good one stays in force: %s", problem)
        digest = self._watched.loaded.digest
        self._facts.append(Fact("config", "control", problem or "in force", digest, time.time_ns()))


def _open(watched: WatchedConfig, create: bool) -> Ledger:
    return open_ledger(watched.loaded.config.ledger, watched.loaded.folder, create=create)


def _needs_restart(before: Loaded, after: Loaded) -> bool:
    """Whether the file says something that only a restart of `serve` takes over: where planes listen and ask."""
    was, is_now = before.config, after.config
    return (
        was.legacy,
        was.candidate,
        was.serve,
        was.capture,
        was.ledger,
        was.worker.concurrency,
        was.telemetry,
    ) != (
        is_now.legacy,
        is_now.candidate,
        is_now.serve,
        is_now.capture,
        is_now.ledger,
        is_now.worker.concurrency,
        is_now.telemetry,
    )
