"""What the pages know, as metrics: read by the queries of this module, at most once for many who scrape."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, func, select

from strangler.errors import StranglerError
from strangler.ledger import looking, tables
from strangler.ledger.cutovers import current_table
from strangler_dashboard.snapshot import Snapshot
from strangler_shadow.metrics import families as f
from strangler_shadow.metrics.families import Sample
from strangler_shadow.metrics.traffic import read_traffic, samples
from strangler_shadow.readiness import Check, Readiness, check, readiness, worker_check

if TYPE_CHECKING:
    from strangler.config import Loaded
    from strangler_dashboard.models.board import Taken
    from strangler_dashboard.room import Room

STATUSES: Final = ("pass", "blocked", "insufficient", "frozen")
CAUSES: Final = 60
"""So many causes are told apart, the most frequent; the others are `other`."""
_SECOND: Final = 1_000_000_000
_OPEN: Final = frozenset({"open", "regressed"})
_ACTION: Final = '{"action":"cutover.'
_LONGEST_EVENT: Final = 40


class Metering:
    """What `/metrics` and `/readyz` answer."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._counted: Snapshot[tuple[Sample, ...]] = Snapshot(
            self._read, room.token, room.clocks.monotonic, lambda: None
        )

    async def samples(self) -> list[Sample]:
        """All of them; where the ledger cannot be read, those that do not need it."""
        room = self._room
        found: list[Sample] = [(f.FOLLOWERS, (), room.live.followers)]
        if room.source.patience is not None:
            found.append((f.GIVEN_UP, (), room.source.patience.given_up))
        try:
            taken = await room.snapshot.get()
            counted = await self._counted.get()
        except StranglerError:
            return [*found, (f.LEDGER_UP, (), 0)]
        return [*found, (f.LEDGER_UP, (), 1), *counted, *_standing(taken)]

    async def readiness(self) -> Readiness:
        """Whether the ledger can be read as this version knows it, and a worker writes to it."""
        now_ns = self._room.clocks.now_ns()
        try:
            worker_ns = await self._room.read(lambda connection, _: _worker(connection, now_ns))
        except StranglerError as error:
            return readiness(Check("ledger", ok=False, reason=error.what))
        return readiness(check("ledger", ""), worker_check(worker_ns, now_ns))

    async def _read(self) -> tuple[Sample, ...]:
        return await self._room.read(self._of_the_ledger)

    def _of_the_ledger(self, connection: Connection, loaded: Loaded) -> tuple[Sample, ...]:
        traffic = read_traffic(connection, loaded.config, self._room.clocks.now_ns())
        table = current_table(connection)
        return (
            *samples(
                traffic,
                generation=table.generation if table else 0,
                overridden=self._room.override(loaded) is not None,
            ),
            *_comparisons(connection),
            *_failures(connection),
            *_divergences(connection),
            *_transitions(connection, loaded),
        )


def _worker(connection: Connection, now_ns: int) -> int | None:
    from strangler.ledger.planes import worker_heartbeat

    return worker_heartbeat(connection, now_ns)


def _standing(taken: Taken) -> Iterator[Sample]:
    """What the board is made of."""
    yield f.STANDING_READ, (), taken.at_ns / _SECOND
    for entry in taken.standing.cutovers:
        name, verdict = entry.state.name, entry.verdict
        for status in STATUSES:
            yield f.GATE, (name, status), int(verdict.status == status)
        for code, count in sorted(Counter(reason.code for reason in verdict.reasons).items()):
            yield f.REASONS, (name, code), count
        for route in entry.routes:
            for side, taken_ns in (("legacy", route.legacy_p99_ns), ("candidate", route.candidate_p99_ns)):
                if taken_ns is not None:
                    yield f.ANSWER_P99, (name, route.name, side), taken_ns / _SECOND
    for host, behind, given_up in _webhooks(taken):
        yield f.WEBHOOK_BEHIND, (host,), behind
        yield f.WEBHOOK_GIVEN_UP, (host,), given_up
    yield f.REFEREE, (), taken.standing.referee.open


def _webhooks(taken: Taken) -> Iterator[tuple[str, int, int]]:
    """By host: two of one host are one series, as a path may hold a secret."""
    behind, given_up = Counter[str](), Counter[str]()
    for each in taken.standing.webhooks:
        behind[each.host] += each.behind
        given_up[each.host] += each.told.given_up
    for host in sorted(behind):
        yield host, behind[host], given_up[host]


def _comparisons(connection: Connection) -> Iterator[Sample]:
    table, epochs = tables.evidence, tables.epochs
    names = (
        *("n", "k", "candidate_failed", "unsettled", "duplicates"),
        *("answers", "legacy_errors", "candidate_errors"),
    )
    statement = (
        select(epochs.c.cutover, table.c.route, table.c.side, *(func.sum(table.c[name]) for name in names))
        .join(epochs, epochs.c.id == table.c.epoch)
        .group_by(epochs.c.cutover, table.c.route, table.c.side)
    )
    verdicts: Counter[tuple[str, str, str]] = Counter()
    for row in connection.execute(statement):
        values: tuple[Any, ...] = tuple(row)
        cutover, route, primary, *counts = values
        n, k, failed, unsettled, repeated, answers, legacy, candidate = map(int, counts)
        verdicts[cutover, route, "equal"] += n - k
        verdicts[cutover, route, "different"] += k - failed
        verdicts[cutover, route, "candidate_failed"] += failed
        verdicts[cutover, route, "unsettled"] += unsettled
        verdicts[cutover, route, "repeated"] += repeated
        for side, errors in (("legacy", legacy), ("candidate", candidate)):
            role = "primary" if side == primary else "shadow"
            yield f.ANSWERS, (cutover, route, side, role), answers
            yield f.ANSWER_ERRORS, (cutover, route, side, role), errors
    for labels, count in sorted(verdicts.items()):
        yield f.COMPARISONS, labels, count


def _failures(connection: Connection) -> Iterator[Sample]:
    table, epochs = tables.failures, tables.epochs
    statement = (
        select(epochs.c.cutover, table.c.route, table.c.reason, func.sum(table.c.count))
        .join(epochs, epochs.c.id == table.c.epoch)
        .group_by(epochs.c.cutover, table.c.route, table.c.reason)
    )
    for cutover, route, reason, count in connection.execute(statement):
        yield f.FAILURES, (cutover, route, reason), int(count)


def _divergences(connection: Connection) -> Iterator[Sample]:
    """Counted along an index; as the list counts them, parts of others not by themselves."""
    by_state: Counter[tuple[str, str, str, str]] = Counter()
    by_cause: Counter[tuple[str, str, str, str]] = Counter()
    causes: Counter[str] = Counter()
    for cutover, route, severity, state, cause, count in looking.counted(connection):
        by_state[cutover, route, severity, state] += count
        if state in _OPEN:
            by_cause[cutover, route, severity, cause] += count
            causes[cause] += count
    for labels, count in sorted(by_state.items()):
        yield f.DIVERGENCES, labels, count
    known = {cause for cause, _ in causes.most_common(CAUSES)}
    told: Counter[tuple[str, str, str, str]] = Counter()
    for (cutover, route, severity, cause), count in by_cause.items():
        told[cutover, route, severity, cause if cause in known else "other"] += count
    for labels, count in sorted(told.items()):
        yield f.OPEN, labels, count


def _transitions(connection: Connection, loaded: Loaded) -> Iterator[Sample]:
    """From the audit of the cutovers that the file has; the action stands first in an entry's canonical JSON."""
    table = tables.audit
    begins: Any = func.substr(table.c.body, 1, len(_ACTION) + _LONGEST_EVENT)
    statement = (
        select(table.c.subject, begins, func.count())
        .where(table.c.subject.in_(list(loaded.config.cutovers)))
        .group_by(table.c.subject, begins)
    )
    found: Counter[tuple[str, str]] = Counter()
    for subject, text, count in connection.execute(statement):
        if text.startswith(_ACTION):
            found[subject, text.removeprefix(_ACTION).partition('"')[0]] += count
    for cutover in loaded.config.cutovers:
        found.setdefault((cutover, "rollback"), 0)
        found.setdefault((cutover, "auto-rollback"), 0)
    for labels, count in sorted(found.items()):
        yield f.TRANSITIONS, labels, count
