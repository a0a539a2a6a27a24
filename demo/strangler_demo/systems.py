"""All of the demo's systems together: a seeded legacy, a candidate, and the replicator between them."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from strangler_demo import control
from strangler_demo.month import Month, plan_month
from strangler_demo.processes import Candidate, Legacy, Replicator
from strangler_demo.seeding import Booked, booked, seed
from strangler_demo.storage import connect
from strangler_demo.traffic import Traffic


@dataclass(frozen=True, slots=True)
class Systems:
    """Running systems and the traffic that fits them."""

    month: Month
    traffic: Traffic
    legacy: Legacy
    candidate: Candidate
    replicator: Replicator

    @property
    def lag_url(self) -> str:
        """Where the replication lag is probed."""
        return f"{self.candidate.root}/_replication/lag"


@contextmanager
def systems(
    folder: Path,
    month: Month | int,
    *,
    version: str = "2.0.0",
    defects: Sequence[str] = (),
    delay_ms: int = 0,
) -> Generator[Systems]:
    """Seeds `folder` (once; a seeded one is used again), starts all three, waits until the candidate has
    caught up.

    `month`: the month itself, or the seed of an ordinary one. `delay_ms`: an artificial replication lag.
    """
    planned = plan_month(month) if isinstance(month, int) else month
    folder.mkdir(parents=True, exist_ok=True)
    records = _records(folder / "legacy.db", planned)
    with ExitStack() as stack:
        # All start at once: each spends its first second importing.
        legacy = Legacy(folder)
        stack.callback(legacy.stop)
        candidate = Candidate(folder, version=version, defects=defects)
        stack.callback(candidate.stop)
        replicator = Replicator(legacy.db, candidate.db, folder, delay_ms=delay_ms)
        stack.callback(replicator.stop)
        for each in (legacy, candidate, replicator):
            each.child.ready()
        control.wait_replicated(candidate.root, within_ms=1000 + delay_ms)
        yield Systems(planned, Traffic(planned, records), legacy, candidate, replicator)


def _records(path: Path, month: Month) -> Booked:
    if not path.exists():
        return seed(path, month)
    db: sqlite3.Connection = connect(path)
    try:
        return booked(db)
    finally:
        db.close()
