"""One flush of the worker: everything it judged since the last, in one transaction with its watermarks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from strangler.ledger.settled import Loss, Settled, StreamReport


def flush(
    connection: Connection,
    batch: Sequence[Settled],
    streams: Sequence[StreamReport] = (),
    losses: Sequence[Loss] = (),
    *,
    now_ns: int,
    worker: str,
    exemplars: int = 5,
    limits: Mapping[str, int] | None = None,
) -> None:
    """Write a batch. Call it inside `ledger.begin()`; when that raises, nothing was written: keep the batch
    and retry.

    `worker`: names this worker process; its heartbeat is set to `now_ns`, so call it every five seconds at
    least, with nothing in it if need be. `exemplars`: whole documents kept per divergence. `limits`: label
    to how many values are told apart (`strata.LABEL.limit`; 20 where it says nothing); later values count
    as `other`.

    A `Settled` whose outcome is failed for `shed` counts as lost, in no comparison.
    """
    raise NotImplementedError
