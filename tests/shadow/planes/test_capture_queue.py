from strangler.exchange import VERSION, Exchange, Message, Origin, Request
from strangler_shadow.capture import CaptureQueue, Tally
from strangler_shadow.planes.mitmproxy.tap import Tap
from strangler_shadow.settings import PlaneSettings, SideSettings


def queue(**more: int) -> tuple[CaptureQueue, Tally]:
    side = SideSettings("http://127.0.0.1:1")
    settings = PlaneSettings("p", "b", 0, "", "", "", side, side, b"key", **more)  # type: ignore[arg-type]
    tally = Tally()
    return CaptureQueue(settings, tally), tally


def exchange(origin: Origin) -> Exchange:
    request = Request("GET", "/", "http", "a", "p", Message((), b"", 0))
    return Exchange(VERSION, origin, 0, "r", "c", 1, "legacy", None, b"", (), request, None)


def put(waiting: CaptureQueue, size: int) -> bool:
    return waiting.put(exchange(waiting.next_origin()), size)


def test_the_oldest_comes_first_and_seq_starts_at_one() -> None:
    waiting, tally = queue()
    assert put(waiting, 1)
    assert put(waiting, 1)
    assert [found.origin.seq for found in (waiting.take(), waiting.take()) if found] == [1, 2]
    assert waiting.take() is None
    assert (tally.sent, waiting.bytes, len(waiting)) == (2, 0, 0)


def test_a_full_queue_drops_by_count_and_says_why() -> None:
    waiting, tally = queue(queue=2)
    waiting.connected = True
    assert [put(waiting, 1) for _ in range(3)] == [True, True, False]
    waiting.connected = False
    assert not put(waiting, 1)
    assert tally.counts().dropped == {"queue-full": 1, "worker-away": 1}
    assert tally.sent == 4


def test_a_full_queue_drops_by_bytes() -> None:
    waiting, tally = queue(queue_bytes=100)
    assert [put(waiting, 60), put(waiting, 60), put(waiting, 40)] == [True, False, True]
    waiting.take()
    assert waiting.bytes == 40
    assert sum(tally.dropped.values()) == 1


def test_a_tap_passes_everything_on_and_keeps_up_to_the_limit() -> None:
    waiting, _ = queue(queue_bytes=1_000)
    tap = Tap(waiting, 10)
    assert [tap(b"12345"), tap(b"67890"), tap(b"")] == [b"12345", b"67890", b""]
    assert (tap.body(), tap.spoiled, waiting.reading) == (b"1234567890", "", 10)
    assert tap(b"x") == b"x"
    assert (tap.spoiled, waiting.reading) == ("too-large", 0)
    assert tap(b"y") == b"y"


def test_taps_share_the_room_of_the_queue() -> None:
    waiting, _ = queue(queue_bytes=100)
    put(waiting, 30)
    first, second = Tap(waiting, 1_000), Tap(waiting, 1_000)
    first(b"x" * 60)
    second(b"y" * 20)
    assert (first.spoiled, second.spoiled) == ("", "queue-full")
    first.close()
    third = Tap(waiting, 1_000)
    third(b"z" * 60)
    assert (third.spoiled, waiting.reading) == ("", 60)


def test_a_closed_tap_keeps_nothing_more() -> None:
    waiting, _ = queue()
    tap = Tap(waiting, 1_000)
    tap(b"x")
    tap.close()
    assert tap(b"y") == b"y"
    assert (tap.body(), waiting.reading) == (b"", 0)


def test_served_is_counted_by_route_and_side() -> None:
    tally = Tally()
    for kind in (0, 1, 1, 2):
        tally.serve("r", kind)
    first = tally.counts()
    tally.serve("r", 0)
    assert first.served == {"r": (1, 2, 1)}, "a picture does not change afterwards"
