"""Accounting of what planes sent: recorded + dropped + gaps = sent, for every plane process.

`sent` and the plane's own drops come from the plane, cumulative. `recorded` counts what was flushed as
`Settled`, `shed` what the worker threw away (a `Loss`), `gaps` what never arrived.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import msgspec
from sqlalchemy import ColumnElement, Connection, RowMapping, func, select

from strangler.ledger import tables
from strangler.ledger.counts import Counts, encoded, highest, risen, stored_counts
from strangler.ledger.settled import Item, Loss, Settled, StreamReport
from strangler.ledger.tables import MINUTE_NS
from strangler.ledger.upsert import Row, upsert

GAP = "gap"
UNCAPTURED = "uncaptured/"
SHED = "shed"


class Stream(msgspec.Struct, frozen=True):
    """One plane process. `dropped` is what the plane dropped, `shed` what the worker threw away."""

    plane: str
    boot: str
    sent: int
    recorded: int
    dropped: int
    shed: int
    gaps: int
    heartbeat_ns: int
    ended: bool

    @property
    def outstanding(self) -> int:
        """What is neither recorded nor counted as lost yet: on its way, or lost and not known to be."""
        return self.sent - self.recorded - self.dropped - self.shed - self.gaps


def gap(*, sent: int, dropped: int, known: Stream | None, still_to_come: int) -> int:
    """How many of a plane's exchanges were lost on the way and are not counted yet: never negative.

    When a plane says Hello to a NEW worker process, what the dead worker held is lost. The count is exact
    at the first Heartbeat after that Hello: `sent` and `dropped` (all reasons) as that Heartbeat says,
    `known` from the ledger (`stream`), `still_to_come` = `Heartbeat.queued` + what this worker has received
    from the plane and not flushed (or shed and not flushed). The same when a plane has ended: then
    `still_to_come` is only what the worker holds. Hand the result to `flush` as `Loss("gap", …)`.
    """
    booked = known.recorded + known.shed + known.gaps if known else 0
    return max(0, sent - dropped - booked - still_to_come)


def stream(connection: Connection, plane: str, boot: str) -> Stream | None:
    """One stream, or None when nothing was flushed of it."""
    return next((s for s in streams(connection) if (s.plane, s.boot) == (plane, boot)), None)


def streams(connection: Connection) -> list[Stream]:
    """All of them, the latest heartbeat first."""
    table = tables.streams
    rows = connection.execute(select(table).order_by(table.c.heartbeat_ns.desc())).mappings()
    return [Stream(**{name: row[name] for name in Stream.__struct_fields__}) for row in rows]


def losses(connection: Connection) -> dict[str, int]:
    """Reason to count, of all that was ever lost. Requests that could not be captured stand as
    `uncaptured/REASON`.
    """
    return _reasons(connection)


def shed(connection: Connection, epoch: int) -> dict[str, dict[str, int]]:
    """Route to reason to count of the exchanges that would have been evidence in an epoch."""
    table = tables.losses
    statement = (
        select(table.c.route, table.c.reason, func.sum(table.c.count))
        .where(table.c.epoch == epoch)
        .group_by(table.c.route, table.c.reason)
        .order_by(table.c.route, table.c.reason)
    )
    found: dict[str, dict[str, int]] = {}
    for route, reason, count in connection.execute(statement):
        found.setdefault(route, {})[reason] = int(count)
    return found


def untraced(connection: Connection, since_ns: int) -> dict[str, int]:
    """Reason to count since then (by the minute) of what was lost and belongs to no epoch that anybody knows.
    Requests that could not be captured stand as `uncaptured/REASON`.
    """
    return _reasons(connection, tables.losses.c.epoch == 0, tables.losses.c.minute >= since_ns // MINUTE_NS)


def _reasons(connection: Connection, *where: ColumnElement[bool]) -> dict[str, int]:
    table = tables.losses
    statement = (
        select(table.c.reason, func.sum(table.c.count))
        .where(*where)
        .group_by(table.c.reason)
        .order_by(table.c.reason)
    )
    return {reason: int(count) for reason, count in connection.execute(statement)}


def account(
    connection: Connection,
    batch: Sequence[Item],
    reports: Sequence[StreamReport],
    lost: Sequence[Loss],
    now_ns: int,
) -> None:
    """Book a batch on its streams, and what was lost on its minute. Part of `flush`."""
    book = _Book(connection, now_ns)
    shed = [item for item in batch if isinstance(item, Settled) and item.outcome.failure == SHED]
    for settled in shed:
        book.row(settled.origin.plane, settled.origin.boot)["shed"] += 1
        book.lose(SHED, settled.route, settled.epoch.digest)
    came = Counter((settled.origin.plane, settled.origin.boot) for settled in batch)
    came.subtract((settled.origin.plane, settled.origin.boot) for settled in shed)
    for stream_key, count in came.items():
        book.row(*stream_key)["recorded"] += count
    for report in reports:
        book.report(report)
    for loss in lost:
        book.row(loss.plane, loss.boot)["gaps" if loss.reason == GAP else "shed"] += loss.count
        book.lose(loss.reason, loss.route, loss.epoch, loss.count)
    book.write()


class _Book:
    """The rows of the streams a flush touches, read once and written once."""

    def __init__(self, connection: Connection, now_ns: int) -> None:
        self._connection = connection
        self._minute = now_ns // MINUTE_NS
        self._rows: dict[tuple[str, str], Row] = {}
        self._losses: Counter[tuple[str, str, int]] = Counter()
        self._epochs: dict[str, int] = {"": 0}
        self._served: dict[str, list[int]] = {}

    def row(self, plane: str, boot: str) -> Row:
        key = (plane, boot)
        if key not in self._rows:
            stored = self._stored(plane, boot)
            self._rows[key] = dict(stored) if stored else _fresh(plane, boot)
        return self._rows[key]

    def _stored(self, plane: str, boot: str) -> RowMapping | None:
        table = tables.streams
        statement = select(table).where(table.c.plane == plane, table.c.boot == boot)
        return self._connection.execute(statement).mappings().first()

    def report(self, report: StreamReport) -> None:
        row = self.row(report.plane, report.boot)
        before = stored_counts(row["counts"])
        for reason, count in risen(before.dropped, report.dropped).items():
            self.lose(reason, count=count)
        for reason, count in risen(before.uncaptured, report.uncaptured).items():
            self.lose(UNCAPTURED + reason, count=count)
        served = dict(before.served)
        for route, counts in report.served.items():
            known = served.get(route, (0, 0, 0))
            sums = self._served.setdefault(route, [0, 0, 0])
            for index in range(3):
                sums[index] += max(0, counts[index] - known[index])
            served[route] = (max(known[0], counts[0]), max(known[1], counts[1]), max(known[2], counts[2]))
        dropped = highest(before.dropped, report.dropped)
        uncaptured, refused = (
            highest(before.uncaptured, report.uncaptured),
            highest(before.refused, report.refused),
        )
        row |= {
            "pid": report.pid,
            "sent": max(row["sent"], report.sent),
            "dropped": sum(dropped.values()),
            "ended": row["ended"] or report.ended,
            "counts": encoded(Counts(dropped, uncaptured, served, refused)),
        }
        if report.at_ns >= row["heartbeat_ns"]:
            row |= {"heartbeat_ns": report.at_ns, "generation": report.generation or row["generation"]}

    def lose(self, reason: str, route: str = "", epoch: str = "", count: int = 1) -> None:
        if epoch not in self._epochs:
            table = tables.epochs
            statement = select(table.c.id).where(table.c.digest == epoch)
            self._epochs[epoch] = self._connection.execute(statement).scalar() or 0
        self._losses[reason, route, self._epochs[epoch]] += count

    def write(self) -> None:
        columns = tuple(column.name for column in tables.streams.c if not column.primary_key)
        upsert(self._connection, tables.streams, self._rows.values(), replace=columns)
        losses: list[Row] = [
            {"minute": self._minute, "epoch": epoch, "reason": reason, "route": route, "count": count}
            for (reason, route, epoch), count in self._losses.items()
            if count
        ]
        upsert(self._connection, tables.losses, losses, add=("count",))
        served: list[Row] = [
            {"minute": self._minute, "route": route, "legacy": a, "candidate": b, "fallback": c}
            for route, (a, b, c) in self._served.items()
            if a or b or c
        ]
        upsert(self._connection, tables.served, served, add=("legacy", "candidate", "fallback"))


def _fresh(plane: str, boot: str) -> Row:
    numbers = dict.fromkeys(
        ("pid", "generation", "sent", "recorded", "dropped", "shed", "gaps", "heartbeat_ns"), 0
    )
    return {"plane": plane, "boot": boot, **numbers, "ended": False, "counts": encoded(Counts())}
