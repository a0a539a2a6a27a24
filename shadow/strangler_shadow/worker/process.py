"""The life of a worker process: settings, the socket, the file that is watched, draining, the end."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import Final

from strangler.errors import StranglerError
from strangler.exchange import Side
from strangler.ledger.facts import Fact
from strangler.ledger.store import Ledger, open_ledger
from strangler_shadow.lifeline import alive, calm_collector
from strangler_shadow.sides import side_settings
from strangler_shadow.watched import WatchedConfig
from strangler_shadow.worker.ask import Asker, Limits
from strangler_shadow.worker.book import Book
from strangler_shadow.worker.endpoint import ask_version
from strangler_shadow.worker.ground import Ground, ground
from strangler_shadow.worker.intake import listen
from strangler_shadow.worker.second import Referee
from strangler_shadow.worker.settings import WorkerSettings
from strangler_shadow.worker.shadow import Shadow
from strangler_shadow.worker.streams import Streams
from strangler_shadow.worker.tracing import counts, spans_of
from strangler_shadow.worker.version import VersionSource
from strangler_shadow.worker.writer import Buffer, Writer

_log = logging.getLogger(__name__)

CONFIG_SECONDS: Final = 0.5
VERSION_SECONDS: Final = 2.0
LEARNED_SECONDS: Final = 2.0
SPANS_SECONDS: Final = 2.0
BUFFERED: Final = 20_000
"""Judged exchanges that wait for the ledger, at most; beside a quarter of the memory ceiling."""


async def serve(settings: WorkerSettings, stop: asyncio.Event) -> None:
    """Take exchanges until told to stop, then finish what is under way. Raises StranglerError at the start."""
    state = Path(settings.state)
    watched = WatchedConfig(Path(settings.config), state)
    worker = Process(settings, watched, ground(watched.loaded, state))
    await worker.start()
    calm_collector()
    try:
        await stop.wait()
    finally:
        await worker.stop(settings.drain_ms / 1000)


class Process:
    """The parts of one worker process, put together."""

    def __init__(self, settings: WorkerSettings, watched: WatchedConfig, first: Ground) -> None:
        self._settings = settings
        self._watched = watched
        config = first.config
        self._streams = Streams(alive)
        self._book = Book(
            partial(_open, watched),
            worker=settings.name,
            instance=settings.name.partition("/")[0] + "/",
            alive=alive,
            documents=config.worker.exemplars,
            labels=first.labels,
        )
        buffer = Buffer(BUFFERED, config.worker.memory // 4)
        self._writer = Writer(buffer, self._streams, self._book)
        version = VersionSource.of(config.candidate.version, settings.version)
        self._spans = spans_of(config, settings.name)
        self.shadow = Shadow(
            first,
            self._askers(first),
            version,
            self._streams,
            self._writer,
            lambda: self._book.lags,
            Referee(lambda sums: self._writer.state(sums.fact(settings.name, time.time_ns()))),
            self._spans,
        )
        self._tasks: list[asyncio.Task[None]] = []
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen, and start working."""
        self._server = await listen(self._settings.listen_fd, self._streams, self.shadow.receive)
        jobs: list[Callable[[], Awaitable[None]]] = [
            self._writer.run,
            self._watch_config,
            self._watch_version,
            self._learn,
            *([self._tell_spans] if self._spans is not None else []),
        ]
        jobs += [self.shadow.run] * self.shadow.ground.config.worker.concurrency
        self._tasks = [asyncio.ensure_future(_ended_by_nobody(job())) for job in jobs]

    async def stop(self, seconds: float) -> None:
        """Finish what is open, for so long at most; what is left then is counted as lost by the next worker."""
        deadline = time.monotonic() + seconds
        if self._server is not None:
            self._server.close()
        while self.shadow.open and time.monotonic() < deadline:  # noqa: ASYNC110  several tasks bring it down, with a deadline
            await asyncio.sleep(0.02)
        await self.shadow.referee.finish()
        if self._spans is not None:
            await asyncio.to_thread(self._spans.close, SPANS_SECONDS)
            self._writer.state(counts(self._spans, self._settings.name, time.time_ns()))
        if not await self._writer.stop(max(1.0, deadline - time.monotonic())):
            _log.warning("%d judged exchanges could not be written", self._writer.pending)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.shadow.close()
        for asker in self.shadow.askers.values():
            await asker.close()

    async def _learn(self) -> None:
        """Take over what earlier workers and others learned: pairs of ids once, as soon as the ledger answers, and
        again and again where a name may have changed.
        """
        learned = None
        while not self._writer.stopping:
            with suppress(StranglerError):
                if learned is None:
                    learned = await self._writer.call(self._book.learned)
                    self.shadow.known.take_over(learned)
                digests = self.shadow.learners.digests
                self.shadow.learners.hint(await self._writer.call(partial(self._book.open_places, digests)))
            await asyncio.sleep(LEARNED_SECONDS)

    async def _tell_spans(self) -> None:
        """Say now and then what became of the spans."""
        while self._spans is not None:
            self._writer.state(counts(self._spans, self._settings.name, time.time_ns()))
            await asyncio.sleep(SPANS_SECONDS)

    async def _watch_config(self) -> None:
        self._tell_config("")
        while True:
            await asyncio.sleep(CONFIG_SECONDS)
            if not await asyncio.to_thread(self._watched.poll):
                continue
            problem = self._watched.problem
            if not problem:
                try:
                    await self._change(
                        await asyncio.to_thread(ground, self._watched.loaded, Path(self._settings.state))
                    )
                except StranglerError as error:
                    problem = str(error)
            self._tell_config(problem)

    async def _change(self, after: Ground) -> None:
        """Judge by another file from now on. Cases under way finish by what they find."""
        before = self.shadow.ground
        askers = self.shadow.askers
        if _asked(before) != _asked(after):
            self.shadow.askers = self._askers(after)
        declared = after.config.candidate.version
        known = self.shadow.version.known if declared == before.config.candidate.version else ""
        self.shadow.version = VersionSource.of(declared, self._settings.version, known)
        self.shadow.guard.changed(after.config.worker)
        self.shadow.ground = after
        self._book.documents, self._book.labels = after.config.worker.exemplars, after.labels
        if self.shadow.askers is not askers:
            self._tasks.append(
                asyncio.create_task(_retire(askers.values(), before.config.worker.timeout / 1000))
            )

    def _tell_config(self, problem: str) -> None:
        problem = problem or self._watched.problem
        if problem:
            _log.warning("strangler.yaml is not taken over, the last good one stays in force: %s", problem)
        digest = self.shadow.ground.loaded.digest
        self._writer.state(Fact("config", "worker", problem or "in force", digest, time.time_ns()))

    async def _watch_version(self) -> None:
        told = ""
        while True:
            declared = self.shadow.ground.config.candidate.version
            if declared is not None and declared.endpoint is not None and not self.shadow.version.fixed:
                found = await ask_version(self.shadow.askers["candidate"], declared)
                if found:
                    self.shadow.version.known = found
            known = self.shadow.version.of_answer(None)
            if known != told:
                told = known
                self._writer.state(Fact("version", "candidate", known, "", time.time_ns()))
            await asyncio.sleep(VERSION_SECONDS)

    def _askers(self, by: Ground) -> dict[Side, Asker]:
        limits = Limits(by.config.worker.timeout, by.config.capture.body_limit)
        # As the planes name themselves, so that a request that comes back to one is seen to go in a circle.
        via = "strangler-" + blake2b(self._settings.identity_key, digest_size=4).hexdigest()
        sides: tuple[Side, ...] = ("legacy", "candidate")
        return {side: Asker(side_settings(by.loaded, side), limits, via) for side in sides}


def _open(watched: WatchedConfig, create: bool) -> Ledger:
    return open_ledger(watched.loaded.config.ledger, watched.loaded.folder, create=create)


def _asked(by: Ground) -> tuple[object, ...]:
    """What of a configuration the askers are made of."""
    config = by.config
    return config.legacy, config.candidate, config.worker.timeout, config.capture.body_limit


async def _retire(askers: Collection[Asker], seconds: float) -> None:
    """Close askers once what they were asked is answered, or at the end."""
    try:
        await asyncio.sleep(seconds)
    finally:
        for asker in askers:
            await asker.close()


async def _ended_by_nobody(job: Awaitable[None]) -> None:
    """A part that fails takes the process with it: a worker that only half works would count wrongly."""
    try:
        await job
    except asyncio.CancelledError:
        raise
    except Exception:  # noqa: BLE001  the process ends
        _log.exception("a part of the worker failed; the process ends and is started again")
        logging.shutdown()
        os._exit(1)
