"""One flush of the worker: everything it judged since the last, in one transaction with its watermarks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, select

from strangler.ledger import (
    counting,
    coverage,
    epochs,
    exemplars,
    findings,
    learning,
    noise,
    numbers,
    repeats,
    streams,
    tables,
)
from strangler.ledger.counting import CellKey, Strata
from strangler.ledger.settled import Item, Loss, Settled, StreamReport, Watched
from strangler.ledger.upsert import upsert


def flush(
    connection: Connection,
    batch: Sequence[Item],
    reports: Sequence[StreamReport] = (),
    losses: Sequence[Loss] = (),
    *,
    now_ns: int,
    worker: str | None,
    number: int = 0,
    documents: int = 5,
    limits: Mapping[str, int] | None = None,
) -> bool:
    """Write a batch. Call it inside `ledger.begin()`; when that raises, keep the batch and try again.

    `worker`: names this worker process; its heartbeat is set to `now_ns`, so call it every five seconds at
    least, with nothing in it if need be. None: a command's own batch, by which no worker is alive.
    `number` rises by one with each new batch of this worker: a batch whose number was written already (its
    commit's answer was lost) is not written again, and False comes back; 0: not checked. `documents`:
    exemplars kept per divergence. `limits`: label to how many values are told apart (`strata.LABEL.limit`; 20
    where it says nothing); later values count as `other`.

    A `Settled` whose outcome is failed for `shed` counts as lost, in no comparison. A flush costs a few
    milliseconds and then little per exchange: batch for a tenth of a second, and flush a difference at
    once.
    """
    if worker is not None and not _numbered(connection, worker, number, now_ns):
        return False
    watched = [item for item in batch if isinstance(item, Watched)]
    judged = [item for item in batch if isinstance(item, Settled) and item.outcome.failure != "shed"]
    if judged:
        placed = _placed(connection, judged, limits or {}, now_ns)
        counting.count(connection, placed, repeats.repeated(connection, placed))
        coverage.note(connection, placed)
        findings.file(connection, placed, now_ns)
        exemplars.keep(connection, placed, documents)
        noise.write(connection, placed)
        learning.write(connection, placed, now_ns)
    shown = (*(item.numbers for item in watched), *(item.numbers for item in judged))
    seen = [sighting for sightings in shown for sighting in sightings]
    if seen or watched:
        numbers.write(connection, seen, watched, now_ns)
    streams.account(connection, batch, reports, losses, now_ns)
    return True


def _numbered(connection: Connection, worker: str, number: int, now_ns: int) -> bool:
    table = tables.workers
    last = connection.execute(select(table.c.flush).where(table.c.worker == worker)).scalar() or 0
    if number and number <= last:
        return False
    row = {"worker": worker, "heartbeat_ns": now_ns, "flush": number}
    # Not the latest: where a clock was set back, what it says now is what counts.
    upsert(connection, table, [row], latest=("flush",), replace=("heartbeat_ns",))
    return True


def _placed(
    connection: Connection, judged: Sequence[Settled], limits: Mapping[str, int], now_ns: int
) -> list[tuple[CellKey, Settled]]:
    ids = epochs.note(connection, ((settled.epoch, settled.seen_ns) for settled in judged), now_ns)
    strata = Strata(connection, limits, now_ns)
    placed: list[tuple[CellKey, Settled]] = [
        ((ids[settled.epoch.digest], settled.route, strata.of(settled.labels), settled.primary), settled)
        for settled in judged
    ]
    strata.write()
    return placed
