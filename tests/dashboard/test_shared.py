"""What readers share: one reading for all, and one look for all who follow."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from strangler.errors import LedgerUnavailable
from strangler_dashboard.drawing import scale, share
from strangler_dashboard.live import Live, Pace
from strangler_dashboard.rendering import duration, prose, rate, visible
from strangler_dashboard.snapshot import LATEST_S, OLDEST_S, Snapshot


class Slow:
    """Something to read: `took` seconds by its own clock, `token` as somebody writes."""

    def __init__(self) -> None:
        self.now, self.took = 100.0, 0.01
        self.token, self.times, self.woken = "a", 0, 0
        self.problem: Exception | None = None
        self.gate: asyncio.Event | None = None
        self.shown = Snapshot(self.read, self.ask, lambda: self.now, self.wake)

    async def read(self) -> int:
        if self.gate is not None:
            await self.gate.wait()
        if self.problem:
            raise self.problem
        self.times += 1
        self.now += self.took
        return self.times

    async def ask(self) -> str:
        return self.token

    def wake(self) -> None:
        self.woken += 1


def played(story: Callable[[Slow], Awaitable[None]]) -> None:
    async def whole() -> None:
        await story(Slow())

    asyncio.run(whole())


def test_many_at_once_are_one_reading_and_what_nobody_wrote_to_is_not_read_again() -> None:
    async def story(slow: Slow) -> None:
        assert await asyncio.gather(*(slow.shown.get() for _ in range(20))) == [1] * 20
        slow.now += 1
        assert await slow.shown.get() == 1
        slow.token = "b"
        assert await slow.shown.get() == 2
        slow.now += OLDEST_S + 1
        assert await slow.shown.get() == 3

    played(story)


def test_what_takes_long_and_nobody_wrote_to_is_read_again_later_but_not_much() -> None:
    async def story(slow: Slow) -> None:
        slow.took = 2.0
        assert await slow.shown.get() == 1
        slow.now += LATEST_S - 1
        assert await slow.shown.get() == 1
        await asyncio.sleep(0)
        assert slow.times == 1
        slow.now += 2
        await slow.shown.get()
        await asyncio.sleep(0)
        assert slow.times == 2

    played(story)


def test_what_takes_long_is_not_waited_for_twice_and_rests_in_between() -> None:
    async def story(slow: Slow) -> None:
        slow.took = 1.0
        assert await slow.shown.get() == 1
        slow.token = "b"
        slow.now += 2
        assert await slow.shown.get() == 1
        assert slow.times == 1, "it rests four times as long as it took"
        slow.now += 3
        assert await slow.shown.get() == 1
        await asyncio.sleep(0)
        await asyncio.sleep(0.01)
        assert (slow.times, slow.woken) == (2, 1)
        assert await slow.shown.get() == 2

    played(story)


def test_what_cannot_be_read_is_not_shown_as_if_it_were() -> None:
    async def story(slow: Slow) -> None:
        assert await slow.shown.get() == 1
        slow.problem, slow.token = LedgerUnavailable("away"), "b"
        slow.now += 1
        with pytest.raises(LedgerUnavailable):
            await slow.shown.get()
        slow.problem = None
        assert await slow.shown.get() == 2

    played(story)


def test_all_who_follow_hear_of_a_change_and_one_look_serves_them() -> None:
    async def story() -> None:
        looks, token = 0, "a"

        async def look() -> str:
            nonlocal looks
            looks += 1
            return token

        live = Live(look, Pace(look_s=0.01, quiet_s=5))
        streams = [live.follow() for _ in range(50)]
        for stream in streams:
            assert b"hello" in await anext(stream)
        await asyncio.sleep(0.05)
        waiting = [asyncio.ensure_future(anext(stream)) for stream in streams]
        await asyncio.sleep(0.02)
        assert not any(each.done() for each in waiting)
        token = "b"
        heard = await asyncio.gather(*waiting)
        assert all(b"event: changed" in each for each in heard)
        assert looks < 40
        for stream in streams:
            await stream.aclose()  # type: ignore[attr-defined]
        assert live.followers == 0
        live.close()
        assert live.full

    asyncio.run(story())


def test_nothing_for_a_while_is_said_too_and_closing_ends_all() -> None:
    async def story() -> None:
        async def look() -> str:
            raise LedgerUnavailable("away")

        live = Live(look, Pace(look_s=0.01, quiet_s=0.03))
        stream = live.follow()
        await anext(stream)
        assert b"event: quiet" in await anext(stream)
        live.close()
        assert [each async for each in stream] in ([], [b"id: 1\nevent: changed\ndata: 1\n\n"])

    asyncio.run(story())


@pytest.mark.parametrize(
    ("text", "html"),
    [
        (
            "see `a <b>` & 0123456789ab",
            'see <code>a &lt;b&gt;</code> &amp; <a href="/divergences/0123456789ab">0123456789ab</a>',
        ),
        ("odd ` one <b>", "odd ` one &lt;b&gt;"),
        ("x0123456789abc", "x0123456789abc"),
    ],
)
def test_prose_sets_code_and_links_and_escapes_all_else(text: str, html: str) -> None:
    assert str(prose(text)) == html


def test_figures_in_words() -> None:
    assert [duration(each) for each in (None, 800, 250_000, 2_376_200)] == [
        "\N{EN DASH}",
        "0.8 ms",
        "250 ms",
        "2.38 s",
    ]
    assert [rate(each) for each in ("0.00000000", "0.00012345", "0.02581000", "1.00000000")] == [
        "0 %",
        "0.012 %",
        "2.58 %",
        "100 %",
    ]
    assert [scale(each) for each in ("0", "0.000001", "0.001", "1")] == [0, 0, 500, 1000]
    assert [share(*each) for each in (("1", "4"), ("-1", "4"), ("9", "4"), ("inf", "3"), ("-inf", "3"))] == [
        250,
        0,
        1000,
        1000,
        0,
    ]
    assert visible("a\u202eb\x1b") == "a\\u202eb\\u001b"
