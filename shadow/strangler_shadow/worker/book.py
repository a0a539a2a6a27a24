"""The ledger as the worker's thread writes it: one transaction a page, gaps told inside it."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Final

from sqlalchemy import Connection
from sqlalchemy.exc import DisconnectionError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from strangler.errors import LedgerUnavailable, StranglerError
from strangler.ledger.facts import Fact, facts, put
from strangler.ledger.flush import flush
from strangler.ledger.learning import open_places
from strangler.ledger.noise import observations
from strangler.ledger.planes import planes
from strangler.ledger.settled import Item, Loss, StreamReport
from strangler.ledger.splits import Counted, Sighting, record
from strangler.ledger.store import Ledger
from strangler.ledger.streams import GAP, gap, stream
from strangler_shadow.worker.streams import Reckoning, StreamKey

_log = logging.getLogger(__name__)

UNWRITABLE: Final = "unwritable"
_STATES: Final = (OperationalError, InterfaceError, DisconnectionError, PoolTimeout)


@dataclass(frozen=True, slots=True)
class Page:
    """Everything of one flush. `flushed`: per stream, what this worker had written before this page.

    `sightings`, `requests`: how a canary's customers were split.
    """

    batch: list[Item]
    losses: list[Loss]
    reports: list[StreamReport]
    reckonings: list[Reckoning]
    facts: list[Fact]
    flushed: Mapping[StreamKey, int]
    now_ns: int
    sightings: Sequence[Sighting] = ()
    requests: Counted = field(default_factory=dict[tuple[str, int, str, bool], int])

    def counts(self) -> Counter[StreamKey]:
        """Per stream, how many exchanges of it this page settles or gives up."""
        found: Counter[StreamKey] = Counter((item.origin.plane, item.origin.boot) for item in self.batch)
        for loss in self.losses:
            found[loss.plane, loss.boot] += loss.count
        return found


@dataclass(slots=True)
class Book:
    """Opens the ledger when it is first needed (`opened(True)` may create it). Used from one thread.

    `worker` names this process, and no other that ever was: pages are numbered under it, so that one whose commit
    was not answered is not written twice. `instance`: what the names of this deployment's planes start with.
    `alive`: whether a process is there. `documents` and `labels` follow the configuration in force. `lags`: per
    cutover, seconds and when they were probed.
    """

    opened: Callable[[bool], Ledger]
    worker: str
    instance: str
    alive: Callable[[int], bool]
    documents: int = 5
    labels: Mapping[str, int] = field(default_factory=dict)
    lags: dict[str, tuple[Decimal, int]] = field(default_factory=dict)
    _number: int = 0
    _ledger: Ledger | None = None
    _file: int | None = None
    _inherited: dict[StreamKey, int] | None = None

    def write(self, page: Page) -> None:
        """Write a page, whole or not at all; after an error, the same page again. Raises LedgerUnavailable."""
        ledger = self._at_hand()
        try:
            self._transact(ledger, page)
        except Exception as error:
            if _is_state(error):
                raise
            # Not the ledger's state but something in the page: it would block every later one.
            _log.warning("a batch cannot be written at once (%s: %s)", type(error).__name__, error)
            self._one_by_one(ledger, page)

    def learned(self) -> list[tuple[str, str, str]]:
        """Rule, legacy's token and the candidate's of every pair of ids that was ever learned."""
        with self._at_hand().read() as connection:
            return [(pair.rule, pair.legacy, pair.candidate) for pair in observations(connection)]

    def open_places(self, digests: Collection[str]) -> dict[tuple[str, str], frozenset[str]]:
        """Where workers have seen a name change, by the digest of the epoch and the route."""
        if not digests:
            return {}
        with self._at_hand().read() as connection:
            return open_places(connection, digests)

    def close(self) -> None:
        """Close the ledger."""
        if self._ledger is not None:
            self._ledger.close()
            self._ledger = None

    def _at_hand(self) -> Ledger:
        """The ledger, opened when there is none or when its file is another one now."""
        if self._ledger is None:
            self._ledger = self.opened(self._file is None)
            self._file = _inode(self._ledger)
        elif _inode(self._ledger) != self._file:
            # SQLite would go on writing to a file that has no name any more.
            self.close()
            raise LedgerUnavailable("the ledger's file is gone, or another one", remedy="put it back")
        return self._ledger

    def _transact(self, ledger: Ledger, page: Page) -> None:
        number = self._number + 1
        with ledger.begin() as connection:
            if self._flush(connection, page, number):
                self._finish(connection, page)
        self._number = number

    def _finish(self, connection: Connection, page: Page) -> None:
        for fact in page.facts:
            put(connection, fact)
        if page.sightings or page.requests:
            record(connection, page.sightings, page.requests)
        gaps = [*self._told(connection, page), *self._bury(connection, page)]
        if gaps:
            flush(connection, (), (), gaps, now_ns=page.now_ns, worker=self.worker)
        self.lags = {fact.subject: lag for fact in facts(connection, "lag") if (lag := _lag(fact))}

    def _told(self, connection: Connection, page: Page) -> list[Loss]:
        """The gaps that this page's reckonings show, this page itself being written."""
        counts = page.counts()
        found: list[Loss] = []
        for reckoning in page.reckonings:
            report = reckoning.report
            key = (report.plane, report.boot)
            held = reckoning.received - page.flushed.get(key, 0) - counts[key]
            missing = gap(
                sent=report.sent,
                dropped=sum(report.dropped.values()),
                known=stream(connection, *key),
                still_to_come=reckoning.queued + held,
            )
            if missing:
                found.append(Loss(GAP, missing, *key))
        return found

    def _bury(self, connection: Connection, page: Page) -> list[Loss]:
        """Gaps of planes that ended before this worker heard of them: nobody holds what is outstanding."""
        if self._inherited is None:
            self._inherited = {
                (plane.plane, plane.boot): 0 if plane.ended else plane.pid
                for plane in planes(connection)
                if plane.plane.startswith(self.instance)
            }
        for key in page.flushed:
            self._inherited.pop(key, None)
        found: list[Loss] = []
        for key, pid in list(self._inherited.items()):
            if pid and self.alive(pid):
                continue
            del self._inherited[key]
            known = stream(connection, *key)
            if known is not None and known.outstanding > 0:
                found.append(Loss(GAP, known.outstanding, *key))
        return found

    def _one_by_one(self, ledger: Ledger, page: Page) -> None:
        """The same page in one transaction with a savepoint for each exchange; what cannot be written is lost."""
        losses: list[Loss] = []
        with ledger.begin() as connection:
            for settled in page.batch:
                try:
                    with connection.begin_nested():
                        self._flush(connection, replace(page, batch=[settled], losses=[], reports=[]))
                except Exception as error:
                    if _is_state(error):
                        raise
                    _log.exception("an exchange of %s cannot be written; it counts as lost", settled.route)
                    losses.append(_unwritable(settled))
            self._flush(connection, replace(page, batch=[], losses=[*page.losses, *losses]), self._number + 1)
            self._finish(connection, page)
        self._number += 1

    def _flush(self, connection: Connection, page: Page, number: int = 0) -> bool:
        return flush(
            connection,
            page.batch,
            page.reports,
            page.losses,
            now_ns=page.now_ns,
            worker=self.worker,
            number=number,
            documents=self.documents,
            limits=self.labels,
        )


def _unwritable(settled: Item) -> Loss:
    origin = settled.origin
    return Loss(UNWRITABLE, 1, origin.plane, origin.boot, settled.route, settled.epoch.digest)


def _is_state(error: Exception) -> bool:
    """Whether this is about the ledger (locked, full, away, of another version), not about what is written."""
    if isinstance(error, LedgerUnavailable) and isinstance(error.__cause__, SQLAlchemyError):
        return isinstance(error.__cause__, _STATES)
    return isinstance(error, StranglerError | OperationalError)


def _inode(ledger: Ledger) -> int:
    """Of a SQLite file; 0 for a server."""
    file = ledger.engine.url.database
    if ledger.engine.dialect.name != "sqlite" or not file or file == ":memory:":
        return 0
    try:
        return Path(file).stat().st_ino
    except OSError:
        return -1


def _lag(fact: Fact) -> tuple[Decimal, int] | None:
    try:
        return Decimal(fact.phase), fact.at_ns
    except InvalidOperation:
        return None
