"""What each plane said and what came of it, so that recorded + dropped + gaps = sent.

One `Stream` per boot of a plane process. Counts of the plane are cumulative, so a report may be repeated. A gap is
what the plane sent and nobody has: it is known where a plane speaks to a new worker for the first time (what the
dead one held is lost), when a plane says Goodbye, and when a plane process is gone without one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from strangler.ledger.settled import StreamReport
from strangler_shadow.wire import Counts, Goodbye, Heartbeat, Hello

type StreamKey = tuple[str, str]
"""Plane and boot."""


@dataclass(frozen=True, slots=True)
class Reckoning:
    """A moment at which a gap can be told: what had been sent and dropped, what waits in the plane, what had come.

    `received`: exchanges this worker has had of the stream.
    """

    report: StreamReport
    queued: int
    received: int


@dataclass(slots=True)
class Stream:
    """One plane process, as this worker knows it.

    `received`: exchanges that came; `highest`: their largest `seq`. `flushed`: those that this worker has written or
    counted as shed in the ledger. `unsure`: nobody has told the gap since it (re)connected.
    """

    plane: str
    boot: str
    pid: int
    report: StreamReport
    received: int = 0
    highest: int = 0
    flushed: int = 0
    connected: bool = True
    unsure: bool = True
    ended: bool = False


@dataclass(slots=True)
class Streams:
    """All streams of this worker process. `alive`: whether a process is still there."""

    alive: Callable[[int], bool]
    known: dict[StreamKey, Stream] = field(default_factory=dict)
    changed: set[StreamKey] = field(default_factory=set)
    reckonings: dict[StreamKey, Reckoning] = field(default_factory=dict)

    def hello(self, frame: Hello) -> Stream:
        """A plane connects, for the first time or again."""
        key = (frame.plane, frame.boot)
        report = _report(key, frame.pid, frame.at_ns, frame.counts)
        stream = self.known.get(key)
        if stream is None:
            stream = self.known[key] = Stream(frame.plane, frame.boot, frame.pid, report)
        stream.connected = stream.unsure = True
        stream.ended = False
        self._said(stream, report)
        return stream

    def heartbeat(self, stream: Stream, frame: Heartbeat) -> None:
        """Its counts; the first one after a Hello tells what was lost before."""
        key = (stream.plane, stream.boot)
        self._said(stream, _report(key, stream.pid, frame.at_ns, frame.counts, frame.generation))
        if stream.unsure:
            stream.unsure = False
            self.reckonings[key] = Reckoning(stream.report, frame.queued, stream.received)

    def goodbye(self, stream: Stream, frame: Goodbye) -> None:
        """It stops: everything it will ever send has come."""
        key = (stream.plane, stream.boot)
        generation = stream.report.generation
        self._end(stream, _report(key, stream.pid, frame.at_ns, frame.counts, generation, ended=True))

    def came(self, stream: Stream, seq: int) -> None:
        """An exchange of it came."""
        stream.received += 1
        stream.highest = max(stream.highest, seq)

    def disconnected(self, stream: Stream) -> None:
        """Its connection ended. It may come back, or its process may be gone: `bury` finds out."""
        stream.connected = False

    def bury(self, now_ns: int) -> None:
        """End the streams whose process is gone without a word: what they sent last is what is known to be sent."""
        for stream in self.known.values():
            if stream.connected or stream.ended or self.alive(stream.pid):
                continue
            last = stream.report
            self._end(
                stream,
                StreamReport(
                    last.plane,
                    last.boot,
                    last.pid,
                    now_ns,
                    last.generation,
                    max(last.sent, stream.highest),
                    last.dropped,
                    last.uncaptured,
                    last.served,
                    last.refused,
                    ended=True,
                ),
            )

    def take(self) -> tuple[list[StreamReport], list[Reckoning]]:
        """What is to be written; the caller keeps it until it is."""
        reports = [self.known[key].report for key in self.changed]
        reckonings = list(self.reckonings.values())
        self.changed.clear()
        self.reckonings.clear()
        return reports, reckonings

    def forget(self) -> None:
        """Let go of streams that ended and are written."""
        for key in [key for key, stream in self.known.items() if stream.ended and key not in self.changed]:
            stream = self.known[key]
            if key not in self.reckonings and stream.flushed >= stream.received:
                del self.known[key]

    def _said(self, stream: Stream, report: StreamReport) -> None:
        stream.report = report
        self.changed.add((stream.plane, stream.boot))

    def _end(self, stream: Stream, report: StreamReport) -> None:
        stream.ended = True
        stream.unsure = False
        self._said(stream, report)
        self.reckonings[stream.plane, stream.boot] = Reckoning(report, 0, stream.received)


def _report(
    key: StreamKey, pid: int, at_ns: int, counts: Counts, generation: int = 0, *, ended: bool = False
) -> StreamReport:
    return StreamReport(
        plane=key[0],
        boot=key[1],
        pid=pid,
        at_ns=at_ns,
        generation=generation,
        sent=counts.sent,
        dropped=counts.dropped,
        uncaptured=counts.uncaptured,
        served=counts.served,
        refused=counts.refused,
        ended=ended,
    )
