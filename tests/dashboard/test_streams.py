"""Event streams: what each follower hears, however slowly they read, and that no stream outlives who may follow."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from strangler.config.dashboard import Login
from strangler.errors import LedgerUnavailable
from strangler.ledger import tokens
from strangler_dashboard.live import Live, Pace
from strangler_dashboard.room import Clocks, Room
from strangler_dashboard.source import Source

from .conftest import HOUR_NS, Place
from .test_logins import jar, logged_in

EVENT = re.compile(rb"id: (\d+)\nevent: (\w+)\ndata: (\d*)\n\n")
QUICK = Pace(look_s=0.01, quiet_s=5, standing_s=0.02)


def said(event: bytes) -> tuple[str, int, int]:
    """Its name, its id, and how many changes it tells of."""
    found = EVENT.search(event)
    assert found is not None, event
    return found[2].decode(), int(found[1]), int(found[3] or 0)


async def nothing() -> str:
    return "as it was"


def test_who_reads_slowly_is_told_once_of_everything_and_misses_nothing() -> None:
    async def story() -> None:
        live = Live(nothing, Pace(look_s=0.01, quiet_s=0.5))
        quick, slow = live.follow(), live.follow()
        assert said(await anext(quick)) == said(await anext(slow)) == ("hello", 0, 0)
        for number in (1, 2, 3):
            live.wake()
            assert said(await anext(quick)) == ("changed", number, 1)
        assert said(await anext(slow)) == ("changed", 3, 3)
        assert said(await anext(slow)) == ("quiet", 3, 0)
        late = live.follow()
        assert said(await anext(late)) == ("hello", 3, 0)
        for each in (quick, slow, late):
            await closed(each)
        live.close()

    asyncio.run(story())


def test_a_crowd_is_told_by_turns_and_everybody_is_told() -> None:
    async def story() -> None:
        live = Live(nothing, Pace(look_s=0.001, each_s=0.01))
        streams = [live.follow() for _ in range(20)]
        for stream in streams:
            await anext(stream)
        waiting = [asyncio.ensure_future(anext(stream)) for stream in streams]
        live.wake()
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        assert sum(each.done() for each in waiting) < 5
        told = await asyncio.wait_for(asyncio.gather(*waiting), 5)
        assert {said(each) for each in told} == {("changed", 1, 1)}
        live.close()

    asyncio.run(story())


def test_one_question_is_asked_for_all_and_only_who_is_out_is_let_go() -> None:
    async def story() -> None:
        out: set[str] = set()
        questions: list[frozenset[str]] = []

        async def standing(known: frozenset[str]) -> frozenset[str]:
            questions.append(known)
            if "away" in out:
                raise LedgerUnavailable("the ledger is away")
            return known - out

        live = Live(nothing, QUICK)
        live.standing = standing
        streams = {name: live.follow(name) for name in ("ann", "ben", "cem")}
        for stream in streams.values():
            await anext(stream)
        waiting = {name: asyncio.ensure_future(anext(stream)) for name, stream in streams.items()}
        out.add("away")
        await asyncio.sleep(0.1)
        assert not any(each.done() for each in waiting.values())
        assert 0 < len(questions) < 10
        assert set(questions) == {frozenset(streams)}
        out.symmetric_difference_update({"away", "ben"})
        with pytest.raises(StopAsyncIteration):
            await asyncio.wait_for(waiting["ben"], 5)
        await asyncio.sleep(0.05)
        assert live.followers == 2
        assert not waiting["ann"].done()
        assert not waiting["cem"].done()
        live.close()
        await asyncio.gather(*waiting.values(), return_exceptions=True)
        assert live.followers == 0

    asyncio.run(story())


def test_after_all_have_gone_the_next_one_is_followed_for_again() -> None:
    async def story() -> None:
        looks = 0

        async def look() -> str:
            nonlocal looks
            looks += 1
            return str(looks)

        live = Live(look, Pace(look_s=0.01, standing_s=60))
        for _ in range(2):
            stream = live.follow()
            await anext(stream)
            assert said(await asyncio.wait_for(anext(stream), 5))[0] == "changed"
            await closed(stream)
            await asyncio.sleep(0.05)
            before = looks
            await asyncio.sleep(0.05)
            assert looks == before, "nobody follows, and it is looked all the same"
        live.close()

    asyncio.run(story())


# At the door


@pytest.fixture
def guarded(place: Place) -> Place:
    """Where people log in, and who may stay is asked often."""
    place.login = Login.model_validate({"idle": "30m", "longest": "12h"})
    place.room = Room(Source(place.file), Clocks(lambda: place.now_ns, lambda: place.seconds), QUICK)
    return place


def revoked(place: Place, token: str) -> None:
    with place.written() as connection:
        tokens.revoke(connection, tokens.hashed(token)[:12], "root", "", place.now_ns)


def expired(place: Place, _token: str) -> None:
    place.now_ns += 2 * HOUR_NS


@pytest.mark.parametrize("end", [revoked, expired])
@pytest.mark.parametrize("by", ["token", "session"])
def test_a_stream_ends_with_what_let_it_in(
    guarded: Place, by: str, end: Callable[[Place, str], None]
) -> None:
    token, other = guarded.token("viewer"), guarded.token("viewer", lasts_ns=9 * HOUR_NS)
    theirs = {"authorization": f"Bearer {token}"}
    if by == "session":
        theirs = {"cookie": jar(logged_in(guarded, token))}

    async def story() -> None:
        async with (
            followed(guarded, **theirs) as stream,
            followed(guarded, authorization=f"Bearer {other}") as stays,
        ):
            await asyncio.sleep(0.1)
            assert not stream.done()
            end(guarded, token)
            await asyncio.wait_for(asyncio.shield(stream), 5)
            assert not stays.done()

    asyncio.run(story())
    assert guarded.ask("/events", "GET", b"", accept="text/event-stream", **theirs).status == 401


def test_logging_out_ends_the_streams_of_that_session(guarded: Place) -> None:
    cookie = jar(logged_in(guarded, guarded.token("viewer")))
    page = guarded.ask("/board", cookie=cookie)
    (csrf,) = page.html.xpath("//form[@action='/logout']//input[@name='csrf']/@value")

    async def story() -> None:
        async with followed(guarded, cookie=cookie) as stream:
            out = asyncio.to_thread(guarded.send, "/logout", {"csrf": csrf}, cookie=cookie)
            assert (await out).status == 303
            await asyncio.wait_for(asyncio.shield(stream), 5)

    asyncio.run(story())


def test_who_asks_only_for_the_head_follows_nothing(place: Place) -> None:
    answer = place.ask("/events", "HEAD")
    assert (answer.status, answer.headers["content-type"].split(";")[0]) == (200, "text/event-stream")
    assert place.room.live.followers == 0


@contextlib.asynccontextmanager
async def followed(place: Place, **headers: str) -> AsyncIterator[asyncio.Task[None]]:
    """A stream that has said hello; the task is done when the answer is."""
    hello = asyncio.Event()

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(60)
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        if b"hello" in message.get("body", b""):
            hello.set()

    fields = {"host": "127.0.0.1:8602", "accept": "text/event-stream", **headers}
    scope = {
        "type": "http", "http_version": "1.1", "method": "GET", "path": "/events", "raw_path": b"/events",
        "query_string": b"", "scheme": "http", "server": ("127.0.0.1", 8602), "client": ("127.0.0.1", 1),
        "headers": [(name.encode(), value.encode()) for name, value in fields.items()],
    }  # fmt: skip
    task = asyncio.ensure_future(place.application(scope, receive, send))
    try:
        await asyncio.wait_for(hello.wait(), 5)
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def closed(stream: AsyncIterator[bytes]) -> None:
    await stream.aclose()  # type: ignore[attr-defined]
