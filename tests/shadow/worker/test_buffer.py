"""What waits for the ledger: bounded, the oldest go first, and every one of them is counted."""

from __future__ import annotations

from strangler.testing.judged import Judged
from strangler_shadow.worker.writer import Buffer


def test_over_the_count_the_oldest_go() -> None:
    judged, buffer = Judged(), Buffer(3, 10**6)
    items = [judged.equal() for _ in range(5)]
    for item in items:
        buffer.put(item, 100)
    batch, losses = buffer.take(10)
    assert batch == items[2:]
    assert losses == {("ledger", judged.plane, judged.boot, "invoice", items[0].epoch.digest): 2}
    assert buffer.bytes == 0


def test_over_the_bytes_too() -> None:
    judged, buffer = Judged(), Buffer(100, 250)
    for _ in range(5):
        buffer.put(judged.equal(), 100)
    assert len(buffer.waiting) == 2
    assert sum(buffer.losses.values()) == 3


def test_losses_are_taken_once() -> None:
    judged, buffer = Judged(), Buffer(10, 250)
    origin = judged.equal().origin
    buffer.lose("memory", origin, "invoice")
    buffer.lose("memory", origin, "invoice")
    assert sum(buffer.take(1)[1].values()) == 2
    assert not buffer.take(1)[1]
