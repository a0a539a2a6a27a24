"""Counting what planes sent: when a gap can be told, and what is known of a plane that was killed."""

from __future__ import annotations

from strangler.ledger.settled import StreamReport
from strangler_shadow.wire import Counts, Goodbye, Heartbeat, Hello
from strangler_shadow.worker.streams import Reckoning, Stream, Streams

KEY = ("i/plane-1", "b1")


def hello(sent: int = 0, boot: str = "b1") -> Hello:
    return Hello("i/plane-1", boot, 77, 1, Counts(sent=sent))


def beat(sent: int, queued: int = 0, at_ns: int = 2, **dropped: int) -> Heartbeat:
    return Heartbeat(at_ns, 5, queued, 0, Counts(sent=sent, dropped=dropped))


class Processes:
    def __init__(self) -> None:
        self.there = {77}

    def __call__(self, pid: int) -> bool:
        return pid in self.there


def test_the_first_heartbeat_after_a_hello_is_a_reckoning_the_next_is_none() -> None:
    streams = Streams(Processes())
    stream = streams.hello(hello(sent=40))
    streams.came(stream, 41)
    streams.heartbeat(stream, beat(45, queued=4))
    reports, reckonings = streams.take()
    assert [report.sent for report in reports] == [45]
    assert [(each.queued, each.received) for each in reckonings] == [(4, 1)]
    streams.heartbeat(stream, beat(50))
    assert streams.take()[1] == []


def test_a_reconnect_is_reckoned_again_and_what_came_before_still_counts() -> None:
    streams = Streams(Processes())
    stream = streams.hello(hello())
    streams.came(stream, 1)
    streams.heartbeat(stream, beat(1))
    streams.take()
    streams.disconnected(stream)
    again = streams.hello(hello(sent=3))
    assert again is stream
    streams.heartbeat(again, beat(3))
    assert [each.received for each in streams.take()[1]] == [1]


def test_a_goodbye_ends_a_stream() -> None:
    streams = Streams(Processes())
    stream = streams.hello(hello())
    streams.came(stream, 1)
    streams.goodbye(stream, Goodbye(9, Counts(sent=2, dropped={"queue-full": 1})))
    reports, reckonings = streams.take()
    assert reports[0].ended
    assert reckonings == [Reckoning(reports[0], 0, 1)]


def test_a_plane_that_is_only_away_is_not_buried() -> None:
    streams = Streams(Processes())
    stream = streams.hello(hello())
    streams.disconnected(stream)
    streams.take()
    streams.bury(99)
    assert streams.take() == ([], [])


def test_a_killed_plane_had_sent_at_least_what_came() -> None:
    processes = Processes()
    streams = Streams(processes)
    stream = streams.hello(hello())
    streams.heartbeat(stream, beat(10, **{"queue-full": 2}))
    for seq in (11, 12, 15):
        streams.came(stream, seq)
    streams.take()
    streams.disconnected(stream)
    processes.there.clear()
    streams.bury(99)
    reports, reckonings = streams.take()
    assert reports == [
        StreamReport("i/plane-1", "b1", 77, 99, 5, 15, {"queue-full": 2}, {}, {}, {}, ended=True)
    ]
    assert [(each.queued, each.received) for each in reckonings] == [(0, 3)]
    streams.bury(100)
    assert streams.take() == ([], []), "buried once"


def test_an_ended_stream_is_forgotten_only_when_all_of_it_is_written() -> None:
    streams = Streams(Processes())
    stream: Stream = streams.hello(hello())
    streams.came(stream, 1)
    streams.goodbye(stream, Goodbye(9, Counts(sent=1)))
    streams.forget()
    assert KEY in streams.known
    streams.take()
    streams.forget()
    assert KEY in streams.known, "one exchange is still with the worker"
    stream.flushed += 1
    streams.forget()
    assert KEY not in streams.known
