"""`python -m strangler_demo.replicator --legacy FILE --candidate FILE`: follows the change log until
SIGTERM.
"""

from __future__ import annotations

import argparse
import os
import signal
import sqlite3
import threading
import time
from pathlib import Path

from strangler_demo.candidate import schema as candidate_schema
from strangler_demo.candidate.replica import standing
from strangler_demo.child import add_tied, announce, when_parent_ends
from strangler_demo.replicator import feed
from strangler_demo.replicator.apply import Promoted, apply

_BATCH = 2000
_HEARTBEAT_MS = 100


def main() -> None:
    """Follows until SIGTERM, or until the candidate is promoted."""
    parser = argparse.ArgumentParser(prog="python -m strangler_demo.replicator")
    parser.add_argument("--legacy", required=True, help="the legacy's SQLite file")
    parser.add_argument("--candidate", required=True, help="the candidate's SQLite file")
    parser.add_argument("--poll-ms", type=int, default=20, help="pause between two looks at the log")
    parser.add_argument("--delay-ms", type=int, default=0, help="applies no change younger than this")
    add_tied(parser)
    options = parser.parse_args()
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    if options.tied:
        when_parent_ends(stop.set)
    legacy = feed.connect(Path(options.legacy))
    candidate = candidate_schema.connect(Path(options.candidate))
    announce("replicator", {"pid": os.getpid()})
    try:
        follow(legacy, candidate, stop, poll_ms=options.poll_ms, delay_ms=options.delay_ms)
    except Promoted:
        announce("replicator", {"pid": os.getpid(), "ended": "the candidate was promoted"})


def follow(
    legacy: sqlite3.Connection,
    candidate: sqlite3.Connection,
    stop: threading.Event,
    *,
    poll_ms: int,
    delay_ms: int,
) -> None:
    """Applies batches as they come. Without changes it only moves the moment of completeness on."""
    applied, beat = standing(candidate).applied_seq, 0
    while not stop.is_set():
        as_of = time.time_ns() // 1_000_000 - delay_ms
        changes = feed.read(legacy, applied, as_of, _BATCH)
        complete = len(changes) < _BATCH
        if changes or as_of - beat >= _HEARTBEAT_MS:
            applied = apply(candidate, changes, as_of if complete else None)
            beat = as_of
        if complete:
            stop.wait(poll_ms / 1000)


if __name__ == "__main__":
    main()
